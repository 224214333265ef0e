"""A trace that comes in parts: its root is known by what it is, not by what is there so far."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autolog import Span, Trace, semconv
from autolog._store import Store, open_store


def _span(span_id: str, parent_id: str | None, name: str, **attributes: object) -> Span:
    return Span(
        span_id=span_id.zfill(16),
        trace_id="a" * 32,
        parent_id=parent_id and parent_id.zfill(16),
        name=name,
        span_type="TASK",
        status="OK",
        start_time_ns=1_000,
        end_time_ns=2_000,
        attributes=attributes,
    )


@pytest.fixture
def written() -> Callable[..., Trace]:
    def write(*parts: Span) -> Trace:
        with open_store(":memory:") as store:
            assert isinstance(store, Store)
            for part in parts:
                store.write([Trace("a" * 32, (part,))])
            found = store.get_trace("a" * 32)
            (summary,) = store.summaries(_newest())
        assert found is not None
        assert (summary.name, summary.status) == (found.name, found.status)
        return found

    return write


def _newest() -> object:
    from autolog._store import Query

    return Query()


def test_a_child_that_ended_first_is_not_the_root(written: Callable[..., Trace]) -> None:
    assert written(_span("2", "1", "child")).status == "IN_PROGRESS"
    whole = written(_span("2", "1", "child"), _span("1", None, "root"))
    assert (whole.name, whole.status) == ("root", "OK")


def test_a_root_under_another_process_is_a_root(written: Callable[..., Trace]) -> None:
    remote = _span("1", "9", "served", **{semconv.LOCAL_ROOT: True})
    assert written(_span("2", "1", "child"), remote).name == "served"
    assert written(remote).status == "OK"
