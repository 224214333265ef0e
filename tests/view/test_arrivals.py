"""What is shown under a cell: whole traces that have ended, the newest, once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autolog import Span, Trace
from autolog._view.arrivals import Arrivals


def span(trace_id: str, number: int, *, root: bool = False) -> Span:
    return Span(
        f"{number:016x}", trace_id, None if root else "0" * 15 + "1", f"s{number}", "TASK", "OK", number, number + 1
    )


def part(trace_id: str, *numbers: int) -> Trace:
    return Trace(trace_id, tuple(span(trace_id, n, root=n == 1) for n in numbers))


@pytest.fixture
def arrivals() -> Arrivals:
    made = Arrivals(limit=2)
    made.enabled = True
    return made


def test_a_trace_comes_when_its_root_has_ended(arrivals: Arrivals) -> None:
    arrivals.export([part("a", 2), part("a", 3)])
    assert arrivals.take() == ([], 0)
    arrivals.export([part("a", 1)])
    [trace], more = arrivals.take()
    assert [s.name for s in trace.spans] == ["s1", "s2", "s3"] and more == 0
    assert arrivals.take() == ([], 0)


def test_a_root_that_has_not_ended_is_none(arrivals: Arrivals) -> None:
    open_ = Trace("a", (replace(span("a", 1, root=True), end_time_ns=None),))
    arrivals.export([open_])
    assert arrivals.take() == ([], 0)


def test_the_newest_come_first_and_the_rest_is_counted(arrivals: Arrivals) -> None:
    arrivals.export([part(i, 1) for i in "abcde"])
    traces, more = arrivals.take()
    assert ([t.trace_id for t in traces], more) == (["e", "d"], 3)


def test_a_span_that_ends_after_its_root(arrivals: Arrivals) -> None:
    arrivals.export([part("a", 1)])
    arrivals.export([part("a", 2)])
    assert len(arrivals.take()[0][0].spans) == 2
    assert arrivals.late() == []
    arrivals.export([part("a", 3)])
    [late] = arrivals.late()
    assert len(late.spans) == 3
    assert arrivals.late() == [] and arrivals.take() == ([], 0)


def test_traces_that_never_end_are_not_kept_without_end(arrivals: Arrivals) -> None:
    arrivals.export([part(f"t{i}", 2) for i in range(500)])
    arrivals.export([part("t0", 1), part("t499", 1)])
    assert {t.trace_id: len(t.spans) for t in arrivals.take()[0]} == {"t0": 1, "t499": 2}


def test_nothing_is_kept_that_nobody_shows(arrivals: Arrivals) -> None:
    arrivals.enabled = False
    arrivals.export([part("a", 1)])
    arrivals.enabled = True
    arrivals.export([part("b", 1), part("c", 1)])
    arrivals.drop("b")
    assert [t.trace_id for t in arrivals.take()[0]] == ["c"]
    arrivals.export([part("d", 1)])
    arrivals.clear()
    assert arrivals.take() == ([], 0)
