"""Typed looks into JSON that a server wrote: a value of the wrong type reads as absent, never as an error."""

from __future__ import annotations

import json
import math
from typing import Any, TypeGuard

__all__ = [
    "Json",
    "as_dict",
    "as_int",
    "as_list",
    "as_number",
    "as_str",
    "dicts",
    "is_dict",
    "is_list",
    "join",
    "loads",
    "loads_or_text",
]

Json = dict[str, Any]

_INT64 = 2**63


def is_dict(value: object) -> TypeGuard[Json]:
    """Say whether this is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Say whether this is a JSON array."""
    return isinstance(value, list)


def as_dict(value: object) -> Json:
    """Give a JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def as_list(value: object) -> list[Any]:
    """Give a JSON array, or an empty one."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def dicts(value: object) -> list[Json]:
    """Give the objects of a JSON array."""
    return [item for item in as_list(value) if is_dict(item)]


def as_str(value: object) -> str | None:
    """Give a text that says something, or ``None``."""
    return value if isinstance(value, str) and value else None


def as_int(value: object) -> int | None:
    """Give a whole number, or ``None``; ``3.0`` is 3, booleans and texts are no numbers.

    Limited to 64 bits, which is what stores and wire formats hold.
    """
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -_INT64 <= value < _INT64 else None


def as_number(value: object) -> int | float | None:
    """Give a number that is finite and no boolean, or ``None``."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return as_int(value)


def join(pieces: list[str]) -> str:
    """Join the pieces of a streamed text.

    A server that cuts text by UTF-16 units sends half a character in each of two pieces; joined, they are one again.
    """
    text = "".join(pieces)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def loads(text: str | bytes) -> Any:
    """Parse JSON. Raises ``ValueError`` for anything that is none, nesting that is too deep included."""
    try:
        return json.loads(text)
    except RecursionError as e:
        raise ValueError("JSON is nested too deeply") from e


def loads_or_text(value: object) -> Any:
    """Parse a text that holds JSON; anything else stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return loads(value)
    except ValueError:
        return value
