"""What is in force in this process: the settings, and the pipeline that follows from them."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from autolog import _settings
from autolog._settings import Settings
from autolog._tracing.guard import report
from autolog._tracing.span import LiveSpan, TraceState, runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from autolog._model import Span
    from autolog._pipeline.exporters import Exporter
    from autolog._pipeline.worker import Pipeline
    from autolog._store import Store

__all__ = ["configure", "flush", "more_exporters", "on_switch", "pipeline", "settings", "status", "store"]

# What stands above registers itself here, so that nothing below has to know it.
on_switch: Final[list[Callable[[bool], None]]] = []
"""Called when tracing is turned on (``True``), and when all of it is turned off (``False``)."""
more_exporters: Final[list[Exporter]] = []
"""Where traces go besides what the settings say."""

_PLUGINS: Final = "autolog.integrations"  # the entry-point group
_log = logging.getLogger("autolog")
_lock = threading.RLock()
_settings_now: Settings | None = None
_pipeline: Pipeline | None = None
_forking: Pipeline | None = None
_stores: dict[str, Store] = {}


def settings() -> Settings:
    """Give the settings in force; the environment is read when they are first asked for."""
    global _settings_now
    with _lock:
        if _settings_now is None:
            _settings_now, complaints = _settings.from_environment()
            for complaint in complaints:
                _log.warning("autolog: %s", complaint)
            runtime.enabled = _settings_now.enabled
            _connect_bridge(_settings_now)
        return _settings_now


def configure(changes: dict[str, Any]) -> None:
    """Change settings; see :func:`autolog.configure`."""
    global _settings_now, _pipeline
    with _lock:
        before = settings()
        changed = _settings.apply(before, changes)
        if changed.prices:
            from autolog._pipeline.prices import check_prices

            check_prices(changed.prices)
        if "integrations" in changes:
            _check_names(changed.integrations or (), before.integrations or ())
        old, _pipeline = _pipeline, None
        runtime.submit = _submit_first
        _settings_now = changed
        runtime.enabled = changed.enabled
        _connect_bridge(changed)
    if old is not None:
        old.close()


def _check_names(wanted: Iterable[str], known: Iterable[str]) -> None:
    # Those of the environment stay allowed: a warning tells of a wrong one, and settings can be put back as they were.
    allowed = {*known, *(_settings.from_environment()[0].integrations or ())}
    new = set(wanted) - allowed
    if new:
        from importlib.metadata import entry_points

        there = {point.name for point in entry_points(group=_PLUGINS)}
        for unknown in sorted(new - there):
            raise ValueError(f"integrations has {unknown!r}; there are: {', '.join(sorted(there))}")


def pipeline() -> Pipeline:
    """Give the pipeline, made when it is first needed."""
    global _pipeline
    with _lock:
        if _pipeline is None:
            from autolog._pipeline.worker import Pipeline

            now = settings()
            _pipeline = Pipeline(now, lambda: _exporters(now))
            runtime.submit = _pipeline.submit
            _keep_unended_first()
        return _pipeline


def _keep_unended_first() -> None:
    """See that what never ended is kept before a pipeline ends: the last to be registered is the first to run."""
    atexit.unregister(_keep_unended)
    atexit.register(_keep_unended)


def _keep_unended() -> None:
    if not runtime.running:
        return
    before = _pipeline
    generators = sys.modules.get("autolog._tracing.generators")
    if generators is not None:
        generators.leave_open()
    from autolog._tracing import by_id

    by_id.keep_unended()
    if before is None and _pipeline is not None:  # made just now, too late to be ended by itself
        _pipeline.shutdown()


def flush(timeout_s: float) -> bool:
    """Process what has ended until now; see :func:`autolog.flush`."""
    with _lock:
        now = _pipeline
    return now.flush(timeout_s) if now is not None else True


def store(path: str | None = None) -> Store:
    """Open the store for reading, the configured one by default. Raises ``StoreError`` where there is none."""
    from autolog._store import StoreError, open_store

    target = path or settings().store
    if target is None:
        raise StoreError(
            "there is no store to read: the setting store (AUTOLOG_STORE) is none. "
            "Set it to a file, as in autolog.configure(store='autolog.db')"
        )
    with _lock:
        key = target if target == ":memory:" else os.path.abspath(target)
        if key not in _stores:
            _stores[key] = open_store(target)
        return _stores[key]


def status() -> dict[str, int]:
    """Give what the pipeline of this process could not keep."""
    now = _pipeline
    return {
        "dropped_traces": now.dropped_traces if now is not None else 0,
        "failed_exports": now.failed_exports if now is not None else 0,
    }


def _submit_first(state: TraceState, span: LiveSpan) -> None:
    if settings().enabled:
        pipeline().submit(state, span)


def _exporters(now: Settings) -> Sequence[Exporter]:
    found: list[Exporter] = list(now.exporters)
    found += more_exporters
    if now.store is not None:
        from autolog._pipeline.exporters import StoreExporter

        found.append(StoreExporter(store(now.store)))
    if any(os.environ.get(v) for v in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        from autolog._otel.exporter import otlp_exporter_from_env

        otlp = otlp_exporter_from_env(profile=now.otlp_profile)
        if otlp is not None:
            found.append(otlp)
    return found


def _connect_bridge(now: Settings) -> None:
    runtime.bridge = None
    if now.tracer_provider is None or not now.enabled:
        return
    try:
        from autolog._otel.bridge import ProviderBridge
    except ImportError:
        _log.warning("autolog: tracer_provider needs OpenTelemetry: pip install 'autolog-genai[otlp]'. It is ignored.")
        return
    try:
        runtime.bridge = ProviderBridge(now.tracer_provider, complete=_complete, profile=now.otlp_profile)
    except Exception as e:
        report("joining the tracer provider", e)


def _complete(span: LiveSpan) -> Span | None:
    recorded = pipeline().record(span)
    span.recorded = (recorded,)
    return recorded


def _before_fork() -> None:
    global _forking
    while True:
        # The pipeline's lock first: its worker may hold it and ask for ours. It holds it while it imports, too, and a
        # child would wait for ever for an import that was under way in a thread that it does not have.
        _forking = _pipeline
        if _forking is not None:
            _forking.before_fork()
        _lock.acquire()
        if _forking is _pipeline:
            break
        _lock.release()
        if _forking is not None:
            _forking.after_fork_in_parent()
    for connections in _connections():
        connections.before_fork()


def _connections() -> list[ModuleType]:
    module = sys.modules.get("autolog._store.connection")
    return [module] if module is not None and not getattr(module, "registered", True) else []


def _after_fork_in_parent() -> None:
    for connections in _connections():
        connections.after_fork()
    _lock.release()
    if _forking is not None:
        _forking.after_fork_in_parent()


def _after_fork_in_child() -> None:
    runtime.generation += 1
    for connections in _connections():
        connections.after_fork()
    if _forking is not None:
        _forking.after_fork_in_child()
    _lock.release()


runtime.submit = _submit_first
_keep_unended_first()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


def reset() -> None:
    """Go back to what a new process has; for tests."""
    global _settings_now, _pipeline
    with _lock:
        old, _pipeline = _pipeline, None
        _settings_now = None
        runtime.enabled = True
        runtime.submit = _submit_first
        runtime.bridge = None
        stores = list(_stores.values())
        _stores.clear()
    if old is not None:
        old.close()
    for opened in stores:
        opened.close()
