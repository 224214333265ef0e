"""The one sync and the one async watcher of a stream, and every way in which a stream can end."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from autolog._patching.bodies import BodyTap
from autolog._patching.guard import report
from autolog._patching.sources import BodySource, Deferred, StreamSource
from autolog._tracing import sources
from autolog._tracing.span import LiveSpan, Progress

__all__ = ["watch"]


class _Watch:
    """The end of one watched result. Holds the span, never the result: a dropped result must be collectable."""

    __slots__ = ("handed_over", "inside", "progress", "span")

    def __init__(self, span: LiveSpan) -> None:
        self.span = span
        self.progress = Progress()
        span.progress = self.progress
        # A close that the library does itself while it gives the next item is not the program's close.
        self.inside = False
        # The watched object gave the real result, which ends the call in its stead.
        self.handed_over = False

    def saw(self) -> None:
        now = sources.now_ns()
        progress = self.progress
        if progress.count == 0:
            progress.first_ns = now
        progress.last_ns = now
        progress.count += 1

    def exhausted(self) -> None:
        self.progress.exhausted = True
        self.span.end()

    def failed(self, exc: BaseException) -> None:
        if self.span.end_time_ns is None:
            self.span.record_exception(exc)
            self.span.end()

    def left(self) -> None:
        """The program closed it or dropped it before its end: the call lasted until the last item."""
        if self.span.end_time_ns is None:
            self.span.end(outcome="abandoned", end_time_ns=self.progress.last_ns or None)

    def closed(self) -> None:
        if not self.inside:
            self.left()

    def dropped(self) -> None:
        if not self.handed_over:
            self.left()

    def body_over(self, exc: BaseException | None) -> None:
        if exc is not None:
            self.failed(exc)
        elif not self.handed_over:
            self.exhausted()


class _Iterator:
    """Stands before a stream's own iterator, which keeps working as it did: what we lack is asked of it."""

    __slots__ = ("_hide", "_inner", "_watch")

    def __init__(self, inner: Any, watch: _Watch, hide: Callable[[Any], bool] | None) -> None:
        self._inner = inner
        self._watch = watch
        self._hide = hide

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _SyncIterator(_Iterator):
    __slots__ = ()

    def __iter__(self) -> _SyncIterator:
        return self

    def __next__(self) -> Any:
        watch = self._watch
        while True:
            watch.inside = True
            try:
                item = self._inner.__next__()
            except StopIteration:
                watch.exhausted()
                raise
            except BaseException as e:
                watch.failed(e)
                raise
            finally:
                watch.inside = False
            watch.saw()
            if self._hide is None or not self._hide(item):
                return item


class _AsyncIterator(_Iterator):
    __slots__ = ()

    def __aiter__(self) -> _AsyncIterator:
        return self

    async def __anext__(self) -> Any:
        watch = self._watch
        while True:
            watch.inside = True
            try:
                item = await self._inner.__anext__()
            except StopAsyncIteration:
                watch.exhausted()
                raise
            except BaseException as e:
                watch.failed(e)
                raise
            finally:
                watch.inside = False
            watch.saw()
            if self._hide is None or not self._hide(item):
                return item


def watch(span: LiveSpan, source: StreamSource | Deferred | BodySource) -> None:
    """Watch a returned object until the call that made it is over."""
    state = _Watch(span)
    if isinstance(source, StreamSource):
        _watch_stream(state, source)
    elif isinstance(source, Deferred):
        _watch_deferred(state, source)
    else:
        _watch_body(state, source.owner, source.response, source.body)


def _watch_body(state: _Watch, owner: Any, response: Any, body: BodyTap) -> None:
    body.on_end = state.body_over

    def closed() -> None:
        if not body.inside:
            state.closed()

    _on_close(response, closed)
    weakref.finalize(owner, state.dropped)


def _watch_stream(state: _Watch, source: StreamSource) -> None:
    inner = getattr(source.owner, source.attribute)
    kind = _AsyncIterator if hasattr(inner, "__anext__") else _SyncIterator
    setattr(source.owner, source.attribute, kind(inner, state, source.hide))
    if not state.handed_over:  # else the close is watched already
        _on_close(source.response, state.closed)
    # At exit too: the callback is told then that the stream was left.
    weakref.finalize(source.owner, state.left)


def _watch_deferred(state: _Watch, source: Deferred) -> None:
    open_it = getattr(source.owner, source.opener)

    def opened(result: Any) -> None:
        if state.handed_over or state.span.end_time_ns is not None:
            return
        try:
            stream = source.opened(result)
            if stream is not None:
                state.handed_over = True
                _watch_stream(state, stream)
        except Exception as e:
            report("reading a deferred result", e)

    if iscoroutinefunction(open_it):

        @wraps(open_it)
        async def opener(*args: Any, **kwargs: Any) -> Any:
            result = await open_it(*args, **kwargs)
            opened(result)
            return result
    else:

        @wraps(open_it)
        def opener(*args: Any, **kwargs: Any) -> Any:
            result = open_it(*args, **kwargs)
            opened(result)
            return result

    setattr(source.owner, source.opener, opener)

    _watch_body(state, source.owner, source.response, source.body)


def _on_close(response: Any, closed: Callable[[], None]) -> None:
    """Call ``closed`` when the program closes an HTTP response, which stays the same object."""
    if hasattr(response, "close"):
        close = response.close

        @wraps(close)
        def closing(*args: Any, **kwargs: Any) -> Any:
            try:
                return close(*args, **kwargs)
            finally:
                closed()

        response.close = closing
    if hasattr(response, "aclose"):
        aclose = response.aclose

        @wraps(aclose)
        async def aclosing(*args: Any, **kwargs: Any) -> Any:
            try:
                return await aclose(*args, **kwargs)
            finally:
                closed()

        response.aclose = aclosing
