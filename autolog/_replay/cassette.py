"""What a cassette holds: interactions, each a request and the response it got, as they went over the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

__all__ = [
    "Cassette",
    "CassetteError",
    "Chunk",
    "Headers",
    "Interaction",
    "RecordedError",
    "RecordedRequest",
    "RecordedResponse",
    "SseEvent",
]

Headers = Mapping[str, tuple[str, ...]]
"""Names as they were written, each with all its values."""


class CassetteError(ValueError):
    """A cassette cannot be read or written; the text names the file, the line where known, and what to do."""


@dataclass(frozen=True, slots=True)
class SseEvent:
    """A server-sent event: ``data`` without the ``data:`` prefix, and how long after the one before it came.

    ``after_ms`` of the first event counts from the response's headers. ``raw`` is the event as it stood on the wire
    (its blank line included), where that is not ``event: ...\\ndata: ...\\n\\n``.
    """

    after_ms: int
    data: str
    event: str | None = None
    raw: str | None = None

    @property
    def text(self) -> str:
        """The event as it goes over the wire."""
        if self.raw is not None:
            return self.raw
        lines = "".join(f"data: {line}\n" for line in self.data.split("\n"))
        return f"event: {self.event}\n{lines}\n" if self.event is not None else f"{lines}\n"

    @property
    def json(self) -> Any:
        """``data`` parsed, or ``None`` where it is no JSON (``[DONE]``)."""
        try:
            return json.loads(self.data)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a streamed body that is no event stream: its size in bytes and when it came."""

    after_ms: int
    size: int


@dataclass(frozen=True, slots=True)
class RecordedError:
    """The transport error that ended a response, by the name of its class (``RemoteProtocolError``, ``ReadTimeout``)."""

    type: str
    message: str


def _header(headers: Headers, name: str) -> str | None:
    name = name.lower()
    return next((values[0] for key, values in headers.items() if key.lower() == name and values), None)


@dataclass(frozen=True)
class RecordedRequest:
    """A request: of a cassette, or (in ``Call.request``) the live one that the program sent."""

    method: str
    uri: str
    headers: Headers = field(default_factory=dict[str, tuple[str, ...]])
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name."""
        return _header(self.headers, name)

    @cached_property
    def json(self) -> Any:
        """The body parsed, or ``None`` where it is no JSON."""
        return _parsed(self.body)

    @property
    def text(self) -> str:
        """The body as text; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def path(self) -> str:
        """The path of the URI, without host and query."""
        return urlsplit(self.uri).path or "/"


@dataclass(frozen=True)
class RecordedResponse:
    """A response: its body whole and decoded (no gzip), its events where it was a stream of them.

    ``status`` is 0 where only ``error`` came. ``after_ms`` is the time from the request to the headers. ``truncated``
    is a stream that the recording program left before its end; ``error`` is what ended it otherwise. Give ``events``
    alone and ``body`` is made from them.
    """

    status: int = 200
    reason: str = ""
    headers: Headers = field(default_factory=dict[str, tuple[str, ...]])
    body: bytes = b""
    events: tuple[SseEvent, ...] | None = None
    chunks: tuple[Chunk, ...] | None = None
    truncated: bool = False
    error: RecordedError | None = None
    after_ms: int = 0

    def __post_init__(self) -> None:
        if self.events is not None and not self.body:
            object.__setattr__(self, "body", "".join(event.text for event in self.events).encode())

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name."""
        return _header(self.headers, name)

    @cached_property
    def json(self) -> Any:
        """The body parsed, or ``None`` where it is no JSON (a stream is read through ``events``)."""
        return _parsed(self.body)

    @property
    def text(self) -> str:
        """The body as text; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def ok(self) -> bool:
        """Whether it is a success that came whole: a status below 400 and no error in its transport."""
        return 0 < self.status < 400 and self.error is None


@dataclass(frozen=True)
class Interaction:
    """A request and its response. ``index`` is its place in the cassette from 0, ``line`` that in the file from 1."""

    request: RecordedRequest
    response: RecordedResponse
    index: int = 0
    line: int | None = None


@dataclass(frozen=True)
class Cassette:
    """The interactions of a file, in the order in which their requests started.

    ``format`` is ``"llm-1"`` for our own, ``"vcr"`` for what vcrpy, pytest-recording and others wrote.
    """

    path: Path
    interactions: tuple[Interaction, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    format: str = "llm-1"

    def with_interactions(self, interactions: tuple[Interaction, ...]) -> Cassette:
        """The same with other interactions, numbered anew."""
        return replace(self, interactions=tuple(replace(each, index=n) for n, each in enumerate(interactions)))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
