"""Order, limits, times, and that a search takes the way that does not read everything."""

from __future__ import annotations

from typing import Any

import pytest
from store.kit import START, chat, span, tid, trace

from autolog import Feedback, semconv
from autolog._store import FilterError, Query, Store, query
from autolog._store.filter_sql import Sql
from autolog._store.query import find, plan


@pytest.fixture
def four(store: Store) -> Store:
    store.write(
        [
            trace(1, chat(1, trace=1, tokens=30, cost=0.5, ms=400), session_id="s", user_id="u"),
            trace(2, chat(2, trace=2, tokens=20, ms=300), session_id="s"),
            trace(3, span(3, trace=3, ms=None), user_id="u"),
            trace(4, chat(4, trace=4, tokens=30, cost=0.25, ms=100)),
        ]
    )
    return store


def numbers(store: Store, wanted: Query) -> str:
    return "".join(str(int(i[:4], 16)) for i in store.search_ids(wanted))


@pytest.mark.parametrize(
    ("order_by", "order"),
    [
        (None, "4321"),
        ("", "4321"),
        ("start_time", "1234"),
        ("-start_time", "4321"),
        ("timestamp_ms DESC", "4321"),
        ("duration_ms", "4213"),
        ("-duration_ms", "1243"),
        ("duration_ms DESC", "1243"),
        ("-duration_ms DESC", "4213"),
        ("cost", "4123"),
        ("-cost", "1432"),
        ("-total_tokens, cost asc", "4123"),
        (" -total_tokens,-cost ", "1423"),
        (["total_tokens", "-start_time"], "2413"),
        ("name, start_time desc", "3421"),
        ("status", "1234"),
    ],
)
def test_order(four: Store, order_by: Any, order: str) -> None:
    assert numbers(four, Query(order_by=order_by)) == order
    assert [t.trace_id for t in four.search(Query(order_by=order_by))] == [tid(int(n)) for n in order]


@pytest.mark.parametrize(
    ("order_by", "message"),
    [
        ("price", "there is no order by price."),
        ("costs", "there is no order by costs. Did you mean cost?"),
        ("attributes.x", "there is no order by attributes.x."),
        ("tag.", "there is no order by tag.."),
        ("cost up", "an order is a column, with - before it or DESC after it for the largest first"),
        ("cost,,name", "an order is a column"),
        ("cost; DROP TABLE traces", "an order is a column"),
        ("start_ns", "there is no order by start_ns."),
    ],
)
def test_an_order_that_is_none(store: Store, order_by: str, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        store.search(Query(order_by=order_by))
    assert str(caught.value).startswith(message)
    assert f"There are: {', '.join(query.TRACE_COLUMNS)}, span_name" in str(caught.value)
    assert str(caught.value).endswith("first_chunk_ms, tag.KEY, metadata.KEY, feedback.NAME, expectation.NAME")


@pytest.mark.parametrize("few", [0, 2000], ids=["walking", "driven"])
@pytest.mark.parametrize(
    ("order_by", "order"),
    [
        ("model", "231"),  # the least of its two models
        ("-model", "123"),  # the greatest
        ("first_chunk_ms", "231"),
        ("-first_chunk_ms", "213"),
        ("feedback.score", "213"),
        ("-feedback.score", "123"),
        ("-tag.env, -start_time", "321"),
        ("feedback.`", "123"),
    ],
)
def test_order_by_what_a_trace_has_several_of(
    store: Store, order_by: str, order: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(number: int, trace: int, model: str, seconds: float | None) -> Any:
        chunk = {} if seconds is None else {semconv.TIME_TO_FIRST_CHUNK: seconds}
        return chat(number, trace=trace, model=model, attributes=chunk)

    monkeypatch.setattr(query, "FEW", few)
    scores = (Feedback("score", 0.9, source="a"), Feedback("score", 0.5, source="b")), (Feedback("score", 0.1),), ()
    calls = ((call(1, 1, "z", 0.3),), (call(2, 2, "b", 0.1), call(3, 2, "y", 0.4)), (call(4, 3, "c", 0.2),))
    tags = ({"env": "a"}, {"env": "b"}, {"env": "b"})
    store.write([trace(n, *calls[n - 1], feedback=scores[n - 1], tags=tags[n - 1]) for n in (1, 2, 3)])
    for filter_string in (None, "status = 'OK'", "status = 'OK' AND span_type = 'CHAT_MODEL'"):
        assert numbers(store, Query(filter_string, order_by=order_by)) == order


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Query(max_results=2), "43"),
        (Query(max_results=2, offset=1), "32"),
        (Query(max_results=None, offset=3), "1"),
        (Query(max_results=0), ""),
        (Query(offset=9), ""),
        (Query(session_id="s"), "21"),
        (Query(user_id="u", session_id="s"), "1"),
        (Query(session_id="'"), ""),
        (Query(session_id="\ud800"), ""),
        (Query(since_ns=START + 2 * 10**9), "432"),
        (Query(until_ns=START + 2 * 10**9), "1"),
        (Query(since_ns=START + 2 * 10**9, until_ns=START + 4 * 10**9), "32"),
        (Query("total_tokens = 45", session_id="s"), "1"),
        (Query("total_tokens = 45 OR name = 'x'", order_by="start_time"), "14"),
    ],
    ids=str,
)
@pytest.mark.parametrize("few", [0, 2, 2000])
def test_limits_and_times(four: Store, wanted: Query, found: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "FEW", few)
    assert numbers(four, wanted) == found


def test_without_spans_a_trace_has_its_totals_and_its_roots_content(four: Store) -> None:
    inner = chat(6, trace=5, parent=5, tokens=40, cost=1.0)
    four.write([trace(5, span(5, trace=5, kind="AGENT", inputs="q", outputs="a", ms=50), inner, tags={"k": "v"})])
    (found,) = four.search(Query(max_results=1, include_spans=False))
    (whole,) = four.search(Query(max_results=1))
    assert (found.usage, found.cost, found.tags, found.duration_ms) == (whole.usage, whole.cost, {"k": "v"}, 50.0)
    assert found.root is not None
    assert (found.root.inputs, found.root.outputs, found.root.span_type) == ("q", "a", "AGENT")
    assert [len(t.spans) for t in (found, whole)] == [1, 2]


def explained(store: Store, wanted: Query) -> str:
    """Give SQLite's own words on how it answers a query."""
    said: list[str] = []
    understood = plan(wanted)
    with store._connections.reading() as db:

        class Asking:
            def execute(self, text: str, values: Any = ()) -> Any:
                said.extend(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {text}", values))
                return db.execute(text, values)

        find(Asking(), understood, indexed_text=False)  # type: ignore[arg-type]
    return "\n".join(said)


@pytest.mark.parametrize("few", [0, 2000], ids=["walking", "driven"])
@pytest.mark.parametrize(
    "filter_string",
    [
        None,
        "status = 'ERROR'",
        "model = 'gpt-4o'",
        "span_name = 'chat' AND span_type = 'TOOL'",
        "error_type IS NOT NULL",
        "finish_reason = 'length' AND cost > 1",
        "tag.env = 'prod'",
        "session_id = 's' AND total_tokens > 10",
        "start_time > '2020-01-01' AND metadata.x > 1",
        "NOT model = 'x' OR name LIKE 'a%'",
    ],
)
def test_no_search_for_the_newest_scans_or_sorts_a_table(
    four: Store, filter_string: str | None, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "FEW", few)
    said = explained(four, Query(filter_string))
    lines = [line for line in said.splitlines() if line.startswith("SCAN ") and "INDEX" not in line]
    assert [line for line in lines if line != "SCAN (subquery-1)"] == []
    if few == 0 or filter_string is None:
        assert "traces_start" in said
        assert "TEMP B-TREE" not in said


@pytest.mark.parametrize("order_by", ["-cost", "-duration_ms", "-total_tokens", "start_time"])
def test_the_largest_are_read_from_an_index(four: Store, order_by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "FEW", 0)
    said = explained(four, Query(order_by=order_by))
    assert "TEMP B-TREE" not in said


def test_conditions_are_never_pasted() -> None:
    from autolog._store.filter import parse_filter
    from autolog._store.filter_sql import condition

    node = parse_filter("tag.`k''k` = 'secret1' AND model LIKE 'secret2%' AND cost > 123456.5")
    assert node is not None
    found: Sql = condition(node)
    assert not any(piece in found.text for piece in ("k'k", "secret", "123456"))
    assert found.text.count("?") == len(found.params)
