"""Traced generators: one span, current only while their code runs, whichever way they end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import types
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import autolog
from autolog._tracing import generators


@autolog.trace
def talk(first: Any, *, fail: bool = False) -> Any:
    """Give, take and return."""
    assert autolog.get_current_active_span().name == "talk"
    try:
        got = yield first
        with autolog.start_span("inside"):
            pass
        yield got
        if fail:
            raise ValueError("late")
    finally:
        assert autolog.get_current_active_span().name == "talk"
    return "returned"


@autolog.trace
async def atalk(first: Any, *, fail: bool = False) -> Any:
    try:
        assert autolog.get_current_active_span().name == "atalk"
        got = yield first
        await asyncio.sleep(0)
        yield got
        if fail:
            raise ValueError("late")
    finally:
        await asyncio.sleep(0)


def told(traces: Any) -> tuple[Any, ...]:
    (trace,) = traces.all
    return trace.root.outcome, trace.root.status, trace.root.outputs


def test_send_and_return_pass_through(traces: Any) -> None:
    def outer() -> Any:
        result = yield from talk("a")
        assert result == "returned"
        yield result

    generator = outer()
    assert next(generator) == "a"
    assert autolog.get_current_active_span() is None
    assert generator.send({"b": 1}) == {"b": 1}
    assert list(generator) == ["returned"]
    assert told(traces) == ("completed", "OK", ["a", {"b": 1}])
    (trace,) = traces.all
    assert [(s.name, s.parent_id) for s in trace.spans] == [("talk", None), ("inside", trace.root.span_id)]
    assert trace.root.inputs == {"first": "a", "fail": False}
    assert trace.root.attributes["autolog.stream.chunk_count"] == 2


def test_throw(traces: Any) -> None:
    @autolog.trace
    def stubborn() -> Iterator[str]:
        try:
            yield "a"
        except KeyError as e:
            yield f"caught {e}"

    generator = stubborn()
    next(generator)
    assert generator.throw(KeyError("k")) == "caught 'k'"
    error = OSError("out")
    with pytest.raises(OSError, match="out") as raised:
        generator.throw(error)
    assert raised.value is error
    assert told(traces) == ("error", "ERROR", ["a", "caught 'k'"])


def test_an_exception_in_it(traces: Any) -> None:
    with pytest.raises(ValueError, match="late"):
        list(talk(1, fail=True))
    assert told(traces) == ("error", "ERROR", [1, None])


@pytest.mark.parametrize("how", ["close", "drop", "never begun"])
def test_left(traces: Any, how: str) -> None:
    with autolog.start_span("around"):
        generator = talk("a")
        if how != "never begun":
            next(generator)
            assert autolog.get_current_active_span().name == "around"  # type: ignore[union-attr]
    if how == "close":
        generator.close()
    del generator
    gc.collect()
    (trace,) = traces.all
    (span,) = trace.search_spans(name="talk")
    assert span.parent_id == trace.root.span_id
    assert (span.outcome, span.status, span.outputs) == ("abandoned", "OK", [] if how == "never begun" else ["a"])


def test_a_generator_that_does_not_let_itself_be_closed(traces: Any) -> None:
    @autolog.trace
    def stubborn() -> Iterator[int]:
        try:
            yield 1
        except GeneratorExit:
            yield 2

    generator = stubborn()
    next(generator)
    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
        generator.close()
    assert told(traces)[:2] == ("error", "ERROR")


def test_it_is_a_generator() -> None:
    generator = talk(1)
    assert inspect.isgeneratorfunction(talk)
    assert inspect.isgenerator(generator)
    assert (generator.__name__, generator.__qualname__) == ("talk", "talk")
    assert inspect.isasyncgenfunction(atalk)
    assert inspect.isasyncgen(atalk(1))
    assert contextlib.contextmanager(talk)
    generator.close()


def test_as_a_context_manager(traces: Any) -> None:
    @contextlib.contextmanager
    @autolog.trace
    def managed(x: int) -> Iterator[int]:
        with contextlib.suppress(ValueError):
            yield x

    with managed(3) as x:
        assert x == 3
        raise ValueError
    assert told(traces) == ("completed", "OK", [3])


def test_output_reducer(traces: Any, caplog: pytest.LogCaptureFixture) -> None:
    @autolog.trace(output_reducer="".join)
    def words(n: int) -> Iterator[str]:
        yield from ["a", "b", "c"][:n]

    @autolog.trace(output_reducer=lambda chunks: 1 / 0)
    def wrong() -> Iterator[int]:
        yield 1

    assert list(words(2)) == ["a", "b"]
    assert list(wrong()) == [1]
    assert [s.outputs for s in traces.spans] == ["ab", [1]]
    assert "the output_reducer of the span 'wrong' raised ZeroDivisionError" in caplog.text


def test_chunks_are_bounded_and_as_they_were(traces: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generators, "_MOST_CHUNKS", 3)

    @autolog.trace
    def same() -> Iterator[list[int]]:
        chunk: list[int] = []
        for n in range(5):
            chunk.append(n)
            yield chunk

    assert len(list(same())) == 5
    assert traces.span.outputs == [[0], [0, 1], [0, 1, 2]]
    assert traces.span.attributes["autolog.stream.chunk_count"] == 5


def test_a_function_that_gives_a_generator(traces: Any) -> None:
    @autolog.trace
    def squares(n: int) -> Iterator[int]:
        return (i * i for i in range(n))

    assert list(squares(3)) == [0, 1, 4]
    assert told(traces) == ("completed", "OK", [0, 1, 4])


def test_an_old_style_coroutine_can_be_awaited(traces: Any) -> None:
    @autolog.trace
    @types.coroutine
    def pause() -> Any:
        yield

    async def main() -> None:
        await pause()

    asyncio.run(main())
    assert traces.span.name == "pause"


async def test_async_send_throw_and_close(traces: Any) -> None:
    generator = atalk("a")
    assert await anext(generator) == "a"
    assert autolog.get_current_active_span() is None
    assert await generator.asend("b") == "b"
    with pytest.raises(StopAsyncIteration):
        await anext(generator)
    other = atalk("c")
    await anext(other)
    with pytest.raises(KeyError):
        await other.athrow(KeyError("k"))
    third = atalk("d")
    await anext(third)
    await third.aclose()
    with pytest.raises(ValueError, match="late"):
        async for _ in atalk("e", fail=True):
            pass
    assert [(s.outcome, s.outputs) for s in traces.spans] == [
        ("completed", ["a", "b"]),
        ("error", ["c"]),
        ("abandoned", ["d"]),
        ("error", ["e", None]),
    ]


async def test_async_dropped(traces: Any) -> None:
    closed: list[bool] = []

    @autolog.trace(output_reducer=sum)
    async def count() -> AsyncIterator[int]:
        try:
            for n in range(1, 5):
                yield n
        finally:
            closed.append(True)

    async for n in count():
        if n == 2:
            break
    gc.collect()
    await asyncio.sleep(0.01)
    assert closed == [True]
    assert told(traces) == ("abandoned", "OK", 3)


async def test_a_cancelled_async_generator(traces: Any) -> None:
    @autolog.trace
    async def slow() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(60)
        yield 2

    async def read() -> None:
        async for _ in slow():
            pass

    task = asyncio.create_task(read())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told(traces) == ("cancelled", "ERROR", [1])


def test_two_at_once_keep_apart(traces: Any) -> None:
    @autolog.trace
    def numbered(n: int) -> Iterator[int]:
        for i in range(3):
            with autolog.start_span(f"step {n}"):
                yield i

    pairs = list(zip(numbered(1), numbered(2), strict=True))
    assert pairs == [(0, 0), (1, 1), (2, 2)]
    for trace in traces.all:
        number = trace.root.inputs["n"]
        assert [s.name for s in trace.children(trace.root)] == [f"step {number}"] * 3


def test_nothing_of_it_is_kept_alive() -> None:
    class Thing:
        pass

    @autolog.trace
    def give(thing: Any) -> Iterator[Any]:
        yield thing

    thing = Thing()
    for _ in give(thing):
        break
    assert len(gc.get_referrers(thing)) <= 1


@autolog.trace
def answer() -> Iterator[str]:
    with autolog.start_span("generate"):
        yield "a"
        with autolog.start_span("model"):
            pass
        autolog.get_current_active_span().set_outputs("said")
        yield "b"


@autolog.trace
async def aanswer() -> AsyncIterator[str]:
    async with autolog.start_span("generate"):
        yield "a"
        with autolog.start_span("model"):
            await asyncio.sleep(0)
        autolog.get_current_active_span().set_outputs("said")
        yield "b"


def read() -> None:
    for _ in answer():
        with autolog.start_span("reader"):
            pass


async def aread() -> None:
    async for _ in aanswer():
        with autolog.start_span("reader"):
            await asyncio.sleep(0)


@pytest.mark.parametrize("run", [read, lambda: asyncio.run(aread())], ids=["sync", "async"])
def test_a_block_open_across_a_yield_is_the_parent_inside_and_not_outside(run: Any, traces: Any) -> None:
    run()
    trace = next(t for t in traces.all if len(t.spans) > 1)
    names = {span.span_id: span.name for span in trace.spans}
    tree = {span.name: names.get(span.parent_id) for span in trace.spans[1:]}
    assert tree == {"generate": trace.name, "model": "generate"}
    assert trace.search_spans("generate")[0].outputs == "said"
    assert [t.name for t in traces.all if t is not trace] == ["reader", "reader"]


def test_what_a_generator_suppresses_and_labels_is_its_own(traces: Any) -> None:
    @autolog.trace
    def talks() -> Iterator[int]:
        with autolog.session("inner"):
            yield 1
            with autolog.suppress():
                yield 2
                with autolog.start_span("hidden"):
                    pass
            with autolog.start_span("seen"):
                pass

    with autolog.session("outer"):
        for number in talks():
            with autolog.start_span(f"reader {number}"):
                pass
    found = {t.name: (t.session_id, len(t.spans)) for t in traces.all}
    assert found == {"reader 1": ("outer", 1), "reader 2": ("outer", 1), "talks": ("inner", 2)}


def test_a_generator_sees_what_its_reader_sets(traces: Any) -> None:
    @autolog.trace
    def steps() -> Iterator[int]:
        yield 1
        with autolog.start_span("second"):
            pass
        yield 2

    generator = steps()
    next(generator)
    with autolog.suppress():
        next(generator)
    assert list(generator) == []
    (trace,) = traces.all
    assert [span.name for span in trace.spans] == ["steps"]
