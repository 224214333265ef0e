"""Values as OTLP takes them: text, numbers, truth values and lists of one of these as they are, the rest as JSON."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

__all__ = ["AttributeValue", "attribute_value", "clean_text", "json_text"]

AttributeValue = str | bool | int | float | list[str] | list[bool] | list[int] | list[float]

_PRIMITIVES: Final = (str, bool, int, float)
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1  # an OTLP intValue is a signed 64-bit integer


def clean_text(text: str) -> str:
    """Replace lone surrogates, for which there is no UTF-8: one of them would fail its whole batch."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def json_text(value: Any) -> str:
    """Write a value as JSON that every parser takes: without NaN, and bytes as base64."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_stand_in)
    except (TypeError, ValueError):  # NaN or an infinity, or a key that JSON does not know
        text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, default=_stand_in)
    return clean_text(text)


def attribute_value(value: Any) -> AttributeValue | None:
    """Give a value as an attribute may hold it; ``None`` for no value."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int):
        return value if _INT_MIN <= value <= _INT_MAX else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (bytes, bytearray)):
        return _base64(value)
    if isinstance(value, (list, tuple)):
        return _list(cast("Sequence[Any]", value))
    return json_text(value)


def _list(values: Sequence[Any]) -> AttributeValue:
    kinds: set[type[Any]] = {type(v) for v in values}
    if len(kinds) == 1 and kinds.pop() in _PRIMITIVES:
        cleaned = [attribute_value(v) for v in values]
        if len({type(v) for v in cleaned}) == 1:
            return cast("AttributeValue", cleaned)
    return json_text(values)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if _is_mapping(value):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in cast("Sequence[Any]", value)]
    return value


def _stand_in(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return _base64(value)
    if _is_mapping(value):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return list(cast("set[Any]", value))
    return str(value)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _base64(value: bytes | bytearray) -> str:
    return base64.b64encode(value).decode("ascii")
