"""Copy the structure of a value now and share its texts, so that it can be read and serialised later."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import repeat
from typing import Any, Final, cast

from autolog._tracing.walk import Walk

__all__ = ["snapshot"]

_SCALARS: Final = frozenset({str, int, float, bool, bytes, type(None)})
_MANY: Final = 16
_MAX_DEPTH: Final = 60
_MAX_REPR: Final = 500
_MAX_QUICK: Final = 10_000
_FEW_NUMBERS: Final = 64
# The standard library's values that have one usual spelling: times, paths, exact numbers, addresses.
_WRITTEN: Final = frozenset({"datetime", "decimal", "fractions", "ipaddress", "pathlib", "uuid", "zoneinfo"})


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
    if type(key) is str:
        return key
    written = _one_level(key)
    return written if type(written) is str else _text(key)


def _one_level(value: Any) -> Any:
    """Give the parts of an object, not yet copied, as a dict or a list; or what stands for it: a number, a text.

    It is its class that is asked: a lazy object computes what it stands for when its own ``__class__`` is read.
    """
    kind = cast("type[Any]", type(value))
    try:
        if issubclass(kind, Enum):
            return value.value
        if issubclass(kind, (str, int, float, bytes)):
            return _plain(value)
        if issubclass(kind, (bytearray, memoryview)):
            return bytes(value)
        if issubclass(kind, Mapping):
            return {key: value[key] for key in list(value)}
        fields: Any = getattr(kind, "_fields", None)
        if fields is not None and issubclass(kind, tuple):
            return dict(zip(fields, value, strict=False))
        if issubclass(kind, (list, tuple, set, frozenset)):
            return list(value)
        if kind.__module__.partition(".")[0] in _WRITTEN:
            return value.isoformat() if hasattr(kind, "isoformat") else str(value)
        if not issubclass(kind, type):
            if kind.__module__ == "numpy" and getattr(value, "shape", None) == ():  # one number, as sums give
                number = value.item()
                return number if type(number) in _SCALARS else _one_level(number)
            members = _members(value)
            if members is not None:
                return members
    except Exception:  # the user's own mapping or property raised: its text will do
        return _text(value)
    return _text(value)


def _plain(value: Any) -> str | int | float | bytes:
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
        array: dict[Any, Any] = {"type": kind.__name__, "shape": [*map(int, value.shape)], "dtype": str(value.dtype)}
        if kind.__module__ == "numpy" and value.size <= _FEW_NUMBERS:
            array["values"] = value.tolist()
        return array
    if hasattr(kind, "shape") and hasattr(kind, "columns"):
        return {
            "type": kind.__name__,
            "shape": [*map(int, value.shape)],
            "columns": [str(c) for c in value.columns],
        }
    return None


def _text(value: Any) -> str:
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType]
    try:
        # What a library gives to be iterated over may fetch it first, as a database's query does, to print itself.
        if kind.__module__.partition(".")[0] not in sys.stdlib_module_names and _can_be_iterated(kind):
            return f"<{kind.__name__}>"
        text = repr(value)
    except Exception:
        return f"<{type(value).__name__}>"
    return text if len(text) <= _MAX_REPR else text[:_MAX_REPR] + "…"


def _can_be_iterated(kind: type[Any]) -> bool:
    # Of its own: to `hasattr`, every enumeration is iterable.
    return any("__iter__" in vars(base) for base in kind.__mro__)
