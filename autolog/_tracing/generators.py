"""Generators and async generators under a span, which is current only while their own code runs."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Generator
from typing import Any, Final
from weakref import WeakSet

import wrapt

from autolog._names import Outcome
from autolog._tracing import sources
from autolog._tracing.guard import report
from autolog._tracing.inside import Inside
from autolog._tracing.snapshot import snapshot
from autolog._tracing.span import LiveSpan, Progress

__all__ = ["AsyncItems", "Chunks", "items", "leave_open"]

_MOST_CHUNKS: Final = 100_000

_log = logging.getLogger("autolog")

Reducer = Callable[[list[Any]], Any]


class Chunks:
    """What a generator gave so far, and the end of its span: at the latest when the generator is freed."""

    __slots__ = ("__weakref__", "_kept", "_reducer", "inside", "progress", "span")

    def __init__(self, span: LiveSpan, reducer: Reducer | None) -> None:
        self.span = span
        self.inside = Inside(span)
        self._reducer = reducer
        self._kept: list[Any] = []
        self.progress = span.progress = Progress()
        _all.add(self)

    def add(self, chunk: Any) -> None:
        """Keep a chunk as it is now; for a reducer, the chunk itself."""
        progress = self.progress
        progress.last_ns = sources.now_ns()
        if not progress.count:
            progress.first_ns = progress.last_ns
        progress.count += 1
        if len(self._kept) < _MOST_CHUNKS:
            self._kept.append(chunk if self._reducer is not None else snapshot(chunk))

    def exhausted(self) -> None:
        """It came to its end."""
        self.progress.exhausted = True
        self._end()

    def failed(self, exc: BaseException) -> None:
        """It raised."""
        self.span.record_exception(exc)
        self._end()

    def left(self) -> None:
        """It was closed or dropped before its end: the call lasted until the last chunk."""
        self._end("abandoned", self.progress.last_ns or None)

    def _end(self, outcome: Outcome | None = None, end_time_ns: int | None = None) -> None:
        span, kept, self._kept = self.span, self._kept, []
        if span.end_time_ns is not None:
            return
        try:
            if span.outputs is None:
                span.outputs = kept if self._reducer is None else self._reduced(self._reducer, kept)
        except Exception as e:
            report("keeping the chunks of a generator", e)
        finally:
            span.end(outcome=outcome, end_time_ns=end_time_ns)

    def _reduced(self, reducer: Reducer, kept: list[Any]) -> Any:
        try:
            return snapshot(reducer(kept))
        except Exception as e:
            _log.warning(
                "the output_reducer of the span %r raised %s: %s. Its chunks are kept instead.",
                self.span.name,
                type(e).__name__,
                e,
            )
            return snapshot(kept)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # at the end of the interpreter, what this needs may be gone
            if self.span.end_time_ns is None:
                self.left()


_all: WeakSet[Chunks] = WeakSet()


def leave_open() -> None:
    """End the spans of generators that are open at the end of the process, which nobody will go on with."""
    for chunks in list(_all):
        chunks.left()


def items(inner: Generator[Any, Any, Any], chunks: Chunks) -> Generator[Any, Any, Any]:
    """Give on what a generator gives, and to it what it is sent and thrown, as PEP 380 says of ``yield from``."""
    inside = chunks.inside
    step: Callable[[Any], Any] = inner.send
    sent: Any = None
    while True:
        value, sent = sent, None
        entered = inside.enter()
        try:
            item = step(value)
        except StopIteration as e:
            inside.leave(entered)
            chunks.exhausted()
            return e.value
        except BaseException as e:
            inside.leave(entered)
            chunks.failed(e)
            raise
        finally:
            value = None  # an exception that was thrown in must not be kept by this frame
        inside.leave(entered)
        chunks.add(item)
        try:
            sent = yield item
        except GeneratorExit:
            return _closed(inner, chunks)
        except BaseException as e:
            step, sent = inner.throw, e
        else:
            step = inner.send


def _closed(inner: Generator[Any, Any, Any], chunks: Chunks) -> Any:
    entered = chunks.inside.enter()
    try:
        # From Python 3.13 on, close() gives what the generator returned.
        returned: Any = inner.close()  # type: ignore[func-returns-value,unused-ignore]
    except BaseException as e:
        chunks.failed(e)
        raise
    finally:
        chunks.inside.leave(entered)
    chunks.left()
    return returned


class AsyncItems(wrapt.BaseObjectProxy[Any]):
    """Stands before an async generator; what we lack is asked of it.

    No async generator: the event loop would have to close two where the program left one.
    """

    def __init__(self, inner: Any, chunks: Chunks) -> None:
        super().__init__(inner)
        self._self_chunks = chunks

    def __aiter__(self) -> AsyncItems:
        return self

    async def __anext__(self) -> Any:
        return await _step(self._self_chunks, self.__wrapped__.__anext__())

    async def asend(self, value: Any) -> Any:
        """Send a value in, as the generator's own method does."""
        return await _step(self._self_chunks, self.__wrapped__.asend(value))

    async def athrow(self, *exc_info: Any) -> Any:
        """Throw an exception in, as the generator's own method does."""
        return await _step(self._self_chunks, self.__wrapped__.athrow(*exc_info))

    async def aclose(self) -> None:
        """Close the generator."""
        chunks = self._self_chunks
        entered = chunks.inside.enter()
        try:
            await self.__wrapped__.aclose()
        except BaseException as e:
            chunks.failed(e)
            raise
        finally:
            chunks.inside.leave(entered)
        chunks.left()


async def _step(chunks: Chunks, step: Any) -> Any:
    entered = chunks.inside.enter()
    try:
        item = await step
    except StopAsyncIteration:
        chunks.inside.leave(entered)
        chunks.exhausted()
        raise
    except BaseException as e:
        chunks.inside.leave(entered)
        chunks.failed(e)
        raise
    chunks.inside.leave(entered)
    chunks.add(item)
    return item
