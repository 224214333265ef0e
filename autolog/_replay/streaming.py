"""Bodies on their way: copied for the cassette as they pass, and played with the pauses they had."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from autolog._replay.bodies import event_of, is_event_stream, split_blocks
from autolog._replay.cassette import Chunk, RecordedError, RecordedResponse, SseEvent
from autolog._replay.encodings import decoder_for
from autolog._replay.foreign import PACKING
from autolog._replay.session import Exchange, Session, ms_since

__all__ = ["Recording", "pieces", "recorded_response"]

STREAM_MS = 20
"""A plain body that came within this time is one piece: how the network cut it says nothing."""


def recorded_response(
    status: int,
    reason: str,
    headers: Mapping[str, tuple[str, ...]],
    parts: list[tuple[int, bytes]],
    *,
    after_ms: int = 0,
    truncated: bool = False,
    error: RecordedError | None = None,
) -> RecordedResponse:
    """Make a response of the pieces of its body and their times in milliseconds since the headers."""
    lower = {name.lower(): values for name, values in headers.items()}
    decode = decoder_for(", ".join(lower.get("content-encoding", ())))
    if decode is not None:
        headers = {k: v for k, v in headers.items() if k.lower() not in PACKING}
        parts = [(at, decode(data)) for at, data in parts]
        if parts:
            parts.append((parts[-1][0], decode(b"")))
    parts = [(at, data) for at, data in parts if data]
    body = b"".join(data for _, data in parts)
    events: tuple[SseEvent, ...] | None = None
    chunks: tuple[Chunk, ...] | None = None
    if is_event_stream(next(iter(lower.get("content-type", ())), None)):
        events = _events(parts, body)
    elif len(parts) > 1 and parts[-1][0] - parts[0][0] >= STREAM_MS:
        times = [0, *(at for at, _ in parts)]
        chunks = tuple(Chunk(at - times[n], len(data)) for n, (at, data) in enumerate(parts))
    return RecordedResponse(status, reason, dict(headers), body, events, chunks, truncated, error, after_ms)


def _events(parts: list[tuple[int, bytes]], body: bytes) -> tuple[SseEvent, ...] | None:
    """The events, each at the time at which its last byte came."""
    events: list[SseEvent] = []
    part, passed, end, before = 0, 0, 0, 0
    try:
        for block in split_blocks(body.decode("latin-1")):
            end += len(block)
            while part < len(parts) - 1 and passed + len(parts[part][1]) < end:
                passed += len(parts[part][1])
                part += 1
            at = parts[part][0]
            events.append(event_of(block.encode("latin-1").decode(), max(0, at - before)))
            before = max(before, at)
    except UnicodeDecodeError:
        return None
    return tuple(events)


class Recording:
    """Collects a live response while it passes to the program."""

    def __init__(
        self, session: Session, exchange: Exchange, status: int, reason: str, headers: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._session = session
        self._exchange = exchange
        self._head = status, reason, headers
        self._after_ms = ms_since(exchange)
        self._start = time.perf_counter()
        self._parts: list[tuple[int, bytes]] = []
        self.done = False
        exchange.recording = self

    def saw(self, chunk: bytes) -> None:
        """A piece passed."""
        self._parts.append((round((time.perf_counter() - self._start) * 1000), chunk))

    def stop(self, *, truncated: bool = True, error: BaseException | None = None) -> None:
        """The body is over: left by the program, ended by an error, or whole (``truncated=False``)."""
        if self.done:
            return
        self.done = True
        told = RecordedError(type(error).__name__, str(error)) if isinstance(error, Exception) else None
        try:
            response = recorded_response(
                *self._head,
                self._parts,
                after_ms=self._after_ms,
                truncated=truncated and told is None,
                error=told,
            )
        except Exception as failure:  # a damaged encoding; the program finds out by itself
            response = RecordedResponse(
                self._head[0], self._head[1], self._head[2], error=RecordedError("DecodingError", str(failure))
            )
        self._session.finish(self._exchange, response)


def pieces(response: RecordedResponse) -> Iterator[tuple[int, bytes]]:
    """Give a response's body in the pieces it came in, each with the milliseconds to wait before it."""
    if response.events is not None:
        for event in response.events:
            yield event.after_ms, event.text.encode()
    elif response.chunks and sum(chunk.size for chunk in response.chunks) == len(response.body):
        at = 0
        for chunk in response.chunks:
            yield chunk.after_ms, response.body[at : at + chunk.size]
            at += chunk.size
    elif response.body:
        yield 0, response.body
