"""Cheap looks at a WebSocket message, or at the event that it is made of: no parsing, the same cost at any size."""

from __future__ import annotations

import re
from typing import Any, cast

from autolog.integration import snapshot
from autolog_openai._json import Json, as_dict

__all__ = ["audio_bytes", "look", "member", "plain", "weigh"]

# An event's type has a dot, or is "error"; the types of what it holds (an item, a part, a tool) have none.
_TYPE = re.compile(r'"type"\s*:\s*"(error|[a-z0-9_]+\.[a-z0-9_.]+)"')
_STREAM_ID = re.compile(r'"stream_id"\s*:\s*"([A-Za-z0-9_.-]+)"')
_AUDIO = re.compile(r'"(?:audio|delta)"\s*:\s*"')
_EDGE = 512
# The classes of the library's words for what was not given: by name, for they differ between its versions.
_LEFT_OUT = frozenset({"NotGiven", "Omit"})


def _latin(text: str | bytes) -> str:
    # Of one character a byte, so that places in the one are places in the other.
    return text if isinstance(text, str) else text.decode("latin-1")


def look(event: Any) -> tuple[str, str | None]:
    """Give an event's type, and the stream of a Responses connection that it belongs to.

    Of a message its beginning and its end are read, where the members are that every event has.
    """
    if not isinstance(event, (str, bytes)):
        return member(event, "type") or "", member(event, "stream_id")
    short = len(event) <= 2 * _EDGE
    edges = _latin(event) if short else _latin(event[:_EDGE]) + _latin(event[-_EDGE:])
    kind, stream = _TYPE.search(edges), _STREAM_ID.search(edges)
    return kind[1] if kind else "", stream[1] if stream else None


def member(event: Any, name: str) -> Any:
    """Give a text that an event, a dict or a model, has under this name."""
    value: Any = cast("Json", event).get(name) if isinstance(event, dict) else getattr(event, name, None)
    return value if isinstance(value, str) else None


def audio_bytes(event: Any) -> int:
    """Give how many bytes of audio an event carries, from the length of its base64 text."""
    text: str | bytes = member(event, "audio") or ""
    if isinstance(event, (str, bytes)):
        found = _AUDIO.search(_latin(event[:_EDGE]))
        start = found.end() if found else len(event)
        text = event[start : event.find('"', start) if isinstance(event, str) else event.find(b'"', start)]
    return len(text) * 3 // 4 - _latin(text[-2:]).count("=")


def plain(event: Any) -> Json:
    """Copy the structure of an event without the members that the library does not send: what was left out."""
    given: Any = getattr(event, "model_fields_set", None)
    copied = as_dict(snapshot(_given(event)))
    return copied if given is None else {k: v for k, v in copied.items() if k in given}


def _given(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _given(v) for k, v in cast("Json", value).items() if type(v).__name__ not in _LEFT_OUT}
    return [_given(v) for v in cast("list[Any]", value)] if isinstance(value, list) else value


def weigh(value: Any) -> int:
    """Give how much text a copied structure holds."""
    if isinstance(value, dict):
        return sum(map(weigh, cast("Json", value).values()))
    if isinstance(value, list):
        return sum(map(weigh, cast("list[Any]", value)))
    return len(value) if isinstance(value, (str, bytes)) else 1
