"""Requests passed on by the proxy while it records: what comes back reaches the client as it comes, and is kept."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from autolog._replay.bodies import event_of, is_event_stream, split_blocks
from autolog._replay.cassette import RecordedRequest, RecordedResponse, SseEvent
from autolog._replay.encodings import decoder_for
from autolog._replay.foreign import PACKING
from autolog._replay.proxy_server import HOP_BY_HOP, Answer

__all__ = ["forward"]

# A model may think for minutes before its first word.
_PATIENCE: Final = 600.0


@dataclass(slots=True)
class _Seen:
    """What came back so far: when, in milliseconds from the headers, and which bytes."""

    pieces: list[tuple[int, bytes]] = field(default_factory=list[tuple[int, bytes]])
    complete: bool = False
    error: str | None = None


def forward(
    request: RecordedRequest, upstream: str, keep: Callable[[RecordedRequest, RecordedResponse], None]
) -> Answer:
    """Send a request on to ``upstream`` and give its response, which ``keep`` is given once it has ended."""
    address, upstream_address = urlsplit(request.uri), urlsplit(upstream)
    target = address.path + (f"?{address.query}" if address.query else "")
    sent = RecordedRequest(
        request.method, f"{upstream_address.scheme}://{upstream_address.netloc}{target}", request.headers, request.body
    )
    connection = _connection(upstream)
    begun = time.monotonic()
    try:
        connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", upstream_address.netloc)
        # Packed streams cannot be recorded event by event.
        connection.putheader("Accept-Encoding", "identity")
        connection.putheader("Content-Length", str(len(request.body)))
        for name, values in request.headers.items():
            if name.lower() not in HOP_BY_HOP | {"host", "accept-encoding", "expect"}:
                for value in values:
                    connection.putheader(name, value)
        connection.endheaders(request.body)
        response = connection.getresponse()
    except (OSError, http.client.HTTPException) as e:
        connection.close()
        return _unreachable(upstream, e)
    seen = _Seen()
    waited = round((time.monotonic() - begun) * 1000)

    def done() -> None:
        connection.close()
        keep(sent, _recorded(response, seen, waited))

    pieces = _pieces(response, seen)
    return Answer(response.status, response.getheaders(), pieces=pieces, reason=response.reason, done=done)


def _connection(upstream: str) -> http.client.HTTPConnection:
    address = urlsplit(upstream)
    if address.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(address.hostname or "", address.port, timeout=_PATIENCE, context=context)
    return http.client.HTTPConnection(address.hostname or "", address.port, timeout=_PATIENCE)


def _unreachable(upstream: str, error: Exception) -> Answer:
    message = f"autolog replay-proxy: {upstream} cannot be reached: {type(error).__name__}: {error}"
    body = json.dumps({"error": {"message": message, "type": "autolog_upstream", "param": None, "code": None}})
    return Answer(502, [("content-type", "application/json")], body.encode())


def _pieces(response: http.client.HTTPResponse, seen: _Seen) -> Iterator[tuple[float, bytes]]:
    begun = time.monotonic()
    try:
        while piece := response.read1(65_536):
            seen.pieces.append((round((time.monotonic() - begun) * 1000), piece))
            yield 0.0, piece
        seen.complete = True
    except (OSError, http.client.HTTPException) as e:
        seen.error = f"{type(e).__name__}: {e}"
        raise ConnectionAbortedError(seen.error) from e  # the client's connection ends as this one did


def _recorded(response: http.client.HTTPResponse, seen: _Seen, waited: int) -> RecordedResponse:
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in response.getheaders():
        headers[name] = (*headers.get(name, ()), value)
    decode = decoder_for(response.getheader("content-encoding"))
    pieces = seen.pieces
    if decode is not None and response.getheader("content-encoding"):
        pieces = [(at, decode(piece)) for at, piece in pieces]
        pieces.append((pieces[-1][0] if pieces else 0, decode(b"")))
        headers = {name: values for name, values in headers.items() if name.lower() not in PACKING}
    body = b"".join(piece for _, piece in pieces)
    events = tuple(_events(pieces)) if is_event_stream(response.getheader("content-type")) else None
    return RecordedResponse(
        response.status, response.reason, headers, body, events, truncated=not seen.complete, after_ms=waited
    )


def _events(pieces: list[tuple[int, bytes]]) -> Iterator[SseEvent]:
    """Split what came into events, each with the time of the piece that completed it."""
    waiting, last = "", 0
    text = b""
    for at, piece in pieces:
        text += piece
        try:
            waiting += text.decode()
        except UnicodeDecodeError:
            continue  # a character was cut in two
        text = b""
        *whole, waiting = [*split_blocks(waiting), ""] if _ends(waiting) else split_blocks(waiting) or [""]
        for block in whole:
            yield event_of(block, at - last)
            last = at
    if waiting:
        yield event_of(waiting, 0)


def _ends(text: str) -> bool:
    return text.endswith(("\n\n", "\r\n\r\n", "\r\r"))
