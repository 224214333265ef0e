"""Libraries that carry a context of their own say which of their spans is running."""

from __future__ import annotations

from typing import Any

import pytest

import autolog
from autolog._tracing import guard
from autolog.integration import LiveSpan, Patcher


@pytest.fixture
def patcher() -> Any:
    patcher = Patcher("toy")
    yield patcher
    patcher.undo()


def started(name: str, parent: LiveSpan | None = None) -> LiveSpan:
    return LiveSpan(name, "CHAIN", parent=parent)


def parents(traces: Any) -> dict[str, str | None]:
    names = {span.span_id: span.name for span in traces.spans}
    return {span.name: names.get(span.parent_id) for span in traces.spans}


def test_what_a_framework_names_is_the_parent_unless_ours_is_inside_it(patcher: Patcher, traces: Any) -> None:
    step = started("step")
    patcher.locate(lambda: step)
    with autolog.start_span("in the step"), autolog.start_span("deeper"):
        assert autolog.get_current_active_span().parent.parent is step
    step.end()
    with autolog.start_span("after the step"):
        pass
    assert parents(traces) == {"step": None, "in the step": "step", "deeper": "in the step", "after the step": None}


def test_the_framework_is_deeper_than_our_context(patcher: Patcher, traces: Any) -> None:
    with autolog.start_span("around") as around:
        step = started("step", around)
        patcher.locate(lambda: step)
        with autolog.start_span("in the step"):
            pass
        step.end()
    assert parents(traces) == {"around": None, "step": "around", "in the step": "step"}


def test_two_frameworks_of_which_one_runs_the_other(patcher: Patcher, traces: Any) -> None:
    outer = started("outer")
    inner = started("inner", outer)
    for locator in (lambda: inner, lambda: outer):
        patcher.locate(locator)
    with autolog.start_span("call"):
        pass
    inner.end()
    outer.end()
    assert parents(traces) == {"outer": None, "inner": "outer", "call": "inner"}


def test_nobody_is_asked_after_off(patcher: Patcher, traces: Any) -> None:
    step = started("step")
    patcher.locate(lambda: step)
    patcher.undo()
    assert autolog.get_current_active_span() is None
    step.end()


def test_a_locator_that_fails_harms_nothing(patcher: Patcher, traces: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("AUTOLOG_RAISE_ERRORS", "0")
    patcher.locate(lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    with autolog.start_span("call"):
        pass
    assert [span.name for span in traces.spans] == ["call"]
    assert [type(failure) for failure in guard.reported] == [ZeroDivisionError]
    guard.reported.clear()
