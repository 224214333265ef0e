"""What each setting may be; loaded when one is set."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

from autolog._settings import from_here

__all__ = ["checked"]

_DAY_MS: Final = 86_400_000
_EXPORTER: Final = ("export", "flush", "close")


def checked(name: str, value: Any) -> Any:
    """Give the value of a setting as it is kept. Raises ``TypeError`` or ``ValueError`` naming what is wrong."""
    return _CHECKS[name](name, value)


def _bool(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} is True or False, not {value!r}")
    return value


def _store(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(cast("str", value)):
        raise TypeError(f"{name} is a path, or None for no store, not {value!r}")
    path = os.fsdecode(cast("str", value))
    return None if path == "none" else from_here(path)


def _rate(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} is a number from 0 to 1, not {value!r}")
    return value


def _whole(most: int | None) -> Callable[[str, Any], int]:
    def check(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} is a whole number of at least 1, not {value!r}")
        if most is not None and value > most:
            raise ValueError(f"{name} is at most {most:,}, not {value!r}")
        return value

    return check


def _each(name: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise TypeError(f"{name} is a list, not {value!r}")
    return tuple(cast("Iterable[Any]", value))


def _names(name: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    found = _each(name, value)
    for one in found:
        if not isinstance(one, str):
            raise TypeError(f"{name} is a list of names, and has {one!r}")
    return found


def _processors(name: str, value: Any) -> tuple[Any, ...]:
    found = _each(name, value)
    for one in found:
        if not callable(one):
            raise TypeError(f"{name} is a list of functions Span -> Span | None, and has {one!r}")
    return found


def _exporters(name: str, value: Any) -> tuple[Any, ...]:
    found = _each(name, value)
    for one in found:
        if isinstance(one, type):
            raise TypeError(f"{name} is a list of exporters, and has the class {one!r}: make an object of it")
        missing = [method for method in _EXPORTER if not callable(getattr(one, method, None))]
        if missing:
            raise TypeError(
                f"{name} is a list of objects with {', '.join(_EXPORTER)}; {one!r} has no {', '.join(missing)}"
            )
    return found


def _prices(name: str, value: Any) -> Mapping[str, Mapping[str, float]] | None:
    if value is None:
        return None
    example = "a mapping such as {'my-model': {'input': 0.5, 'output': 1.5}}, in US dollars per million tokens"
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is {example}, not {value!r}")
    for model, price in cast("Mapping[Any, Any]", value).items():
        if not isinstance(model, str) or not isinstance(price, Mapping):
            raise TypeError(f"{name} is {example}; it has {model!r}: {price!r}")
        for member, dollars in cast("Mapping[Any, Any]", price).items():
            if isinstance(dollars, bool) or not isinstance(dollars, (int, float)):
                raise TypeError(f"{name}[{model!r}][{member!r}] is a number of US dollars, not {dollars!r}")
            if not math.isfinite(dollars):
                raise ValueError(f"{name}[{model!r}][{member!r}] is a number of US dollars, not {dollars!r}")
    return cast("Mapping[str, Mapping[str, float]]", value)


def _provider(name: str, value: Any) -> Any:
    if value is None or value == "global" or callable(getattr(value, "get_tracer", None)):
        return value
    raise TypeError(f"{name} is an OpenTelemetry tracer provider, 'global', or None for none, not {value!r}")


def _profile(name: str, value: Any) -> str:
    if value not in ("all", "otel"):
        raise ValueError(f"{name} is 'all' (the default) or 'otel', not {value!r}")
    return cast("str", value)


_CHECKS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "enabled": _bool,
    "integrations": _names,
    "store": _store,
    "capture_content": _bool,
    "sample_rate": _rate,
    "tracer_provider": _provider,
    "processors": _processors,
    "exporters": _exporters,
    "prices": _prices,
    "max_pending_mb": _whole(None),
    "flush_interval_ms": _whole(_DAY_MS),
    "display": _bool,
    "otlp_profile": _profile,
}
