"""Which integrations there are, which are on, and turning them on and off."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from autolog import _control
from autolog._libraries import installed, library_of, supports
from autolog._patching.patcher import Patcher
from autolog._tracing.guard import report

if TYPE_CHECKING:
    from autolog.integration import Integration

__all__ = ["GROUP", "Status", "autolog_all", "integrations", "module", "names", "switch"]

GROUP = "autolog.integrations"

_log = logging.getLogger("autolog")
_lock = threading.RLock()


class Status(NamedTuple):
    """Of one integration: whether it is on, the library's version and the range we support, and why it is not on."""

    name: str
    on: bool
    installed: str | None
    supported: str
    reason: str | None = None

    def __repr__(self) -> str:
        version = f" {self.installed}" if self.installed else ""
        return f"<{self.name}{version}: {'on' if self.on else 'off'}{f', {self.reason}' if self.reason else ''}>"


class _On:
    __slots__ = ("options", "patcher")

    def __init__(self, patcher: Patcher, options: Mapping[str, Any]) -> None:
        self.patcher = patcher
        self.options = options


_on: dict[str, _On] = {}


@cache
def _entry_points() -> Mapping[str, metadata.EntryPoint]:
    # `metadata.entry_points` parses what every distribution offers, which takes three times as long.
    found: dict[str, metadata.EntryPoint] = {}
    for distribution in metadata.distributions():
        if GROUP in (distribution.read_text("entry_points.txt") or ""):
            for point in distribution.entry_points.select(group=GROUP):
                found.setdefault(point.name, point)  # the first on the path, as with imports
    return found


def names() -> list[str]:
    """Give the names of all integrations that are installed as plugins."""
    return sorted(_entry_points())


@cache
def module(name: str) -> ModuleType:
    """Import an integration's module. Raises ``KeyError`` for an unknown name, ``ImportError`` for a broken plugin."""
    loaded = _entry_points()[name].load()
    if not isinstance(loaded, ModuleType):
        raise ImportError(f"the entry point {name!r} of {GROUP} names {loaded!r}, and it must name a module")
    return loaded


def _integration(name: str) -> Integration:
    integration: Integration = module(name).INTEGRATION
    return integration


def _found(name: str) -> Status:
    """Look for the plugin and its library, whether it is on or not."""
    try:
        integration = _integration(name)
    except Exception as e:
        return Status(name, False, None, "", f"its plugin cannot be loaded: {type(e).__name__}: {e}")
    distribution, supported = library_of(integration.requires)
    version = installed(distribution)
    return Status(name, False, version, supported, None if version is not None else f"{distribution} is not installed")


def _now(found: Status) -> Status:
    """Add whether it is on, which is all of a status that turning it on or off changes."""
    if found.name in _on:
        return found._replace(on=True, reason=_not_traced(found.name))
    if found.reason is not None:
        return found
    if not _control.settings().enabled:
        return found._replace(reason="tracing is turned off (AUTOLOG_TRACING_ENABLED, OTEL_SDK_DISABLED)")
    return found if _allowed(found.name) else found._replace(reason="not in AUTOLOG_INTEGRATIONS")


def _not_traced(name: str) -> str | None:
    patcher = _on[name].patcher
    if patcher.missing:
        return f"this version has no {', '.join(patcher.missing)}"
    lost = patcher.lost()
    return f"somebody has replaced {', '.join(lost)} since: call autolog() again" if lost else None


def _allowed(name: str) -> bool:
    only = _control.settings().integrations
    return only is None or name in only


def integrations() -> dict[str, Status]:
    """Give the status of every integration, by name."""
    with _lock:
        return {name: _now(_found(name)) for name in names()}


def autolog_all(*, log_traces: bool, exclude: Iterable[str]) -> dict[str, Status]:
    """Turn every integration on or off whose library is installed; see :func:`autolog.autolog`."""
    left_out = {exclude} if isinstance(exclude, str) else set(exclude)
    _tell(on=log_traces)
    with _lock:
        for unknown in sorted(left_out - set(names())):
            raise ValueError(f"there is no integration {unknown!r} to exclude; there are: {', '.join(names())}")
        for unknown in sorted(set(_control.settings().integrations or ()) - set(names())):
            _log.warning("AUTOLOG_INTEGRATIONS names %r; there are: %s", unknown, ", ".join(names()))
        found = {name: _found(name) for name in names()}
        for name, status in found.items():
            if name in left_out:
                continue
            if not log_traces:
                _turn_off(name)
                continue
            if status.installed is None or (name not in _on and _now(status).reason is not None):
                continue
            try:
                module(name).autolog()
            except Exception as e:
                report(f"turning {name} on", e)
        return {name: _now(status) for name, status in found.items()}


def switch(name: str, *, log_traces: bool, options: Mapping[str, Any]) -> None:
    """Turn one integration on with these options, or off."""
    if log_traces:
        _tell(on=True)
    with _lock:
        if not log_traces:
            _turn_off(name)
            return
        integration = _integration(name)
        distribution, supported = library_of(integration.requires)
        version = installed(distribution)
        if version is None:
            raise ImportError(
                f"autolog.{name}.autolog() needs {distribution}, which is not installed: "
                f"pip install 'autolog-genai[{name.replace('_', '-')}]'"
            )
        if not supports(supported, version):
            _log.warning(
                "autolog supports %s %s, and %s is installed: what can be traced is traced",
                distribution,
                supported,
                version,
            )
        if not _control.settings().enabled or not _allowed(name):
            return
        on = _on.get(name)
        if on is not None:
            if on.options == options:
                on.patcher.renew()
                return
            _turn_off(name)
        patcher = Patcher(name)
        _on[name] = _On(patcher, dict(options))
        try:
            integration.install(patcher, **options)
        except Exception:
            _turn_off(name)
            raise


def _tell(*, on: bool) -> None:
    """Tell what has asked to know that tracing was turned on, or off altogether."""
    for told in tuple(_control.on_switch):
        try:
            told(on)
        except Exception as e:
            report("showing traces", e)


def _turn_off(name: str) -> None:
    on = _on.pop(name, None)
    if on is not None:
        on.patcher.undo()
