"""Values to JSON text and back. Total: whatever a user traced becomes text that SQLite takes and reads back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

_DEEPEST: Final = 100
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LONGEST_INT_BITS: Final = 12_000  # Python refuses to print integers above 4,300 digits

_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=str, allow_nan=False, check_circular=False
).encode


def dumps(value: Any) -> str:
    """Give a value as JSON text, never raising: what JSON has no word for is given as text.

    NaN and the infinities become strings, since JSON has none and SQLite's JSON functions refuse them.
    """
    try:
        return clean(_encode(value))
    except Exception:  # also whatever the __str__ of a user's object raises
        return clean(json.dumps(_plain(value, ()), ensure_ascii=True, separators=(",", ":")))


def loads(text: str | None) -> Any:
    """Read what :func:`dumps` gave; text that is no JSON (a file edited by hand) is given as it is."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError, TypeError):
        return text


def clean(text: str) -> str:
    r"""Spell lone surrogates as ``\udXXX``, which SQLite cannot hold; inside JSON that reads back as the same text."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", text)
    return text


def without_surrogates(text: str) -> str:
    """Give text with a space for each lone surrogate, for the text index: none is a letter, and UTF-8 holds none."""
    return text if text.isascii() else _SURROGATE.sub(" ", text)


def text_or_none(value: object) -> str | None:
    """Give a value for a text column."""
    if value is None:
        return None
    if type(value) is str and value.isascii():
        return value
    return clean(value if isinstance(value, str) else _described(value))


def integer(value: object) -> int | None:
    """Give a value for an integer column, ``None`` where it is no number or more than 64 bits."""
    if value is None:
        return None
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)
    return int(value) if isinstance(value, int) and -(2**63) <= value < 2**63 else None


def real(value: object) -> float | None:
    """Give a value for a floating-point column, ``None`` where it is no finite number."""
    try:
        number = float(cast("Any", value))
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _described(value: object) -> str:
    try:
        return str(value)
    except Exception:  # a user's __str__
        return f"<{type(value).__name__}>"


def _plain(value: Any, path: tuple[int, ...]) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value) if value.bit_length() < _LONGEST_INT_BITS else hex(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        if id(cast("object", value)) in path:
            return "<cycle>"
        if len(path) >= _DEEPEST:
            return "<nested too deeply>"
        inside = (*path, id(cast("object", value)))
        if isinstance(value, Mapping):
            items = cast("Mapping[object, Any]", value)
            return {_key(k): _plain(v, inside) for k, v in items.items()}
        return [_plain(v, inside) for v in cast("Iterable[Any]", value)]
    return _described(value)


def _key(key: object) -> str:
    if key is None or isinstance(key, bool):
        return json.dumps(key)
    return key if isinstance(key, str) else _described(key)
