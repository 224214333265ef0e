"""The one sync and the one async watcher of items that a program takes from an iterator."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol

from autolog._tracing import sources
from autolog._tracing.guard import report
from autolog._tracing.span import Progress

__all__ = ["ItemWatch", "watch_items"]


class ItemWatch(Protocol):
    """What is told of the items: exactly one of the three ends, unless the iterator is dropped without a close."""

    inside: bool
    """While the next item is fetched: a close that the library does itself meanwhile is not the program's."""
    progress: Progress

    def exhausted(self) -> None:
        """The last item was given."""

    def failed(self, exc: BaseException) -> None:
        """Fetching an item raised."""

    def left(self) -> None:
        """The program closed the iterator before its end."""


def watch_items(inner: Any, watch: ItemWatch, look: Callable[[Any], bool] | None = None) -> Any:
    """Give what stands for an iterator, sync or async as it is.

    ``look(item)`` sees each item before the program does, and tells whether the program must not see it.
    """
    if not hasattr(inner, "__anext__"):
        return _sync_items(inner, watch, look)
    return (_AsyncGenerator if hasattr(inner, "asend") else _AsyncItems)(inner, watch, look)


def _hidden(look: Callable[[Any], bool], item: Any) -> bool:
    try:
        return look(item)
    except Exception as e:
        report("looking at an item of a stream", e)
        return False


def _sync_items(inner: Any, watch: ItemWatch, look: Callable[[Any], bool] | None) -> Generator[Any]:
    """Give on what an iterator gives. A generator, as what it stands for is in the libraries we know."""
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
        if look is not None and _hidden(look, item):
            continue
        try:
            yield item
        except GeneratorExit:
            watch.left()
            if hasattr(inner, "close"):
                inner.close()
            raise


class _AsyncItems:
    """Stands before an async iterator; what we lack is asked of it.

    No async generator: the event loop would have to close two where the program left one.
    """

    __slots__ = ("__weakref__", "_inner", "_look", "_watch")

    def __init__(self, inner: Any, watch: ItemWatch, look: Callable[[Any], bool] | None) -> None:
        self._inner = inner
        self._watch = watch
        self._look = look

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
            if self._look is None or not _hidden(self._look, item):
                return item


class _AsyncGenerator(_AsyncItems):
    """Stands before an async generator, and is one to whoever asks."""

    __slots__ = ()

    async def asend(self, value: Any) -> Any:
        return await self._inner.asend(value)

    async def athrow(self, *args: Any) -> Any:
        return await self._inner.athrow(*args)

    async def aclose(self) -> None:
        self._watch.left()
        await self._inner.aclose()
