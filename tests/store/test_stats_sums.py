"""Statistics from what is added up beforehand are those of counting every span again."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store.kit import START, span, tid, to_schema_2

from autolog import semconv
from autolog._model import Span, Trace, Usage
from autolog._store import Store, open_store
from autolog._store.filter_sql import Sql
from autolog._store.query import Query, plan, where
from autolog._store.stats import GROUPS, add_up, grouping, percentile, percentiles
from autolog._store.stats_sql import recount, selects

HOUR = 3_600_000
MS = 1_000_000
KINDS = ("CHAT_MODEL", "TASK", "LLM", "AGENT", "EMBEDDING")
FILTERS = ("", "status = 'ERROR'", "tag.env = 'a' OR total_tokens > 5", "model = 'm'")

few = st.one_of(st.none(), st.integers(0, 9))
spans = st.builds(
    dict,
    number=st.integers(1, 5),
    parent=st.one_of(st.none(), st.integers(1, 5)),
    kind=st.sampled_from(KINDS),
    name=st.sampled_from(("x", "y")),
    at=st.sampled_from((0, 1, 5 * HOUR, 13 * HOUR, 40 * HOUR)),
    ms=st.one_of(st.none(), st.sampled_from((0, 0.5, 7, HOUR))),
    model=st.sampled_from((None, "m", "n")),
    error=st.sampled_from((None, None, "E")),
    cost=st.sampled_from((None, 0.25, 1.5)),
    usage=st.one_of(st.none(), st.builds(Usage, input_tokens=few, output_tokens=few, cached_input_tokens=few)),
    provider=st.sampled_from((None, "p", "q")),
    integration=st.sampled_from((None, "i")),
    operation=st.sampled_from((None, "chat")),
    first_chunk=st.sampled_from((None, 0.0123456, 2)),
)
fragments = st.builds(
    dict,
    number=st.integers(1, 4),
    spans=st.lists(spans, max_size=4),
    tags=st.sampled_from(({}, {"env": "a"}, {"env": "b"})),
    session_id=st.sampled_from((None, "s")),
    user_id=st.sampled_from((None, "u")),
)


def one(trace: int, given: dict[str, Any]) -> Span:
    found = dict(given)
    attributes = {
        semconv.PROVIDER_NAME: found.pop("provider"),
        semconv.INTEGRATION: found.pop("integration"),
        semconv.OPERATION_NAME: found.pop("operation"),
        semconv.TIME_TO_FIRST_CHUNK: found.pop("first_chunk"),
    }
    number = found.pop("number")
    known = {k: v for k, v in attributes.items() if v is not None}
    return span(number + 10 * trace, trace=trace, attributes=known, **found)


def made(given: dict[str, Any]) -> Trace:
    number = given["number"]
    labels = {k: given[k] for k in ("tags", "session_id", "user_id")}
    return Trace(tid(number), tuple(one(number, s) for s in given["spans"]), **labels)


def comparable(rows: Sequence[dict[str, Any]], by: str) -> dict[Any, Any]:
    width = by.count(",") + 1
    return {tuple(row.values())[:width]: pytest.approx(row) for row in rows}


@given(
    written=st.lists(fragments, min_size=1, max_size=6),
    deleted=st.sets(st.integers(1, 4), max_size=1),
    by=st.sampled_from((*GROUPS[:-1], "tag:env", "session,tag:env", "day,user", "model,integration")),
    since=st.sampled_from((None, 0, 3 * HOUR, 24 * HOUR)),
    filter_string=st.sampled_from(FILTERS),
)
def test_sums_are_what_counting_again_gives(
    written: list[dict[str, Any]], deleted: set[int], by: str, since: int | None, filter_string: str
) -> None:
    since_ns = None if since is None else START + since * MS
    wanted, groups = plan(Query(filter_string=filter_string)), grouping(by)
    with open_store(":memory:") as store:
        for fragment in written:
            store.write([made(fragment)])
        store.delete(trace_ids=[tid(number) for number in deleted])
        with store._connections.reading() as db:
            condition = where(db, wanted, indexed_text=False)
            only = Sql(f"SELECT t.id FROM traces t {condition.text}", condition.params) if filter_string else None
            again = add_up(db, groups, [recount(groups, since_ns=since_ns, only=only)])
            found = add_up(db, groups, selects(db, groups, since_ns=since_ns, wanted=wanted))
    assert comparable(found, by) == {tuple(row.values())[: by.count(",") + 1]: row for row in again}


def test_a_model_of_two_providers_in_one_trace_is_of_one_trace(store: Store) -> None:
    calls = [
        span(n, kind="LLM", model="m", attributes={semconv.PROVIDER_NAME: provider})
        for n, provider in enumerate(("azure", "openai"), start=1)
    ]
    store.write([Trace(tid(1), tuple(calls))])
    assert [(r["traces"], r["calls"]) for r in store.stats(by="model")] == [(1, 2)]


@pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 35), reason="this SQLite cannot drop columns")
def test_an_older_file_gets_the_sums(tmp_path: Path) -> None:
    path = str(tmp_path / "old.db")
    chance = random.Random(5)
    with open_store(path) as store:
        for number in range(1, 40):
            several = [
                span(
                    10 * number + n,
                    trace=number,
                    parent=10 * number if n else None,
                    kind=chance.choice(KINDS),
                    at=chance.randrange(99),
                    ms=chance.choice((None, 5, 70)),
                    error=chance.choice((None, "E")),
                    usage=chance.choice((None, Usage(3, 4, 7))),
                    attributes={semconv.TIME_TO_FIRST_CHUNK: chance.random()},
                )
                for n in range(5)
            ]
            store.write([Trace(tid(number), tuple(several))])
        new = rows_of(store)
    to_schema_2(path)
    with open_store(path) as store:
        store.write([])
        assert store.stats(by="user")[0]["calls"] > 0
        assert rows_of(store) == new


def rows_of(store: Store) -> list[tuple[Any, ...]]:
    """Give the sums of each trace, its calls in any order."""
    with store._connections.reading() as db:
        found = db.execute(
            "SELECT calls, failed_calls, coalesce(speaking_ns, 0), last_call_ns, durations, first_chunks "
            "FROM traces ORDER BY trace_id"
        ).fetchall()
    return [(*row[:4], *(sorted((text or "").split(",")) for text in row[4:])) for row in found]


@pytest.mark.parametrize("count", [1, 2, 20_000, 20_001, 50_000])
@pytest.mark.parametrize("order", ["random", "sorted", "equal", "two"])
def test_percentiles_of_many_values_are_those_of_all_in_order(count: int, order: str) -> None:
    chance = random.Random(count)
    values = [round(chance.lognormvariate(19, 2)) for _ in range(count)]
    if order == "sorted":
        values.sort()
    elif order != "random":
        values = [chance.randrange(1 if order == "equal" else 2) for _ in values]
    asked = (0, 1, 50, 95, 99, 99.99, 100)
    assert percentiles(values.copy(), asked) == [percentile(sorted(values), p) for p in asked]


def test_a_sample_that_misleads_is_not_believed() -> None:
    values = [0 if n % 20 == 0 else n for n in range(40_000)]
    assert percentiles(values.copy(), (50, 95)) == [percentile(sorted(values), p) for p in (50, 95)]
