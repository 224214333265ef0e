"""Copy the structure of a value now and share its texts, so that it can be read and serialised later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

__all__ = ["snapshot"]

_SCALARS: Final = frozenset({str, int, float, bool, bytes, type(None)})
_MAX_DEPTH: Final = 60
_MAX_REPR: Final = 500


def snapshot(value: Any, depth: int = 0) -> Any:
    """Copy dicts, lists, tuples, sets, models and dataclasses to any depth; share strings, bytes and numbers.

    What is none of these becomes a short text (its ``repr``, or its type where that raises): another thread must
    not run the user's code later. A cycle ends at a fixed depth.
    """
    kind: Any = cast("Any", type(value))
    if kind in _SCALARS:
        return value
    if depth >= _MAX_DEPTH:
        return f"<{kind.__name__} nested too deep>"
    if kind is dict:
        items = cast("dict[Any, Any]", value)
        return {_key(k): v if type(v) in _SCALARS else snapshot(v, depth + 1) for k, v in items.copy().items()}
    if kind is list or kind is tuple:
        sequence = cast("list[Any]", value)
        if set(map(type, sequence)) <= _SCALARS:
            return list(sequence)
        return [v if type(v) in _SCALARS else snapshot(v, depth + 1) for v in sequence]
    return _other(value, depth)


def _key(key: Any) -> str:
    return key if type(key) is str else _text(key)


def _other(value: Any, depth: int) -> Any:
    try:
        if isinstance(value, (str, int, float, bytes)):  # subclasses, enum members among them
            return _plain(value)
        if isinstance(value, (bytearray, memoryview)):
            return bytes(cast("bytearray", value))
        if isinstance(value, Mapping):
            mapping = cast("Mapping[Any, Any]", value)
            return {_key(k): snapshot(mapping[k], depth + 1) for k in list(mapping)}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [snapshot(v, depth + 1) for v in list(cast("list[Any]", value))]
        if not isinstance(value, type):
            members = _members(value)
            if members is not None:
                return {str(k): snapshot(v, depth + 1) for k, v in members.items()}
    except Exception:  # the user's own mapping or property raised: its text will do
        return _text(value)
    return _text(value)


def _plain(value: str | float | bytes) -> str | int | float | bytes:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else bytes(value)


def _members(value: Any) -> dict[str, Any] | None:
    """Give the fields of a pydantic model, a dataclass or an array-like, without calling the user's code."""
    kind = cast("type[Any]", type(value))
    if hasattr(kind, "model_fields") and hasattr(value, "__pydantic_fields_set__"):
        found: dict[str, Any] = dict(cast("dict[str, Any]", vars(value)))
        found.update(getattr(value, "__pydantic_extra__", None) or {})
        return found
    if hasattr(kind, "__dataclass_fields__"):
        return {name: getattr(value, name, None) for name in kind.__dataclass_fields__}
    if hasattr(kind, "shape") and hasattr(kind, "dtype"):
        return {"type": kind.__name__, "shape": [int(n) for n in value.shape], "dtype": str(value.dtype)}
    if hasattr(kind, "shape") and hasattr(kind, "columns"):
        return {
            "type": kind.__name__,
            "shape": [int(n) for n in value.shape],
            "columns": [str(c) for c in value.columns],
        }
    return None


def _text(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:
        return f"<{type(value).__name__}>"
    return text if len(text) <= _MAX_REPR else text[:_MAX_REPR] + "…"
