"""Streams of httpx and httpx2: played event by event, or copied for the cassette while the program reads them."""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any, Final

from autolog._replay.cassette import RecordedError, RecordedResponse
from autolog._replay.session import Exchange, Session
from autolog._replay.streaming import Recording, pieces

__all__ = ["asleep", "error_of", "streams_of"]

DRAIN_S: Final = 2.0
"""How long a recording goes on when the program has left a stream before its end."""


@functools.cache
def streams_of(module: Any) -> tuple[Any, Any, Any]:
    """The stream classes of httpx or httpx2: one that plays, and two that copy what passes."""

    class PlayedStream(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, session: Session, exchange: Exchange, request: Any) -> None:
            self.session, self.exchange, self.request = session, exchange, request

        def _ending(self) -> BaseException | None:
            response = self.exchange.response
            if response is not None and response.error is not None:
                return error_of(module, response.error, self.request)
            return self.session.ran_out(self.exchange) if response is not None and response.truncated else None

        def __iter__(self) -> Iterator[bytes]:
            for after_ms, data in pieces(self.exchange.response or RecordedResponse()):
                if after_ms and self.session.timing:
                    time.sleep(after_ms * self.session.timing / 1000)
                yield data
            if (error := self._ending()) is not None:
                raise error

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for after_ms, data in pieces(self.exchange.response or RecordedResponse()):
                if after_ms and self.session.timing:
                    await asleep(after_ms * self.session.timing / 1000)
                yield data
            if (error := self._ending()) is not None:
                raise error

    class CopiedStream(module.SyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, recording: Recording, network: Any) -> None:
            self.stream, self.recording, self.network = stream, recording, network
            self.chunks: Iterator[bytes] | None = None

        def __iter__(self) -> Iterator[bytes]:
            self.chunks = iter(self.stream)
            yield from _copied(self.chunks, self.recording)

        def close(self) -> None:
            if not self.recording.done and self.chunks is not None:
                _drain(self.chunks, self.recording, self.network)
            self.recording.stop()
            with suppress(ValueError):  # a read that did not end in time is still under way: it ends with its socket
                self.stream.close()

    class AsyncCopiedStream(module.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, stream: Any, recording: Recording, _network: Any) -> None:
            self.stream, self.recording = stream, recording
            self.chunks: AsyncIterator[bytes] | None = None

        async def __aiter__(self) -> AsyncIterator[bytes]:
            self.chunks = aiter(self.stream)
            async for chunk in _acopied(self.chunks, self.recording):
                yield chunk

        async def aclose(self) -> None:
            cancelled = isinstance(sys.exception(), asyncio.CancelledError)
            try:
                if not self.recording.done and self.chunks is not None and not cancelled:
                    await _adrain(self.chunks, self.recording)
            finally:
                self.recording.stop()
                await self.stream.aclose()

    return PlayedStream, CopiedStream, AsyncCopiedStream


def _copied(chunks: Iterator[bytes], recording: Recording) -> Iterator[bytes]:
    while True:
        try:
            chunk = next(chunks)
        except StopIteration:
            recording.stop(truncated=False)
            return
        except BaseException as error:
            recording.stop(error=error)
            raise
        recording.saw(chunk)
        yield chunk


async def _acopied(chunks: AsyncIterator[bytes], recording: Recording) -> AsyncIterator[bytes]:
    while True:
        try:
            chunk = await anext(chunks)
        except StopAsyncIteration:
            recording.stop(truncated=False)
            return
        except BaseException as error:
            recording.stop(error=error)
            raise
        recording.saw(chunk)
        yield chunk


def _drain(chunks: Iterator[bytes], recording: Recording, network: Any) -> None:
    """Read on for a moment: most streams that are left are nearly over, and a whole recording serves every reader."""

    def read() -> None:
        with suppress(BaseException):
            for _ in _copied(chunks, recording):
                pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(DRAIN_S)
    if reader.is_alive():
        recording.stop()
        with suppress(Exception):
            network.get_extra_info("socket").shutdown(2)  # wakes the read that nothing comes to
        reader.join(DRAIN_S)


async def _adrain(chunks: AsyncIterator[bytes], recording: Recording) -> None:
    import anyio

    with suppress(Exception), anyio.move_on_after(DRAIN_S):
        async for _ in _acopied(chunks, recording):
            pass


async def asleep(seconds: float) -> None:
    """Sleep in whatever event loop this is."""
    import anyio

    await anyio.sleep(seconds)


def error_of(module: Any, error: RecordedError, request: Any) -> Exception:
    """Make a recorded transport error of a module's own class again."""
    kind = getattr(module, error.type, None)
    if not (isinstance(kind, type) and issubclass(kind, module.TransportError)):
        kind = module.ReadError
    return kind(error.message, request=request)  # type: ignore[no-any-return]
