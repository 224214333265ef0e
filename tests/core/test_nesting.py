"""Which span is whose child, in threads, tasks and generators, and what an exception leaves."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from call_styles import M
from callers import instant_client

import autolog

CHAT = {"model": "m", "messages": M}


def test_nesting_and_exceptions(traces: Any) -> None:
    assert autolog.get_current_active_span() is None
    error = ValueError("wrong")
    with pytest.raises(ValueError, match="wrong") as raised, autolog.start_span("root") as root:
        with autolog.start_span("child", span_type="TOOL", attributes={"a": 1}) as child:
            assert autolog.get_current_active_span() is child
            assert child.parent_id == root.span_id
            assert child.trace_id == root.trace_id
        assert autolog.get_current_active_span() is root
        with autolog.start_span("sibling"):
            raise error
    assert raised.value is error
    assert autolog.get_current_active_span() is None
    assert autolog.get_last_active_trace_id() == root.trace_id
    (trace,) = traces.all
    assert [(s.name, s.parent_id is None, s.status, s.outcome) for s in trace.spans] == [
        ("root", True, "ERROR", "error"),
        ("child", False, "OK", "completed"),
        ("sibling", False, "ERROR", "error"),
    ]
    assert (trace.spans[1].span_type, trace.spans[1].attributes) == ("TOOL", {"a": 1})
    exception = trace.root.exception
    assert (exception.type, exception.message) == ("ValueError", "wrong")
    assert "raise error" in exception.traceback


def test_what_comes_after_the_end_is_ignored(traces: Any) -> None:
    with autolog.start_span("mine") as span:
        span.set_inputs("in time")
    span.set_inputs("late")
    span.set_outputs("late")
    span.set_attribute("late", True)
    span.add_event("late")
    span.set_status("ERROR")
    span.record_exception(ValueError("late"))
    span.end()
    assert "late" not in traces.all[0].to_json()
    assert (traces.span.status, traces.span.inputs, traces.span.exception) == ("OK", "in time", None)


def test_threads_have_traces_of_their_own_and_tasks_inherit(traced: Any) -> None:
    client = instant_client()

    def work() -> None:
        with autolog.start_span("thread"):
            client.chat.completions.create(**CHAT)

    async def task(n: int) -> None:
        with autolog.start_span(f"task {n}"):
            await asyncio.sleep(0)
            await asyncio.to_thread(client.chat.completions.create, **CHAT)

    async def main() -> None:
        with autolog.start_span("main"):
            thread = threading.Thread(target=work)
            thread.start()
            await asyncio.gather(task(1), task(2))
            thread.join()

    asyncio.run(main())
    by_name = {trace.name: trace for trace in traced.all}
    assert sorted(by_name) == ["main", "thread"]
    of_main = by_name["main"]
    assert sorted(span.name for span in of_main.children(of_main.root)) == ["task 1", "task 2"]
    for child in of_main.children(of_main.root):
        assert [span.name for span in of_main.children(child)] == ["chat m"]
    assert [span.name for span in by_name["thread"].spans] == ["thread", "chat m"]


def test_async_with(traces: Any) -> None:
    async def main() -> None:
        async with autolog.start_span("outer"), autolog.start_span("inner"):
            await asyncio.sleep(0)

    asyncio.run(main())
    assert [span.name for span in traces.spans] == ["outer", "inner"]


def test_a_span_in_a_generator_that_is_dropped(traces: Any) -> None:
    def generate() -> Any:
        with autolog.start_span("in the generator"):
            yield 1
            yield 2

    with autolog.start_span("root"):
        generator = generate()
        assert next(generator) == 1
        del generator
        with autolog.start_span("sibling"):
            pass
    (trace,) = traces.all
    assert [span.name for span in trace.children(trace.root)] == ["in the generator", "sibling"]
    assert [span.outcome for span in trace.spans] == ["completed", "abandoned", "completed"]
    assert [span.status for span in trace.spans] == ["OK"] * 3
