"""Watch the body of an HTTP response while the program reads it, without delaying or changing a byte."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from autolog._patching.instances import Replaced
from autolog._tracing import sources

__all__ = ["BodyTap", "tap_body"]


class BodyTap:
    """What passed through a response: its chunks by reference (where ``keep``), their size, whether it was all."""

    __slots__ = ("chunks", "exhausted", "first_ns", "inside", "keep", "on_end", "remove", "size_not_kept")

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep
        self.chunks: list[bytes] = []
        self.size_not_kept = 0
        self.first_ns = 0
        self.exhausted = False
        # While a chunk is being fetched the HTTP library may close the response by itself: that is not the program.
        self.inside = False
        self.on_end: Callable[[BaseException | None], None] | None = None
        self.remove: Callable[[], None] | None = None

    @property
    def size(self) -> int:
        """Bytes that have passed."""
        return self.size_not_kept + sum(map(len, self.chunks))

    def _count(self, chunk: bytes) -> None:
        self.size_not_kept += len(chunk)

    def _over(self, exc: BaseException | None) -> None:
        self.exhausted = exc is None
        if self.on_end is not None:
            self.on_end(exc)

    def pass_through(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Give every chunk on as it comes."""
        step, keep = chunks.__next__, self.chunks.append if self.keep else self._count
        while True:
            self.inside = True
            try:
                chunk = step()
            except StopIteration:
                self.inside = False
                self._over(None)
                return
            except BaseException as e:
                self.inside = False
                self._over(e)
                raise
            self.inside = False
            if not self.first_ns:
                self.first_ns = sources.now_ns()
            keep(chunk)
            yield chunk

    async def apass_through(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Give every chunk on as it comes."""
        step, keep = chunks.__anext__, self.chunks.append if self.keep else self._count
        while True:
            self.inside = True
            try:
                chunk = await step()
            except StopAsyncIteration:
                self.inside = False
                self._over(None)
                return
            except BaseException as e:
                self.inside = False
                self._over(e)
                raise
            self.inside = False
            if not self.first_ns:
                self.first_ns = sources.now_ns()
            keep(chunk)
            yield chunk


def tap_body(response: Any, *, keep: bool) -> BodyTap:
    """Watch an httpx-like response that has not been read yet.

    ``iter_bytes``/``aiter_bytes`` lie under every way to read one (``read``, ``iter_text``, ``iter_lines``; httpx 0.23
    to httpx2 2.16), give decompressed bytes, and can be replaced on the one object.
    """
    tap = BodyTap(keep=keep)
    replaced = Replaced(response)

    def sync(old: Callable[..., Any]) -> Callable[..., Any]:
        def iter_bytes(*args: Any, **kwargs: Any) -> Iterator[bytes]:
            return tap.pass_through(iter(old(*args, **kwargs)))

        return iter_bytes

    def asynchronous(old: Callable[..., Any]) -> Callable[..., Any]:
        def aiter_bytes(*args: Any, **kwargs: Any) -> AsyncIterator[bytes]:
            return tap.apass_through(aiter(old(*args, **kwargs)))

        return aiter_bytes

    replaced.method("iter_bytes", sync)
    replaced.method("aiter_bytes", asynchronous)
    tap.remove = replaced.give_back
    return tap
