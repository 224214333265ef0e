"""What is written is what is read, in any order and however often."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.kit import START, chat, span, tid, trace

from autolog import semconv
from autolog._model import Event, ExceptionInfo, Span, Trace, Usage
from autolog._store import Query, Store, open_store

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def everything() -> Trace:
    whole = Span(
        span_id="00f067aa0ba902b7",
        trace_id=tid(1),
        parent_id=None,
        name="Größe 中 \0",
        span_type="CHAT_MODEL",
        status="ERROR",
        start_time_ns=START,
        end_time_ns=START + 1_234_567_891,
        outcome="error",
        inputs={"messages": [{"role": "user", "content": "Where is “order 17”?\n\0"}]},
        outputs=[1, 2.5, None, True, {"a": {}}],
        attributes={semconv.RESPONSE_MODEL: "gpt-4o", "deep": {"x": [1]}, "n": 2**70, "": None},
        events=(Event("exception", START + 5, {"k": "v"}), Event("empty", START + 6)),
        usage=Usage(1, 2, 3, 4, 5, 6, 7, 8),
        cost=0.000123,
        exception=ExceptionInfo("openai.RateLimitError", "too many", None),
    )
    return trace(
        1,
        whole,
        span(2, parent=0x00F067AA0BA902B7, inputs=False, outputs=""),
        span(3, ms=None, outcome=None, status="IN_PROGRESS"),
        tags={"env": "prod", "my key": ""},
        metadata={"build": 7, "nested": {"a": [None]}, "none": None, "ok": True, "f": 1.5},
        session_id="s 1",
        user_id="ü",
    )


def test_a_trace_comes_back_as_it_was(store: Store) -> None:
    store.write([everything()])
    assert store.get_trace(tid(1)) == everything()
    assert store.search(Query()) == [everything()]


def test_other_processes_and_later_runs_see_it(store: Store) -> None:
    store.write([everything()])
    store.close()
    with open_store(store.path) as again:
        assert again.get_trace(tid(1)) == everything()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_writing_again_changes_nothing(store: Store, times: int) -> None:
    for _ in range(times):
        store.write([everything(), trace(2)])
    assert store.search(Query()) == [trace(2), everything()]
    (summary,) = store.summaries(Query("session_id = 's 1'"))
    assert (summary.span_count, summary.usage) == (3, everything().usage)
    with store._connections.reading() as db:
        counts = {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("spans", "payload", "traces")}
    assert counts == {"spans": 4, "payload": 4, "traces": 2}


def test_a_later_span_replaces_the_one_with_its_id(store: Store) -> None:
    running = trace(1, span(1, ms=None, status="IN_PROGRESS", inputs="q"))
    store.write([running])
    assert (store.summaries(Query())[0].status, store.summaries(Query())[0].duration_ms) == ("IN_PROGRESS", None)
    done = trace(1, span(1, ms=5, inputs="q", outputs="a"))
    store.write([done])
    assert store.get_trace(tid(1)) == done
    assert (store.summaries(Query())[0].status, store.summaries(Query())[0].duration_ms) == ("OK", 5.0)


def test_the_same_span_twice_in_a_batch_is_written_once(store: Store) -> None:
    store.write([trace(1, span(1, outputs="old"), span(1, outputs="new")), trace(1, span(2, parent=1))])
    found = store.get_trace(tid(1))
    assert found is not None
    assert [(s.span_id[-1], s.outputs) for s in found.spans] == [("1", "new"), ("2", None)]


def test_tags_and_metadata_are_merged_and_people_replaced(store: Store) -> None:
    store.write([trace(1, tags={"a": "1", "b": "1"}, metadata={"x": 1}, session_id="old", user_id="u")])
    store.write([Trace(tid(1), (), tags={"b": "2", "c": "2"}, metadata={"y": [2]}, session_id="new")])
    found = store.get_trace(tid(1))
    assert found is not None
    assert found.tags == {"a": "1", "b": "2", "c": "2"}
    assert found.metadata == {"x": 1, "y": [2]}
    assert (found.session_id, found.user_id, len(found.spans)) == ("new", "u", 1)


def family() -> list[Span]:
    """A root around a framework's model span around the client's, a second call that failed, and a span still open."""
    return [
        span(1, name="agent", kind="AGENT", at=0, ms=900, model="gpt-4o"),
        chat(2, parent=1, at=10, tokens=100, cost=0.5),
        chat(3, parent=2, at=20, tokens=100, cost=0.25),
        chat(4, parent=1, at=30, tokens=7, model="o9"),
        span(5, parent=1, at=40, kind="CHAT_MODEL", model="claude", error="TimeoutError"),
        span(6, parent=5, at=50, ms=None, outcome=None),
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_totals_are_the_models_in_whatever_order_spans_arrive(store: Store, order: tuple[int, ...]) -> None:
    parts = [family()[:1], family()[1:2], family()[2:4], family()[4:]]
    for i in order:
        store.write([trace(1, *parts[i])])
    whole = trace(1, *family())
    (summary,) = store.summaries(Query())
    assert store.get_trace(tid(1)) == whole
    assert (summary.usage, summary.cost) == (whole.usage, whole.cost)
    assert (summary.name, summary.status, summary.duration_ms) == ("agent", "OK", 900.0)
    assert (summary.start_time_ns, summary.end_time_ns) == (whole.start_time_ns, whole.end_time_ns)
    assert (summary.span_count, summary.unpriced, summary.models) == (6, 1, ("gpt-4o", "o9", "claude"))
    by_model = {row["model"]: (row["calls"], row["errors"], row["input_tokens"]) for row in store.stats(by="model")}
    assert by_model == {"gpt-4o": (1, 0, 100), "o9": (1, 0, 7), "claude": (1, 1, None)}


def test_a_trace_whose_root_is_missing_has_its_totals_too(store: Store) -> None:
    whole = trace(1, chat(2, parent=1, cost=0.5), chat(3, parent=9, at=1))
    store.write([whole])
    (stand_in,) = store.search(Query(include_spans=False))
    assert (whole.status, stand_in.status, stand_in.name) == ("IN_PROGRESS", "IN_PROGRESS", "chat")
    assert (stand_in.usage, stand_in.cost) == (whole.usage, 0.5)


@st.composite
def trees(draw: st.DrawFn) -> list[Span]:
    size = draw(st.integers(1, 8))
    spans: list[Span] = []
    starts = draw(st.permutations(range(size)))  # at the same moment, the order of arrival would decide which is first
    for number, at in enumerate(starts, start=1):
        parent = draw(st.none() | st.integers(1, size + 1).filter(lambda n, me=number: n != me))
        usage = draw(st.none() | st.builds(Usage, st.none() | st.integers(0, 99), st.none() | st.integers(0, 99)))
        cost = draw(st.none() | st.sampled_from([0.25, 0.5]))
        spans.append(span(number, parent=parent, at=at, ms=draw(st.none() | st.just(9)), usage=usage, cost=cost))
    return spans


@quick
@given(trees(), st.randoms(use_true_random=False))
def test_totals_of_any_tree_are_the_models(spans: list[Span], random: Any) -> None:
    pieces = list(spans)
    random.shuffle(pieces)
    with open_store(":memory:") as store:
        while pieces:
            size = random.randint(1, len(pieces))
            store.write([trace(1, *pieces[:size])])
            pieces = pieces[size:]
        (summary,), (stand_in,) = store.summaries(Query()), store.search(Query(include_spans=False))
        found = store.get_trace(tid(1))
    whole = trace(1, *spans)
    assert found is not None
    for name in ("name", "status", "start_time_ns", "end_time_ns", "usage", "cost"):
        assert getattr(summary, name) == getattr(whole, name), name
        assert getattr(stand_in, name) == getattr(whole, name), name
    assert {s.span_id: s.usage or None for s in found.spans} == {s.span_id: s.usage or None for s in spans}


def test_memory_stores_are_apart() -> None:
    with open_store(":memory:") as one, open_store(":memory:") as other:
        one.write([trace(1)])
        assert (one.count(Query()), other.count(Query())) == (1, 0)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (tid(1), 1),
        (tid(1)[:4], 1),
        (tid(2).upper()[:9], 2),
        ("@last", 3),
        ("@-1", 3),
        ("@-3", 1),
        ("@-4", None),
        ("ffff", None),
        ("", None),
        ("%", None),
        ("\ud800", None),
    ],
)
def test_a_trace_has_several_names(store: Store, wanted: str, number: int | None) -> None:
    store.write([trace(3), trace(1), trace(2)])
    assert store.get_trace(wanted) == (trace(number) if number else None)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("000", r"several traces in .*autolog.db begin with '000' \(0001.*, 0002.*\.\.\.\): give more of the id"),
        ("@first", "no trace can be called '@first': @last is the newest, @-2 the one before it"),
        ("@-0", "no trace can be called '@-0'"),
        ("@-", "no trace can be called '@-'"),
        ("@-²", "no trace can be called '@-²'"),
    ],
)
def test_a_name_that_says_too_little(store: Store, wanted: str, message: str) -> None:
    store.write([trace(1), trace(2)])
    with pytest.raises(Exception, match=message) as caught:
        store.get_trace(wanted)
    assert type(caught.value).__name__ == "StoreError"
