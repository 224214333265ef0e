"""The one sync and the one async watcher of a stream, and every way in which a stream can end."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from autolog._names import Outcome
from autolog._patching.bodies import BodyTap
from autolog._patching.instances import Replaced
from autolog._patching.sources import BodySource, Deferred, StreamSource
from autolog._tracing import sources
from autolog._tracing.guard import report
from autolog._tracing.span import LiveSpan, Progress

__all__ = ["watch"]


class _Watch:
    """The end of one watched result. Holds the span, never the result: a dropped result must be collectable."""

    __slots__ = ("inside", "progress", "releases", "span")

    def __init__(self, span: LiveSpan) -> None:
        self.span = span
        self.progress = Progress()
        span.progress = self.progress
        # A close that the library does itself while it gives the next item is not the program's close.
        self.inside = False
        # Gives the methods back that were replaced on the objects of this call.
        self.releases: list[Callable[[], None]] = []

    def exhausted(self) -> None:
        self.progress.exhausted = True
        self._end()

    def failed(self, exc: BaseException) -> None:
        if self.span.end_time_ns is None:
            self.span.record_exception(exc)
        self._end()

    def left(self) -> None:
        """The program closed it or dropped it before its end: the call lasted until the last item."""
        self._end("abandoned", self.progress.last_ns or None)

    def _end(self, outcome: Outcome | None = None, end_time_ns: int | None = None) -> None:
        self.span.end(outcome=outcome, end_time_ns=end_time_ns)
        while self.releases:
            self.releases.pop()()

    def closed(self) -> None:
        if not self.inside:
            self.left()

    def body_over(self, exc: BaseException | None) -> None:
        """The body was read: by the stream, which says itself what that means, or past it by the program."""
        if self.inside:
            return
        if exc is not None:
            self.failed(exc)
        else:
            self.exhausted()


def _hides(hide: Callable[[Any], bool], item: Any) -> bool:
    try:
        return hide(item)
    except Exception as e:
        report("looking at an item of a stream", e)
        return False


def _sync_items(inner: Any, watch: _Watch, hide: Callable[[Any], bool] | None) -> Generator[Any]:
    """Give on what a stream's own iterator gives. A generator, as what it stands for is in the libraries we know."""
    step, progress, now = inner.__next__, watch.progress, sources.now_ns
    while True:
        watch.inside = True
        try:
            item = step()
        except StopIteration:
            watch.inside = False
            watch.exhausted()
            return
        except BaseException as e:
            watch.inside = False
            watch.failed(e)
            raise
        watch.inside = False
        progress.last_ns = now()
        if not progress.count:
            progress.first_ns = progress.last_ns
        progress.count += 1
        if hide is not None and _hides(hide, item):
            continue
        try:
            yield item
        except GeneratorExit:
            watch.left()
            if hasattr(inner, "close"):
                inner.close()
            raise


class _AsyncItems:
    """Stands before a stream's own async iterator; what we lack is asked of it.

    No async generator: the event loop would have to close two where the program left one.
    """

    __slots__ = ("_hide", "_inner", "_watch")

    def __init__(self, inner: Any, watch: _Watch, hide: Callable[[Any], bool] | None) -> None:
        self._inner = inner
        self._watch = watch
        self._hide = hide

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __aiter__(self) -> _AsyncItems:
        return self

    async def __anext__(self) -> Any:
        watch, progress = self._watch, self._watch.progress
        while True:
            watch.inside = True
            try:
                item = await self._inner.__anext__()
            except StopAsyncIteration:
                watch.inside = False
                watch.exhausted()
                raise
            except BaseException as e:
                watch.inside = False
                watch.failed(e)
                raise
            watch.inside = False
            progress.last_ns = sources.now_ns()
            if not progress.count:
                progress.first_ns = progress.last_ns
            progress.count += 1
            if self._hide is None or not _hides(self._hide, item):
                return item


def watch(span: LiveSpan, source: StreamSource | Deferred | BodySource) -> None:
    """Watch a returned object until the call that made it is over."""
    state = _Watch(span)
    _watch_response(state, source.response, source.body)
    if isinstance(source, StreamSource):
        _watch_stream(state, source)
    elif isinstance(source, Deferred):
        _watch_opener(state, source)
    # Of a dropped stream the program may still read the response; the response is freed no sooner than the stream.
    # At exit too: the callback is told then that it was left.
    try:
        weakref.finalize(source.response, state.left)
    except TypeError:  # an object of a library whose responses cannot be referred to weakly
        weakref.finalize(source.owner, state.left)


def _watch_response(state: _Watch, response: Any, body: BodyTap | None) -> None:
    """Watch for the program's close of an HTTP response, which stays the same object, and for the end of its body."""
    if body is not None:
        body.on_end = state.body_over
        if body.remove is not None:
            state.releases.append(body.remove)

    def closed() -> None:
        if body is None or not body.inside:
            state.closed()

    replaced = Replaced(response)
    for method in ("close", "aclose"):
        replaced.method(method, lambda original: _finally(original, closed))
    state.releases.append(replaced.give_back)


def _watch_stream(state: _Watch, source: StreamSource) -> None:
    inner = getattr(source.owner, source.attribute)
    items = _AsyncItems if hasattr(inner, "__anext__") else _sync_items
    setattr(source.owner, source.attribute, items(inner, state, source.hide))


def _watch_opener(state: _Watch, source: Deferred) -> None:
    find: Callable[[Any], StreamSource | None] | None = source.opened

    def opened(result: Any) -> None:
        nonlocal find
        if find is None or state.span.end_time_ns is not None:
            return
        try:
            stream = find(result)
            if stream is not None:
                find = None
                _watch_stream(state, stream)
        except Exception as e:
            report("reading a deferred result", e)

    replaced = Replaced(source.owner)
    replaced.method(source.opener, lambda original: _then(original, opened), weak=True)
    state.releases.append(replaced.give_back)


def _then(original: Callable[..., Any], then: Callable[[Any], None]) -> Callable[..., Any]:
    """Give a method, sync or async as it is, with ``then(result)`` after it."""

    @wraps(original)
    def after(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        then(result)
        return result

    @wraps(original)
    async def aafter(*args: Any, **kwargs: Any) -> Any:
        result = await original(*args, **kwargs)
        then(result)
        return result

    return aafter if iscoroutinefunction(original) else after


def _finally(original: Callable[..., Any], then: Callable[[], None]) -> Callable[..., Any]:
    """Give a method, sync or async as it is, with ``then()`` after it in any case."""

    @wraps(original)
    def after(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        finally:
            then()

    @wraps(original)
    async def aafter(*args: Any, **kwargs: Any) -> Any:
        try:
            return await original(*args, **kwargs)
        finally:
            then()

    return aafter if iscoroutinefunction(original) else after
