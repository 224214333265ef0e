"""Statistics: groups, percentiles, and totals that are counted once."""

from __future__ import annotations

import random
import sqlite3
import time
from typing import Any

import pytest
from store.kit import MS, START, chat, span, tid, trace

from autolog import semconv
from autolog._model import Trace, Usage
from autolog._store import FilterError, Query, Store
from autolog._store.stats import percentile

DAY = 24 * 3600 * 1000


@pytest.fixture
def filled(store: Store) -> Store:
    """Three model calls (one failed, one unpriced) under agents, and a framework's span around one of them."""
    openai = {semconv.PROVIDER_NAME: "openai", semconv.INTEGRATION: "openai", semconv.OPERATION_NAME: "chat"}
    chain = {semconv.INTEGRATION: "langchain"}
    store.write(
        [
            trace(
                1,
                span(1, name="agent", kind="AGENT", ms=900, attributes=chain),
                chat(2, parent=1, tokens=100, cost=0.5, ms=500, attributes=chain),
                chat(3, parent=2, tokens=100, cost=0.25, ms=400, attributes=openai),
                tags={"env": "prod"},
                session_id="s1",
                user_id="u",
            ),
            trace(2, chat(4, trace=2, tokens=20, ms=100, attributes=openai), tags={"env": "dev"}, session_id="s1"),
            trace(
                3,
                span(5, trace=3, name="agent", kind="AGENT", at=DAY, ms=50, error="TimeoutError"),
                span(6, trace=3, parent=5, name="chat", kind="LLM", model="o9", at=DAY, ms=40, error="TimeoutError"),
            ),
            trace(4, span(7, trace=4, name="note", ms=None)),
        ]
    )
    return store


def numbers(rows: list[dict[str, Any]], by: str) -> dict[Any, tuple[Any, ...]]:
    columns = ("traces", "calls", "errors", "input_tokens", "cost", "unpriced_calls")
    return {row[by]: tuple(row[c] for c in columns) for row in rows}


NOTHING = (None, None, 0)
GPT = (2, 2, 0, 120, 0.25, 1)
O9 = (1, 1, 1, *NOTHING)
CHATS = (2, 3, 0, 120, 0.25, 1)


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("model", {"gpt-4o": GPT, "o9": O9}),
        ("provider", {"openai": GPT, None: O9}),
        ("session", {"s1": GPT, None: O9}),
        ("session_id", {"s1": GPT, None: O9}),
        ("user", {"u": (1, 1, 0, 100, 0.25, 0), None: (2, 2, 1, 20, None, 1)}),
        ("tag:env", {"prod": (1, 1, 0, 100, 0.25, 0), "dev": (1, 1, 0, 20, None, 1), None: O9}),
        ("tag:other", {None: (3, 3, 1, 120, 0.25, 1)}),
        ("integration", {"langchain": (1, 2, 0, *NOTHING), "openai": GPT, None: (2, 3, 2, *NOTHING)}),
        ("operation", {"chat": GPT, None: (3, 5, 2, *NOTHING)}),
        ("span_name", {"chat": (3, 4, 1, 120, 0.25, 1), "agent": (2, 2, 1, *NOTHING), "note": (1, 1, 0, *NOTHING)}),
        ("span.type", {"CHAT_MODEL": CHATS, "AGENT": (2, 2, 1, *NOTHING), "LLM": O9, "TASK": (1, 1, 0, *NOTHING)}),
    ],
)  # fmt: skip
def test_groups(filled: Store, by: str, rows: dict[Any, Any]) -> None:
    name = {"session_id": "session", "span.type": "span_type"}.get(by, by)
    found = filled.stats(by=by)
    assert numbers(found, name) == rows
    assert all(next(iter(row)) == name for row in found)
    assert [r["calls"] for r in found] == sorted((r["calls"] for r in found), reverse=True)


@pytest.mark.parametrize(
    ("zone", "days"), [("UTC", ["2026-11-18", "2026-11-19"]), ("Pacific/Kiritimati", ["2026-11-19", "2026-11-20"])]
)
def test_days_are_local_and_in_order(
    filled: Store, zone: str, days: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = filled.stats(by="day")
        both = filled.stats(by="day, model")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [(r["day"], r["calls"]) for r in found] == [(days[0], 2), (days[1], 1)]
    assert [(r["day"], r["model"], r["calls"]) for r in both] == [(days[0], "gpt-4o", 2), (days[1], "o9", 1)]


def test_the_whole_row(filled: Store) -> None:
    (row,) = filled.stats(by="model", filter_string="tag.env IS NOT NULL")
    assert row == {
        "model": "gpt-4o",
        "traces": 2,
        "calls": 2,
        "errors": 0,
        "error_rate": 0.0,
        "p50_ms": 250.0,
        "p95_ms": 385.0,
        "p99_ms": 397.0,
        "input_tokens": 120,
        "output_tokens": 60,
        "cached_input_tokens": None,
        "total_tokens": 180,
        "cost": 0.25,
        "unpriced_calls": 1,
        "tokens_per_second": 60 / 0.5,  # of the inner span, which counts, and of the other call
        "first_chunk_p50_ms": None,
        "first_chunk_p95_ms": None,
    }


def test_since_and_filter(filled: Store) -> None:
    assert [r["model"] for r in filled.stats(by="model", since_ns=START + DAY * MS)] == ["o9"]
    assert [r["model"] for r in filled.stats(by="model", filter_string="status = 'ERROR'")] == ["o9"]
    assert [r["error_rate"] for r in filled.stats(by="model", filter_string="status = 'ERROR'")] == [1.0]
    assert filled.stats(by="model", filter_string="name = 'nothing'") == []
    assert filled.stats(by="tag:x' OR 1=1", since_ns=2**62) == []


def test_a_span_that_has_not_ended_has_no_latency(filled: Store) -> None:
    (row,) = filled.stats(by="span_name", filter_string="name = 'note'")
    assert (row["calls"], row["p50_ms"], row["p99_ms"]) == (1, None, None)


def test_several_groups_in_a_list_and_tags_as_filters_write_them(filled: Store) -> None:
    assert filled.stats(by=["model", "day"]) == filled.stats(by="model, day")
    assert filled.stats(by=("tag.env",)) == filled.stats(by="tag:env")


@pytest.mark.parametrize("by", ["model", "provider,model", "session", "day", "span_name", "span_name,day", "tag:x"])
def test_a_call_that_sent_no_total_counts_with_its_input_and_output(store: Store, by: str) -> None:
    several = (Usage(5, 6), Usage(10, 3, 20), Usage(2), Usage(output_tokens=4), Usage(cached_input_tokens=1))
    store.write([Trace(tid(1), tuple(span(n, usage=u, name="c") for n, u in enumerate(several, 1)))])
    assert [r["total_tokens"] for r in store.stats(by=by)] == [11 + 20 + 2 + 4]
    (found,) = store.search(Query("total_tokens = 37"))
    assert found.usage.total_tokens == 37
    assert [s.usage.total_tokens for s in found.spans if s.usage] == [None, 20, None, None, None]
    assert store.search(Query("total_tokens = 37", include_spans=False))[0].usage == found.usage


def test_an_older_file_gets_the_totals(store: Store) -> None:
    usages = (Usage(5, 6), Usage(5, 6, 20), Usage(cached_input_tokens=1), None, Usage(3))
    store.write([trace(n, span(n, trace=n, usage=u)) for n, u in enumerate(usages, 1)])
    store.close()
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE traces SET total_tokens = NULL WHERE total_tokens <> 20")
        db.execute("UPDATE meta SET value = 3 WHERE key = 'schema'")
    db.close()
    assert [s.usage.total_tokens for s in store.summaries(Query(order_by="start_time"))] == [11, 20, None, None, 3]


def test_usage_without_a_model_is_not_lost(store: Store) -> None:
    store.write([trace(1, span(1, usage=Usage(5, 6)), span(2, parent=1, kind="EMBEDDING"))])
    (row,) = store.stats(by="model")
    assert (row["model"], row["calls"], row["input_tokens"]) == (None, 1, 5)


def test_a_models_span_is_a_call_though_it_says_nothing(store: Store) -> None:
    store.write(
        [trace(n, span(n, trace=n, kind=kind)) for n, kind in enumerate(("CHAT_MODEL", "LLM", "EMBEDDING", "TOOL"))]
    )
    assert [(r["model"], r["calls"]) for r in store.stats(by="model")] == [(None, 3)]


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (
            "modle",
            "there are no statistics by modle. Did you mean model? There are: model, provider, session, user, day,",
        ),
        ("", "there are no statistics by nothing. There are: model"),
        ("tag:", "a tag is named with its key, as in 'tag:env'. There are: model"),
        ("tag", "a tag is named with its key"),
        (("model", 5), "by is a text or a list of texts, not ('model', 5). There are: model"),
        (None, "by is a text or a list of texts, not None."),
        ([], "by is a text or a list of texts, not []."),
        ("model,,day", "there are no statistics by nothing."),
        ("s.model; DROP TABLE spans", "there are no statistics by s.model; DROP TABLE spans."),
    ],
)
def test_a_group_that_is_none(store: Store, by: Any, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        store.stats(by=by)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith("integration, operation, span_name, span_type, tag:KEY")


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, None),
        ([7], 99, 7),
        ([1, 2], 50, 1.5),
        ([1, 2, 3, 4], 25, 1.75),
        (list(range(1, 101)), 95, 95.05),
        (list(range(1, 101)), 100, 100),
        ([0, 10], 99, 9.9),
    ],
)
def test_percentile(values: list[float], percent: float, expected: float | None) -> None:
    assert percentile(values, percent) == (None if expected is None else pytest.approx(expected))


def test_percentiles_are_those_of_numpy(store: Store) -> None:
    numpy = pytest.importorskip("numpy")
    durations = [random.Random(i).expovariate(0.01) for i in range(60)]
    store.write([trace(n, chat(n, trace=n, ms=ms)) for n, ms in enumerate(durations, start=1)])
    (row,) = store.stats(by="model")
    for percent in (50, 95, 99):
        assert row[f"p{percent}_ms"] == pytest.approx(float(numpy.percentile(durations, percent)), rel=1e-6)


def test_how_fast_answers_came(store: Store) -> None:
    def streamed(number: int, seconds: float) -> Any:
        return chat(number, trace=number, tokens=20, ms=1000, attributes={semconv.TIME_TO_FIRST_CHUNK: seconds})

    store.write([trace(1, streamed(1, 0.1)), trace(2, streamed(2, 0.3)), trace(3, chat(3, trace=3, tokens=0, ms=5000))])
    (row,) = store.stats(by="model")
    assert row["tokens_per_second"] == pytest.approx(10)  # 20 tokens in the 2 seconds of the calls that gave any
    assert (row["first_chunk_p50_ms"], row["first_chunk_p95_ms"]) == pytest.approx((200, 290))
