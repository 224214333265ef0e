"""Any recorded value as text to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

__all__ = ["as_structure", "compact", "pretty", "preview"]

_SHORT: Final = 96
_LONG: Final = 200
# Where libraries put what is asked, the most telling first.
_ASKING: Final = (
    *("messages", "input", "prompt", "question", "query", "instructions"),  # of a call
    *("content", "parts", "text"),  # of a message
)
# The markers that the store leaves for images, audio and files whose bytes it does not give back.
_BLOB: Final = "$blob"


def pretty(value: Any) -> str:
    """Give text as it is, and a structure as JSON: on one line where it is short, else indented."""
    if isinstance(value, str):
        return value
    text = compact(value)
    if len(text) <= _SHORT:
        return text
    return json.dumps(_shown(value), ensure_ascii=False, indent=2, default=str)


def compact(value: Any) -> str:
    """Give a value as JSON on one line, what is no JSON as its ``str``."""
    return json.dumps(_shown(value), ensure_ascii=False, default=str)


def as_structure(value: Any) -> Any:
    """Give what JSON text holds, where the value is text of a JSON object or list; else the value itself."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _shown(value: Any) -> Any:
    """Replace what nobody can read: markers of blobs, and keys that JSON does not allow."""
    if isinstance(value, Mapping):
        items = cast("dict[Any, Any]", value)
        if _BLOB in items:
            return f"[{items.get('mime_type') or 'data'}, {items.get('size', '?')} bytes]"
        return {str(k): _shown(v) for k, v in items.items()}
    if isinstance(value, (list, tuple)):
        return [_shown(v) for v in cast("list[Any]", value)]
    return value


def preview(value: Any) -> str:
    """Give the few words of a call's inputs that tell it from others: the last thing that a person said."""
    value = as_structure(value)
    if isinstance(value, str):
        return value[:_LONG]
    if isinstance(value, Mapping):
        items = cast("dict[Any, Any]", value)
        named = next((items[key] for key in _ASKING if items.get(key)), None)
        if named is not None:
            return preview(named)
        texts = [v for v in items.values() if isinstance(v, str)]
        if len(items) == 1 or len(texts) == 1:
            return preview(next(iter(texts or items.values())))
    elif isinstance(value, (list, tuple)):
        members = cast("list[Any]", value)
        return preview(next((m for m in reversed(members) if _is_asked(m)), members[-1])) if members else ""
    return "" if value is None else compact(value)[:_LONG]


def _is_asked(message: Any) -> bool:
    return isinstance(message, Mapping) and cast("dict[Any, Any]", message).get("role") == "user"
