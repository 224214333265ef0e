"""Copy the structure of a value now and share its texts, so that it can be read and serialised later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

__all__ = ["snapshot"]

_SCALARS: Final = frozenset({str, int, float, bool, bytes, type(None)})
_MANY: Final = 16
_MAX_DEPTH: Final = 60
_MAX_REPR: Final = 500


def snapshot(value: Any, depth: int = 0) -> Any:
    """Copy dicts, lists, tuples, sets, models and dataclasses to any depth; share strings, bytes and numbers.

    What is none of these becomes a short text (its ``repr``, or its type where that raises): another thread must
    not run the user's code later. A cycle ends at a fixed depth.
    """
    # No `cast` here and below: on the calling thread, a call that does nothing costs too.
    try:
        return _copied(value, depth)
    except RecursionError:
        return "<nested too deep>"
    except Exception:  # a class whose own class forbids to be compared or hashed, as some query builders have
        return _carefully(value, depth)


def _copied(value: Any, depth: int) -> Any:
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is dict:
        copy: dict[Any, Any] = value.copy()
        named = True
        for key, item in copy.items():
            if type(item) not in _SCALARS:
                copy[key] = _copied(item, depth + 1) if depth < _MAX_DEPTH else _too_deep(item)
            if type(key) is not str:
                named = False
        return copy if named else {_key(k): v for k, v in copy.items()}
    if kind is list or kind is tuple:
        items: list[Any] = list(value)
        if len(items) > _MANY and set(map(type, items)) <= _SCALARS:  # an embedding
            return items
        for place, item in enumerate(items):
            if type(item) not in _SCALARS:
                items[place] = _copied(item, depth + 1) if depth < _MAX_DEPTH else _too_deep(item)
        return items
    if kind in _SCALARS:
        return value
    return _other(value, depth) if depth <= _MAX_DEPTH else _too_deep(value)


def _too_deep(value: Any) -> str:
    return f"<{type(value).__name__} nested too deep>"


def _carefully(value: Any, depth: int) -> Any:
    """Copy what holds an object that cannot even be asked for its kind: that one becomes a text, the rest is kept."""
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is dict:
        return {_key(k): snapshot(v, depth + 1) for k, v in value.copy().items()}
    if kind is list or kind is tuple:
        return [snapshot(v, depth + 1) for v in value]
    return _text(value)


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
            if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():  # one number, as sums give
                number = value.item()
                return number if type(number) in _SCALARS else _text(value)
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
