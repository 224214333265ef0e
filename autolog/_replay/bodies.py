"""Bodies as data: JSON that keeps the style it was written in, and text split into server-sent events."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final, cast

from autolog._replay.cassette import SseEvent

__all__ = ["DEFAULT_STYLE", "is_event_stream", "parse_json", "plain", "render_json", "split_events", "style_of"]

# Compact is what the SDKs send; OpenAI's API indents what it answers.
_STYLES: Final[dict[str, Callable[[Any], str]]] = {
    "compact": lambda v: json.dumps(v, separators=(",", ":"), ensure_ascii=False),
    "spaced": lambda v: json.dumps(v, ensure_ascii=False),
    "indent2": lambda v: json.dumps(v, indent=2, ensure_ascii=False),
    "compact-ascii": lambda v: json.dumps(v, separators=(",", ":")),
    "spaced-ascii": lambda v: json.dumps(v),
    "indent2-ascii": lambda v: json.dumps(v, indent=2),
    "indent2-newline": lambda v: json.dumps(v, indent=2, ensure_ascii=False) + "\n",
    "compact-newline": lambda v: json.dumps(v, separators=(",", ":"), ensure_ascii=False) + "\n",
    "spaced-newline": lambda v: json.dumps(v, ensure_ascii=False) + "\n",
}
DEFAULT_STYLE: Final = "compact"
_BREAK = re.compile(r"\r\n\r\n|\n\n|\r\r")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def parse_json(text: str) -> Any:
    """Parse JSON that survives being parsed; raises ``ValueError`` for a key that stands twice, NaN and the like."""
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be written
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def render_json(value: Any, style: str | None) -> str:
    """Write JSON in one of the styles (``None`` is the default one)."""
    return _STYLES[style or DEFAULT_STYLE](value)


def style_of(value: Any, text: str) -> str | None:
    """Name the style that gives exactly this text, or ``None``."""
    return next((name for name, render in _STYLES.items() if render(value) == text), None)


def is_style(name: object) -> bool:
    """Whether there is a style of that name."""
    return isinstance(name, str) and name in _STYLES


def is_event_stream(content_type: str | None) -> bool:
    """Whether a content type is that of server-sent events."""
    return (content_type or "").split(";")[0].strip().lower() == "text/event-stream"


def event_of(raw: str, after_ms: int = 0) -> SseEvent:
    """Make an event of its text on the wire."""
    name: str | None = None
    data: list[str] = []
    for line in raw.splitlines():
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
    plain = SseEvent(after_ms, "\n".join(data), name)
    return plain if data and plain.text == raw else SseEvent(after_ms, "\n".join(data), name, raw)


def split_events(text: str, after_ms: int = 0) -> tuple[SseEvent, ...]:
    """Split the text of a stream into its events; together they give exactly this text."""
    return tuple(event_of(raw, after_ms) for raw in split_blocks(text))


def split_blocks(text: str) -> list[str]:
    """Split the text of a stream after each blank line."""
    blocks: list[str] = []
    start = 0
    for found in _BREAK.finditer(text):
        blocks.append(text[start : found.end()])
        start = found.end()
    if start < len(text):
        blocks.append(text[start:])
    return blocks


def plain(value: Any) -> Any:
    """The same as JSON would hold it: plain dictionaries, dates as text; raises ``ValueError`` for what has no JSON."""
    if isinstance(value, dict):
        return {_key(k): plain(v) for k, v in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    raise ValueError(f"{type(value).__name__} cannot stand in JSON")


def _key(key: Any) -> str:
    """A key as JSON has it: what stood unquoted in YAML is text there."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool | int | float):
        return json.dumps(key)
    raise ValueError(f"a key that is a {type(key).__name__}")
