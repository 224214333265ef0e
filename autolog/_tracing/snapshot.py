"""Copy the structure of a value now and share its texts, so that it can be read and serialised later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Any, Final, cast

from autolog._tracing.walk import Walk

__all__ = ["snapshot"]

_SCALARS: Final = frozenset({str, int, float, bool, bytes, type(None)})
_MANY: Final = 16
_MAX_DEPTH: Final = 60
_MAX_REPR: Final = 500
_MAX_QUICK: Final = 10_000


def snapshot(value: Any) -> Any:
    """Copy dicts, lists, tuples, sets, models and dataclasses to any depth; share strings, bytes and numbers.

    What is none of these becomes a short text (its ``repr``, or its type where that raises): another thread must
    not run the user's code later. A cycle ends where it begins, and a text says where something was left out.
    """
    # No `cast` here and below: on the calling thread, a call that does nothing costs too.
    try:
        return _copied(value, 0, repeat(None, _MAX_QUICK))
    except Exception:  # also of a class that forbids to be compared or hashed, as some query builders do
        return _bounded(value)


def _copied(value: Any, depth: int, parts: Iterator[None]) -> Any:
    """Copy what is small and shallow, as nearly everything is. Raises for the rest: it may be linked to itself."""
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is dict:
        next(parts)
        copy: dict[Any, Any] = value.copy()
        named = True
        for key, item in copy.items():
            if type(item) not in _SCALARS:
                copy[key] = _copied(item, depth + 1, parts) if depth < _MAX_DEPTH else _stop(item)
            if type(key) is not str:
                named = False
        return copy if named else {_key(k): v for k, v in copy.items()}
    if kind is list or kind is tuple:
        next(parts)
        items: list[Any] = list(value)
        if len(items) > _MANY and set(map(type, items)) <= _SCALARS:  # an embedding
            return items
        for place, item in enumerate(items):
            if type(item) not in _SCALARS:
                items[place] = _copied(item, depth + 1, parts) if depth < _MAX_DEPTH else _stop(item)
        return items
    return value if kind in _SCALARS else _copied(_one_level(value), depth, parts)


def _stop(value: object) -> Any:
    raise RecursionError(f"a {type(value).__name__} is nested deep")


def _bounded(value: Any) -> Any:
    try:
        return _carefully(value, Walk())
    except RecursionError:
        return "<nested too deep>"


def _carefully(value: Any, walk: Walk) -> Any:
    """Copy anything: what is linked to itself, large, or holds an object that cannot even be asked for its kind."""
    try:
        if type(value) in _SCALARS:  # pyright: ignore[reportUnknownArgumentType]
            return value
    except Exception:
        return _text(value)
    instead = walk.enter(value)
    if instead is not None:
        return instead
    try:
        level = value if type(value) in (dict, list, tuple) else _one_level(value)
        if isinstance(level, dict):
            named = cast("dict[Any, Any]", level)
            return {_key(k): _carefully(v, walk) for k, v in named.copy().items()}
        if isinstance(level, (list, tuple)):
            return [_carefully(v, walk) for v in tuple(cast("list[Any]", level))]
        return level
    finally:
        walk.leave(value)


def _key(key: Any) -> str:
    return key if type(key) is str else _text(key)


def _one_level(value: Any) -> Any:
    """Give the parts of an object, not yet copied, as a dict or a list; or what stands for it: a number, a text."""
    try:
        if isinstance(value, (str, int, float, bytes)):  # subclasses, enum members among them
            return _plain(value)
        if isinstance(value, (bytearray, memoryview)):
            return bytes(cast("bytearray", value))
        if isinstance(value, Mapping):
            mapping = cast("Mapping[Any, Any]", value)
            return {key: mapping[key] for key in list(mapping)}
        if isinstance(value, (list, tuple, set, frozenset)):
            return list(cast("list[Any]", value))
        if not isinstance(value, type):
            if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():  # one number, as sums give
                number = value.item()
                return number if type(number) in _SCALARS else _text(value)
            members = _members(value)
            if members is not None:
                return members
    except Exception:  # the user's own mapping or property raised: its text will do
        return _text(value)
    return _text(value)


def _plain(value: str | float | bytes) -> str | int | float | bytes:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else bytes(value)


def _members(value: Any) -> dict[Any, Any] | None:
    """Give the fields of a pydantic model, a dataclass or an array-like, without calling the user's code."""
    kind = cast("type[Any]", type(value))
    if hasattr(kind, "model_fields") and hasattr(value, "__pydantic_fields_set__"):
        found: dict[Any, Any] = dict(cast("dict[str, Any]", vars(value)))
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
