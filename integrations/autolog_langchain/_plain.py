"""Small readings of values that came from somewhere else."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeGuard, cast

__all__ = ["Json", "as_count", "as_dict", "as_list", "as_number", "as_str", "dicts", "is_dict"]

Json: TypeAlias = dict[str, Any]


def is_dict(value: object) -> TypeGuard[Json]:
    """Tell whether it is an object of JSON."""
    return isinstance(value, dict)


def as_dict(value: object) -> Json:
    """Give a dict, an empty one in place of anything else."""
    return cast("Json", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Give a list, an empty one in place of anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def dicts(value: object) -> list[Json]:
    """Give the dicts of a list."""
    return [item for item in as_list(value) if is_dict(item)]


def as_str(value: object) -> str | None:
    """Give a text that is not empty."""
    return value if isinstance(value, str) and value else None


def as_count(value: object) -> int | None:
    """Give a whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0 or value != int(value):
        return None
    return int(value)


def as_number(value: object) -> float | int | None:
    """Give a number."""
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else value
