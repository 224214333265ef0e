"""Every way in which a stream can end: by its items, its response, its body, or dropped."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from autolog._names import Outcome
from autolog._patching.bodies import BodyTap
from autolog._patching.instances import Replaced
from autolog._patching.items import watch_items
from autolog._patching.sources import BodySource, Deferred, StreamSource
from autolog._tracing.guard import report
from autolog._tracing.span import LiveSpan, Progress

__all__ = ["async_opener", "sync_opener", "watch"]


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


def watch(span: LiveSpan, source: StreamSource | Deferred | BodySource) -> None:
    """Watch a returned object until the call that made it is over."""
    state = _Watch(span)
    _watch_response(state, source.response, source.body)
    if isinstance(source, StreamSource):
        _watch_stream(state, source)
    elif isinstance(source, Deferred):
        _wait_for_opener(state, source)
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
    setattr(source.owner, source.attribute, watch_items(inner, state, source.hide))


# By the object that gives the result, which the class's method looks up: were the method replaced on the object, it
# could hold the object only weakly, and `make().parse()` has let go of it before the method begins.
_waiting: weakref.WeakKeyDictionary[Any, Callable[[Any], None]] = weakref.WeakKeyDictionary()


def sync_opener(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Wrap the plain method that gives the result of a :class:`Deferred`. Every call comes through it: it is short."""
    result = wrapped(*args, **kwargs)
    if _waiting:
        _opened_by(instance, result)
    return result


async def async_opener(
    wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Wrap the async one."""
    result = await wrapped(*args, **kwargs)
    if _waiting:
        _opened_by(instance, result)
    return result


def _opened_by(owner: Any, result: Any) -> None:
    opened = _waiting.get(owner)
    if opened is not None:
        try:
            opened(result)
        except Exception as e:
            report("reading a deferred result", e)


def _wait_for_opener(state: _Watch, source: Deferred) -> None:
    find = source.opened
    owner = weakref.ref(source.owner)

    def opened(result: Any) -> None:
        if state.span.end_time_ns is not None:
            return
        stream = find(result)
        if stream is not None:
            forget()
            _watch_stream(state, stream)

    def forget() -> None:
        this = owner()
        if this is not None:
            _waiting.pop(this, None)

    _waiting[source.owner] = opened
    state.releases.append(forget)


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
