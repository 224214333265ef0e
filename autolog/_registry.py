"""Which integrations there are, which are on, and turning them on and off."""

from __future__ import annotations

import logging
import operator
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any

from autolog import _control
from autolog._patching.patcher import Patcher
from autolog._tracing.guard import report

if TYPE_CHECKING:
    from autolog.integration import Integration

__all__ = ["GROUP", "Status", "autolog_all", "integrations", "module", "names", "switch"]

GROUP = "autolog.integrations"

_log = logging.getLogger("autolog")
_lock = threading.RLock()


@dataclass(frozen=True, slots=True)
class Status:
    """Of one integration: whether it is on, the library's version and the range we support, and why it is not on."""

    name: str
    on: bool
    installed: str | None
    supported: str
    reason: str | None = None


class _On:
    __slots__ = ("options", "patcher")

    def __init__(self, patcher: Patcher, options: Mapping[str, Any]) -> None:
        self.patcher = patcher
        self.options = options


_on: dict[str, _On] = {}


@cache
def _entry_points() -> Mapping[str, metadata.EntryPoint]:
    return {e.name: e for e in metadata.entry_points(group=GROUP)}


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


_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*([^;]*)")
_CLAUSE = re.compile(r"(>=|<=|==|!=|>|<)\s*([0-9]+(?:\.[0-9]+)*)$")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


def _library(requires: str) -> tuple[str, str]:
    """Give the distribution's name and the supported range of a PEP 508 string."""
    match = _REQUIREMENT.match(requires)
    return (match[1], match[2].strip().strip("()")) if match else (requires, "")


def _release(version: str) -> list[int]:
    parts = [int(n) for n in re.match(r"[0-9]*(?:\.[0-9]+)*", version)[0].split(".") if n]  # type: ignore[index]
    while parts and parts[-1] == 0:
        parts.pop()
    return parts


def _supports(supported: str, version: str) -> bool:
    """Compare release numbers: enough for a warning, at none of the 50 ms that importing `packaging` costs."""
    for clause in supported.split(",") if supported else ():
        match = _CLAUSE.match(clause.strip())
        if match and not _COMPARE[match[1]](_release(version), _release(match[2])):
            return False
    return True


_VERSION = re.compile(r"^Version:[ \t]*(\S+)", re.MULTILINE)


def _installed(requires: str) -> str | None:
    """Find the version; parsing all of the metadata as a mail, as ``metadata.version`` does, costs 5 ms."""
    try:
        distribution = metadata.distribution(_library(requires)[0])
    except metadata.PackageNotFoundError:
        return None
    headers = (distribution.read_text("METADATA") or "").replace("\r\n", "\n").partition("\n\n")[0]
    match = _VERSION.search(headers)
    return match[1] if match else distribution.version


def _status(name: str) -> Status:
    try:
        integration = _integration(name)
    except Exception as e:
        return Status(name, False, None, "", f"its plugin cannot be loaded: {type(e).__name__}: {e}")
    distribution, supported = _library(integration.requires)
    version = _installed(integration.requires)
    if name in _on:
        reason = _not_traced(name)
        return Status(name, True, version, supported, reason)
    reason = None
    if version is None:
        reason = f"{distribution} is not installed"
    elif not _control.settings().enabled:
        reason = "tracing is turned off (AUTOLOG_TRACING_ENABLED, OTEL_SDK_DISABLED)"
    elif not _allowed(name):
        reason = "not in AUTOLOG_INTEGRATIONS"
    return Status(name, False, version, supported, reason)


def _not_traced(name: str) -> str | None:
    missing = _on[name].patcher.missing
    return f"this version has no {', '.join(missing)}" if missing else None


def _allowed(name: str) -> bool:
    only = _control.settings().integrations
    return only is None or name in only


def integrations() -> dict[str, Status]:
    """Give the status of every integration, by name."""
    with _lock:
        return {name: _status(name) for name in names()}


def autolog_all(*, log_traces: bool, exclude: Iterable[str]) -> dict[str, Status]:
    """Turn every integration on or off whose library is installed; see :func:`autolog.autolog`."""
    left_out = {exclude} if isinstance(exclude, str) else set(exclude)
    _tell(on=log_traces)
    with _lock:
        for unknown in sorted(left_out - set(names())):
            raise ValueError(f"there is no integration {unknown!r} to exclude; there are: {', '.join(names())}")
        for unknown in sorted(set(_control.settings().integrations or ()) - set(names())):
            _log.warning("AUTOLOG_INTEGRATIONS names %r; there are: %s", unknown, ", ".join(names()))
        for name in names():
            if name in left_out:
                continue
            if not log_traces:
                _turn_off(name)
                continue
            status = _status(name)
            if status.installed is None or status.reason is not None:
                continue
            try:
                module(name).autolog()
            except Exception as e:
                report(f"turning {name} on", e)
        return {name: _status(name) for name in names()}


def switch(name: str, *, log_traces: bool, options: Mapping[str, Any]) -> None:
    """Turn one integration on with these options, or off."""
    if log_traces:
        _tell(on=True)
    with _lock:
        if not log_traces:
            _turn_off(name)
            return
        integration = _integration(name)
        version = _installed(integration.requires)
        distribution, supported = _library(integration.requires)
        if version is None:
            raise ImportError(
                f"autolog.{name}.autolog() needs {distribution}, which is not installed: "
                f"pip install 'autolog-genai[{name.replace('_', '-')}]'"
            )
        if not _supports(supported, version):
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
