"""Recorded values as JSON that a browser reads whole, wherever in a page it stands."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final, cast

__all__ = ["json_text", "shortened"]

# A text in a page may not have half of a pair: no encoding can write it. As an escape JSON has room for it.
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def json_text(value: Any) -> str:
    """Give a value as JSON on one line, without a character that could end or begin anything in HTML."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(_plain(value, 0), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # In JSON it can only stand in a string, where the escape means the same.
    text = text.replace("<", "\\u003c")
    return text if text.isascii() else _SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


_DEEPEST: Final = 200


def _plain(value: Any, depth: int) -> Any:
    """Give what JSON can say: other keys, numbers without end and objects as text, and nothing without end."""
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth >= _DEEPEST:
        return "… deeper than is shown"
    if isinstance(value, Mapping):
        return {_text(k): _plain(v, depth + 1) for k, v in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v, depth + 1) for v in cast("list[Any]", value)]
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return str(value)
    except Exception as e:  # an object's own code
        return f"<{type(value).__name__}, and its str() raises {type(e).__name__}>"


_BASE64: Final = re.compile(r"[A-Za-z0-9+/_=\s-]*\Z")


def shortened(value: Any, *, longest: int, longest_data: int) -> tuple[Any, bool]:
    """Give a value whose texts are at most ``longest`` characters long, and whether any was longer.

    Data in base64, as of an image, are kept whole up to ``longest_data`` characters, and beyond that not at all.
    """
    cut = False

    def shorter(inner: Any, depth: int) -> Any:
        nonlocal cut
        if isinstance(inner, str):
            if len(inner) <= longest:
                return inner
            data = _is_data(inner)
            if data and len(inner) <= longest_data:
                return inner
            cut = True
            if data:
                return f"[{_size(len(inner) * 3 // 4)} of data, left out here: to_html() keeps it]"
            return f"{inner[:longest]}\n… {len(inner) - longest:,} more characters are left out here"
        if depth >= _DEEPEST:
            return "… deeper than is shown"
        if isinstance(inner, Mapping):
            return {k: shorter(v, depth + 1) for k, v in cast("Mapping[Any, Any]", inner).items()}
        if isinstance(inner, (list, tuple)):
            return [shorter(v, depth + 1) for v in cast("list[Any]", inner)]
        return inner

    return shorter(value, 0), cut


def _size(count: int) -> str:
    return (
        f"{count:,} bytes" if count < 1_000 else f"{count / 1_000:,.0f} kB" if count < 1e6 else f"{count / 1e6:,.1f} MB"
    )


def _is_data(text: str) -> bool:
    if text.startswith("data:"):
        return True
    # One look at the beginning: a text of so many characters without a blank or a full stop is none.
    head = text[:2_000]
    return _BASE64.match(head) is not None and " " not in head
