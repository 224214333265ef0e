"""What the doctor looks at in the libraries that are traced, and who else patches them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import Any, Final

from autolog._cli.checks import Finding

__all__ = ["libraries", "patched_by_others"]

_SECTION: Final = "integrations"
# Where other tracers put their wrappers: the methods that most of them patch, and ours.
_LANDMARKS: Final = {
    "openai": (
        "openai.resources.chat.completions:Completions.create",
        "openai.resources.responses:Responses.create",
        "openai.resources.embeddings:Embeddings.create",
        "openai._base_client:SyncAPIClient.request",
    ),
}


def libraries() -> Iterator[Finding]:
    """Turn everything on in this process, see whether it took, and turn it off again."""
    import autolog

    statuses = autolog.integrations()
    if not statuses:
        yield Finding(_SECTION, "none", "bad", "no integration is installed", "pip install 'autolog-genai[openai]'")
    if statuses and all(s.installed is None for s in statuses.values()):
        names = ", ".join(sorted(statuses))
        yield Finding(
            _SECTION, "libraries", "bad", f"none of {names} is installed in this Python ({sys.executable})",
            "install one, or run `python -m autolog doctor` with the Python that runs your program",
        )  # fmt: skip
    foreign = {name: patched_by_others(name) for name, s in statuses.items() if s.installed is not None}
    after = _turned_on()
    for name, status in statuses.items():
        version = f"{status.installed}, supported: {status.supported}"
        if status.installed is None:
            yield Finding(_SECTION, name, "note", status.reason or "not installed")
        elif status.reason is not None:
            yield Finding(_SECTION, name, "warn", f"{version}; {status.reason}")
        elif not after[name].on:
            yield Finding(_SECTION, name, "bad", f"{version}; could not be turned on: {after[name].reason}")
        elif after[name].reason is not None:
            yield Finding(_SECTION, name, "warn", f"{version}; {after[name].reason}", "install a supported version")
        else:
            yield Finding(_SECTION, name, "ok", version)
        if foreign.get(name):
            yield Finding(
                _SECTION, f"{name} elsewhere", "warn", f"already patched before autolog: {', '.join(foreign[name])}",
                "one call may be traced twice: turn the other tracer off, or autolog.autolog(exclude=[...])",
            )  # fmt: skip
    yield from _instrumentors(set(statuses))


def _turned_on() -> Any:
    """Give the statuses while everything is on and imported."""
    import autolog

    try:
        on = autolog.autolog()
        for name, status in on.items():
            if status.on:
                _imported(name)
        return autolog.integrations()
    finally:
        autolog.autolog(log_traces=False)


def _imported(name: str) -> bool:
    """Import a library; one that cannot be imported is its own trouble, which its program will tell of."""
    try:
        if find_spec(name) is None:
            return False
        import_module(name)
    except Exception:  # whatever a foreign module raises while it is imported
        return False
    return True


def patched_by_others(name: str) -> list[str]:
    """Give the methods of a library that somebody else has wrapped in this process, and with what."""
    if name not in _LANDMARKS or not _imported(name):
        return []
    found: list[str] = []
    for target in _LANDMARKS[name]:
        module, _, path = target.partition(":")
        try:
            owner: Any = import_module(module)
            *parents, method = path.split(".")
            for parent in parents:
                owner = getattr(owner, parent)
            wrapper = _wrapper_of(vars(owner)[method])
        except (ImportError, AttributeError, KeyError):
            continue
        if wrapper is not None:
            found.append(f"{path} by {wrapper}")
    return found


def _wrapper_of(method: Any) -> str | None:
    """Say whose wrapper it is: wrapt keeps its function, others close over theirs; the library's own have neither."""
    wrapper = getattr(method, "_self_wrapper", None)
    if wrapper is None and "wrapt" not in type(method).__module__:
        return None
    module = getattr(wrapper, "__module__", None) or "wrapt"
    return str(module)


def _instrumentors(ours: set[str]) -> Iterator[Finding]:
    """Look at OpenTelemetry instrumentations of the same libraries, which zero-code starts turn on."""
    found: dict[str, set[str]] = {}
    for point in metadata.entry_points(group="opentelemetry_instrumentor"):
        name = point.name.replace("-", "_")
        if name in ours:
            found.setdefault(name, set()).add(point.dist.name if point.dist else point.value)
    automatic = any("opentelemetry" in p and "auto_instrumentation" in p for p in _python_path())
    for name, distributions in sorted(found.items()):
        text = f"{', '.join(sorted(distributions))} is installed"
        if automatic:
            yield Finding(
                _SECTION, f"{name} elsewhere", "warn", f"{text}, and `opentelemetry-instrument` turns it on",
                f"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS={name}, or autolog.autolog(exclude=[{name!r}])",
            )  # fmt: skip
        else:
            yield Finding(
                _SECTION, f"{name} elsewhere", "note", f"{text}: traces the same calls where a program uses it"
            )


def _python_path() -> list[str]:
    return os.environ.get("PYTHONPATH", "").split(os.pathsep)
