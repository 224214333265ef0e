"""Trace every call that a Python program makes to a language model, with one line: ``autolog.autolog()``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

# Nothing else is imported here: `import autolog` costs a program what one small module costs.
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Unpack

    import autolog_openai as openai

    from autolog._analysis.compare import Comparison, compare
    from autolog._analysis.stats import Stats
    from autolog._client import Client
    from autolog._export.dataset import export, read_export
    from autolog._finding import delete_traces, get_trace, search_traces, stats
    from autolog._model import Event, ExceptionInfo, Feedback, Span, SpanType, Trace, Usage
    from autolog._pipeline.exporters import MemoryExporter
    from autolog._registry import Status
    from autolog._replay.tape import replay
    from autolog._settings import Changes
    from autolog._store import FilterError, StoreError
    from autolog._tracing.carry import carry
    from autolog._tracing.context import suppress
    from autolog._tracing.decorator import trace
    from autolog._tracing.fluent import (
        get_active_trace_id,
        get_current_active_span,
        get_last_active_trace_id,
        start_span,
        start_span_no_context,
    )
    from autolog._tracing.labels import session, update_current_trace, user
    from autolog._tracing.span import LiveSpan
    from autolog._verdicts import delete_trace_tag, log_expectation, log_feedback, set_trace_tag
    from autolog._view.notebook import display

__all__ = [
    "Client",
    "Comparison",
    "Event",
    "ExceptionInfo",
    "Feedback",
    "FilterError",
    "LiveSpan",
    "MemoryExporter",
    "Span",
    "SpanType",
    "Stats",
    "Status",
    "StoreError",
    "Trace",
    "Usage",
    "__version__",
    "autolog",
    "carry",
    "compare",
    "configure",
    "delete_trace_tag",
    "delete_traces",
    "display",
    "export",
    "flush",
    "get_active_trace_id",
    "get_current_active_span",
    "get_last_active_trace_id",
    "get_trace",
    "integrations",
    "log_expectation",
    "log_feedback",
    "openai",
    "read_export",
    "replay",
    "search_traces",
    "session",
    "set_trace_tag",
    "start_span",
    "start_span_no_context",
    "stats",
    "suppress",
    "trace",
    "update_current_trace",
    "user",
]

__version__ = "0.1.0"


def autolog(*, log_traces: bool = True, exclude: Iterable[str] = ()) -> dict[str, Status]:
    """Trace every installed library that autolog knows, or with ``log_traces=False`` stop tracing all of them.

    May be called before or after the libraries are imported, from any thread, any number of times. Imports none of
    them. Gives the status of each, by name. Raises ``ValueError`` for an unknown name in ``exclude``.
    """
    from autolog import _registry

    _watch_notebook()
    return _registry.autolog_all(log_traces=log_traces, exclude=exclude)


def integrations() -> dict[str, Status]:
    """Tell of every integration: the library's version, the supported range, whether it is on, and why not."""
    from autolog import _registry

    return _registry.integrations()


def configure(**changes: Unpack[Changes]) -> None:
    """Change settings of this process; what is not given stays as it is.

    ``enabled`` (AUTOLOG_TRACING_ENABLED): whether ``autolog()`` turns anything on. ``integrations``
    (AUTOLOG_INTEGRATIONS): the only ones it may turn on. ``store`` (AUTOLOG_STORE, default ``autolog.db`` in the
    working folder): the SQLite file, ``None`` for no store. ``capture_content`` (AUTOLOG_CAPTURE_CONTENT, default
    true): keep messages, arguments and documents. ``sample_rate`` (AUTOLOG_SAMPLE_RATE, 0 to 1): the share of whole
    traces that is kept. ``tracer_provider`` (AUTOLOG_TRACER_PROVIDER=global): an OpenTelemetry provider to join, or
    ``"global"``; ``None`` keeps tracing private. ``processors``: functions ``Span -> Span | None`` run in the
    background before anything is stored or sent; one that raises costs the span its content. ``exporters``: more
    places where traces go. ``prices``: US dollars per million tokens by model,
    ``{"my-model": {"input": 0.5, "output": 1.5}}``. ``max_pending_mb`` (AUTOLOG_MAX_PENDING_MB, 256): what may wait
    to be stored before whole traces are dropped. ``flush_interval_ms`` (AUTOLOG_FLUSH_INTERVAL_MS, 200): how long a
    batch gathers. ``otlp_profile`` (AUTOLOG_OTLP_PROFILE, ``"all"``): ``"otel"`` sends the conventions' names alone.
    ``display`` (AUTOLOG_DISPLAY, default true): show traces under a notebook's cells.

    Raises ``TypeError`` or ``ValueError`` naming what is wrong; nothing is changed then.
    """
    from autolog import _control

    _control.configure(dict(changes))


def flush(timeout: float = 30.0) -> bool:
    """Wait until every trace that has ended is stored and sent; tell whether that was done in ``timeout`` seconds."""
    from autolog import _control

    return _control.flush(timeout)


_HOMES = {
    "Client": "_client",
    "Comparison": "_analysis.compare",
    "Event": "_model",
    "ExceptionInfo": "_model",
    "Feedback": "_model",
    "FilterError": "_store",
    "LiveSpan": "_tracing.span",
    "MemoryExporter": "_pipeline.exporters",
    "Span": "_model",
    "SpanType": "_model",
    "Stats": "_analysis.stats",
    "Status": "_registry",
    "StoreError": "_store",
    "Trace": "_model",
    "Usage": "_model",
    "carry": "_tracing.carry",
    "compare": "_analysis.compare",
    "delete_trace_tag": "_verdicts",
    "delete_traces": "_finding",
    "display": "_view.notebook",
    "export": "_export.dataset",
    "get_active_trace_id": "_tracing.fluent",
    "get_current_active_span": "_tracing.fluent",
    "get_last_active_trace_id": "_tracing.fluent",
    "get_trace": "_finding",
    "log_expectation": "_verdicts",
    "log_feedback": "_verdicts",
    "read_export": "_export.dataset",
    "replay": "_replay.tape",
    "search_traces": "_finding",
    "session": "_tracing.labels",
    "set_trace_tag": "_verdicts",
    "start_span": "_tracing.fluent",
    "start_span_no_context": "_tracing.fluent",
    "stats": "_finding",
    "suppress": "_tracing.context",
    "trace": "_tracing.decorator",
    "update_current_trace": "_tracing.labels",
    "user": "_tracing.labels",
}


# `from autolog import semconv` asks here first; listing the integrations for it would load half of autolog.
_SUBMODULES = ("integration", "semconv")


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _HOMES:
        if _HOMES[name].startswith("_tracing"):
            from autolog import _control

            _control.settings()  # spans need to know where they go
        value = getattr(import_module(f"autolog.{_HOMES[name]}"), name)
    elif not name.startswith("_") and name not in _SUBMODULES:
        from autolog import _registry

        if name not in _registry.names():
            raise AttributeError(f"module 'autolog' has no attribute {name!r}")
        value = _registry.module(name)
    else:
        raise AttributeError(f"module 'autolog' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _watch_notebook() -> None:
    # The view asks to be told when tracing is turned on. Where there is no notebook it is not loaded.
    if "IPython" in sys.modules:
        from autolog._view import notebook  # noqa: F401  # pyright: ignore[reportUnusedImport]


_watch_notebook()
