"""A cassette from the mapping that its file holds: our own format."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from autolog._replay.blobs import read_blob, with_blobs
from autolog._replay.bodies import is_style, plain, render_json
from autolog._replay.cassette import (
    Cassette,
    CassetteError,
    Chunk,
    Headers,
    Interaction,
    RecordedError,
    RecordedRequest,
    RecordedResponse,
    SseEvent,
)
from autolog._replay.events import events_of
from autolog._replay.write import FORMAT, VERSION, reason_of

__all__ = ["Place", "cassette_of"]

_REQUEST = frozenset(("method", "uri", "headers", "json", "style", "text", "base64", "blob"))
_RESPONSE = frozenset(
    (
        "status",
        "reason",
        "headers",
        "after_ms",
        "json",
        "style",
        "text",
        "base64",
        "blob",
        "sse",
        "chunks",
        "truncated",
        "error",
    )
)
_BODIES = ("json", "text", "base64", "blob", "sse")


@dataclass(frozen=True)
class Place:
    """Where something stands: the file, the nearest line that is known, and what it is."""

    path: Path
    line: int | None = None
    what: str = ""

    def at(self, value: Any, what: str) -> Place:
        """A place inside this one."""
        return Place(self.path, getattr(value, "line", self.line), f"{self.what}.{what}" if self.what else what)

    def __str__(self) -> str:
        line = f":{self.line}" if self.line is not None else ""
        return f"{self.path}{line}: {self.what}" if self.what else f"{self.path}{line}"

    def fail(self, value: Any, problem: str) -> CassetteError:
        """The error for what is wrong with a value here."""
        return CassetteError(f"{Place(self.path, getattr(value, 'line', self.line), self.what)}: {problem}")

    def mapping(self, value: Any, *, needs: tuple[str, ...] = ()) -> dict[str, Any]:
        """The value, which has to be a mapping with these members."""
        if not isinstance(value, dict):
            raise self.fail(value, f"a mapping is expected here, not {_short(value)}")
        members = cast("dict[str, Any]", value)
        for name in needs:
            if name not in members:
                raise self.fail(value, f"{name!r} is missing")
        return members

    def text(self, members: dict[str, Any], name: str) -> str:
        """A member that has to be text."""
        value = members[name]
        if not isinstance(value, str):
            raise self.fail(members, f"{name} is text, not {_short(value)}")
        return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def cassette_of(data: Any, place: Place) -> Cassette:
    """Read our own format; raises :class:`CassetteError`."""
    members = place.mapping(data, needs=("version", "interactions"))
    if members["version"] != VERSION or members.get("format") != FORMAT:
        found = f"version {members['version']!r}, format {members.get('format')!r}"
        raise place.fail(data, f"{found} is not known here: a newer autolog may read it (this one: 1, {FORMAT!r})")
    interactions = members["interactions"]
    if not isinstance(interactions, list):
        raise place.fail(data, f"interactions is a list, not {_short(interactions)}")
    read = tuple(
        _interaction(item, place.at(item, f"interactions[{n}]"), n)
        for n, item in enumerate(cast("list[Any]", interactions))
    )
    return Cassette(place.path, read, metadata_of(members, place))


def metadata_of(members: dict[str, Any], place: Place) -> dict[str, Any]:
    """The metadata of a cassette."""
    try:
        return cast("dict[str, Any]", plain(place.at(None, "metadata").mapping(members.get("metadata") or {})))
    except ValueError as error:
        if isinstance(error, CassetteError):
            raise
        raise place.fail(members, f"metadata: {error}") from None


def _interaction(value: Any, place: Place, index: int) -> Interaction:
    members = place.mapping(value, needs=("request", "response"))
    request = _request(members["request"], place.at(members["request"], "request"))
    response = _response(members["response"], place.at(members["response"], "response"))
    return Interaction(request, response, index, place.line)


def _request(value: Any, place: Place) -> RecordedRequest:
    members = place.mapping(value, needs=("method", "uri"))
    _known(members, _REQUEST, place)
    method, uri = place.text(members, "method"), place.text(members, "uri")
    return RecordedRequest(method, uri, headers_of(members, place), _body(members, place))


def _response(value: Any, place: Place) -> RecordedResponse:
    members = place.mapping(value, needs=("status",))
    _known(members, _RESPONSE, place)
    status = status_of(members["status"], members, place)
    events: tuple[SseEvent, ...] | None = None
    if "sse" in members:
        sse = place.mapping(members["sse"])
        events = _events(sse, place.at(sse, "sse"))
    reason = place.text(members, "reason") if "reason" in members else reason_of(status)
    after_ms = members.get("after_ms", 0)
    if not isinstance(after_ms, int) or after_ms < 0:
        raise place.fail(value, f"after_ms is a whole number of milliseconds, not {_short(after_ms)}")
    error = place.mapping(members["error"], needs=("type", "message")) if "error" in members else None
    return RecordedResponse(
        status,
        reason,
        headers_of(members, place),
        b"" if events is not None else _body(members, place),
        events,
        _chunks(members, place),
        members.get("truncated") is True,
        None if error is None else RecordedError(place.text(error, "type"), place.text(error, "message")),
        after_ms,
    )


def _events(sse: dict[str, Any], place: Place) -> tuple[SseEvent, ...]:
    try:
        return events_of(_plain_lines(sse), place.fail)
    except CassetteError:
        raise
    except (ValueError, TypeError) as error:
        raise place.fail(sse, f"the events cannot be read: {error}") from None


def _plain_lines(sse: dict[str, Any]) -> dict[str, Any]:
    """The values plain, the mappings that know their lines left around them."""
    for event in cast("list[Any]", sse.get("events") if isinstance(sse.get("events"), list) else []):
        if isinstance(event, dict):
            for name in ("data", "whole"):
                if name in event:
                    event[name] = plain(event[name])
    if "common" in sse:
        sse["common"] = plain(sse["common"])
    return sse


def _known(members: dict[str, Any], known: frozenset[str], place: Place) -> None:
    if unknown := [name for name in members if name not in known]:
        raise place.fail(members, f"unknown member {unknown[0]!r}; known are {', '.join(sorted(known))}")
    bodies = [name for name in _BODIES if name in members]
    if len(bodies) > 1:
        raise place.fail(members, f"one body only: {' and '.join(bodies)} exclude each other")


def status_of(value: Any, members: Any, place: Place) -> int:
    """A status code, 0 for a request that no response came to."""
    if not isinstance(value, int) or isinstance(value, bool) or not (value == 0 or 100 <= value <= 999):
        raise place.fail(members, f"{_short(value)} is no status code")
    return value


def headers_of(members: dict[str, Any], place: Place) -> Headers:
    """The headers: text, or a list of texts, by name."""
    headers: Any = members.get("headers") or {}
    read: dict[str, tuple[str, ...]] = {}
    for name, value in place.at(headers, "headers").mapping(headers).items():
        values = cast("list[Any]", value if isinstance(value, list) else [value])
        if not all(isinstance(v, str | bytes | int | float) for v in values):
            raise place.fail(headers, f"header {name!r} is text or a list of texts, not {_short(value)}")
        read[str(name)] = tuple(v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in values)
    return read


def _body(members: dict[str, Any], place: Place) -> bytes:
    style = members.get("style")
    if style is not None and not is_style(style):
        raise place.fail(members, f"{_short(style)} is no style of JSON")
    try:
        if "json" in members:
            value = with_blobs(plain(members["json"]), place.path.parent, str(place))
            return render_json(value, style).encode()
        if "text" in members:
            return place.text(members, "text").encode()
        if "base64" in members:
            return base64.b64decode(place.text(members, "base64"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError) as error:
        if isinstance(error, CassetteError):
            raise
        raise place.fail(members, f"the body cannot be read: {error}") from None
    return read_blob(members["blob"], place.path.parent, str(place)) if "blob" in members else b""


def _chunks(members: dict[str, Any], place: Place) -> tuple[Chunk, ...] | None:
    if "chunks" not in members:
        return None
    chunks = members["chunks"]
    pairs = cast("list[Any]", chunks if isinstance(chunks, list) else [chunks])
    for pair in pairs:
        numbers = cast("list[Any]", pair if isinstance(pair, list) else [])
        if len(numbers) != 2 or not all(isinstance(n, int) and n >= 0 for n in numbers):
            raise place.fail(members, f"chunks is a list of [after_ms, size], not {_short(pair)}")
    return tuple(Chunk(after_ms, size) for after_ms, size in pairs)
