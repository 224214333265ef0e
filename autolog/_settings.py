"""All settings, each with its environment variable, read in this one place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from typing import TypedDict

    from autolog._model import Span
    from autolog._pipeline.exporters import Exporter

__all__ = ["ENVIRONMENT", "Settings", "apply", "from_environment"]

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})

Price = Mapping[str, float]


class Settings:
    """What :func:`autolog.configure` sets. See there for each. Never changed: :func:`apply` gives others.

    No dataclass: making one takes a millisecond of the start of every program that turns tracing on.
    """

    enabled: bool = True
    integrations: tuple[str, ...] | None = None
    store: str | None = "autolog.db"
    capture_content: bool = True
    sample_rate: float = 1.0
    tracer_provider: Any = None
    processors: tuple[Callable[[Span], Span | None], ...] = ()
    exporters: tuple[Any, ...] = ()
    prices: Mapping[str, Price] | None = None
    max_pending_mb: int = 256
    flush_interval_ms: int = 200
    display: bool = True
    otlp_profile: Literal["all", "otel"] = "all"

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)

    def as_dict(self) -> dict[str, Any]:
        """Give every setting by its name."""
        return {name: getattr(self, name) for name in Settings.__annotations__}


if TYPE_CHECKING:

    class Changes(TypedDict, total=False):
        """The arguments of :func:`autolog.configure`."""

        enabled: bool
        integrations: Iterable[str] | None
        store: str | os.PathLike[str] | None
        capture_content: bool
        sample_rate: float
        tracer_provider: Any
        processors: Iterable[Callable[[Span], Span | None]]
        exporters: Iterable[Exporter]
        prices: Mapping[str, Price] | None
        max_pending_mb: int
        flush_interval_ms: int
        display: bool
        otlp_profile: Literal["all", "otel"]


def _bool(text: str) -> bool:
    value = text.strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ValueError("is neither true nor false: use one of true, false, 1, 0, yes, no, on, off")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _store(text: str) -> str | None:
    return None if text.strip().lower() in ("none", "") else text


def _provider(text: str) -> str | None:
    value = text.strip().lower()
    if value not in ("global", "private", ""):
        raise ValueError("is 'private' (the default) or 'global'")
    return "global" if value == "global" else None


def _rate(text: str) -> float:
    return float(text)


def _profile(text: str) -> str:
    value = text.strip().lower()
    if value not in ("all", "otel"):
        raise ValueError("is 'all' (the default) or 'otel'")
    return value


# variable -> (setting, how its text is read)
ENVIRONMENT: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "AUTOLOG_TRACING_ENABLED": ("enabled", _bool),
    "AUTOLOG_INTEGRATIONS": ("integrations", _names),
    "AUTOLOG_STORE": ("store", _store),
    "AUTOLOG_CAPTURE_CONTENT": ("capture_content", _bool),
    "AUTOLOG_SAMPLE_RATE": ("sample_rate", _rate),
    "AUTOLOG_TRACER_PROVIDER": ("tracer_provider", _provider),
    "AUTOLOG_MAX_PENDING_MB": ("max_pending_mb", int),
    "AUTOLOG_FLUSH_INTERVAL_MS": ("flush_interval_ms", int),
    "AUTOLOG_DISPLAY": ("display", _bool),
    "AUTOLOG_OTLP_PROFILE": ("otlp_profile", _profile),
}


def from_environment(environ: Mapping[str, str] | None = None) -> tuple[Settings, list[str]]:
    """Read the settings, and what is wrong with them: a wrong value is left at its default, never an exception."""
    environ = os.environ if environ is None else environ
    settings = Settings(store=from_here("autolog.db"))
    complaints: list[str] = []
    for variable, (name, read) in ENVIRONMENT.items():
        text = environ.get(variable)
        if text is None or (text == "" and name != "store"):
            continue
        try:
            settings = apply(settings, {name: read(text)})
        except (TypeError, ValueError) as e:
            complaints.append(f"{variable}={text!r} {e}; it is ignored")
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        settings = apply(settings, {"enabled": False})
    return settings, complaints


def apply(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Give settings with some of them changed. Raises ``TypeError`` or ``ValueError`` naming what is wrong."""
    known = settings.as_dict()
    for name in changes:
        if name not in known:
            raise TypeError(f"configure() has no setting {name!r}; it has: {', '.join(known)}")
    from autolog._checks import checked  # where nothing is set, nothing is loaded

    return Settings(**{**known, **{name: checked(name, value) for name, value in changes.items()}})


def from_here(store: str) -> str:
    """Give the store's path as it is meant now: a program may go to another folder later."""
    path = store.removeprefix("sqlite:///")
    if path == ":memory:" or "://" in path or not path:
        return store
    try:
        return os.path.abspath(os.path.expanduser(path))  # noqa: PTH111  (which leaves a ~ that nobody has as it is)
    except OSError:  # the working folder is gone
        return store
