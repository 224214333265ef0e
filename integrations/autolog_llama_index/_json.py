"""Typed looks into plain data: a value of the wrong type reads as absent, never as an error."""

from __future__ import annotations

import json
from typing import Any, cast

__all__ = ["Json", "as_count", "as_dict", "as_list", "as_str", "dicts", "loads_or_text"]

Json = dict[str, Any]
_LIMIT = 2**63


def as_dict(value: object) -> Json:
    """Give a dictionary, or an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Give a list, or an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def dicts(value: object) -> list[Json]:
    """Give the dictionaries of a list."""
    return [cast("Json", item) for item in as_list(value) if isinstance(item, dict)]


def as_str(value: object) -> str | None:
    """Give a text that says something, or ``None``."""
    return value if isinstance(value, str) and value else None


def as_count(value: object) -> int | None:
    """Give a whole number that is not negative; ``12.0`` is 12, a boolean or a text is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < _LIMIT else None


def loads_or_text(value: object) -> Any:
    """Parse a text that holds JSON; anything else stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
