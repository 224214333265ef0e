"""Trace every call that a Python program makes to a language model, with one line: ``autolog.autolog()``."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

# Nothing else is imported here: `import autolog` costs a program what one small module costs.
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta
    from typing import Any, Literal, Unpack

    import autolog_openai as openai
    from pandas import DataFrame

    from autolog._model import Event, ExceptionInfo, Span, SpanType, Trace, Usage
    from autolog._pipeline.exporters import MemoryExporter
    from autolog._registry import Status
    from autolog._replay.tape import replay
    from autolog._settings import Changes
    from autolog._store import FilterError, StoreError
    from autolog._tracing.context import suppress
    from autolog._tracing.fluent import get_current_active_span, get_last_active_trace_id, start_span
    from autolog._tracing.span import LiveSpan

__all__ = [
    "Event",
    "ExceptionInfo",
    "FilterError",
    "LiveSpan",
    "MemoryExporter",
    "Span",
    "SpanType",
    "Status",
    "StoreError",
    "Trace",
    "Usage",
    "__version__",
    "autolog",
    "configure",
    "delete_traces",
    "flush",
    "get_current_active_span",
    "get_last_active_trace_id",
    "get_trace",
    "integrations",
    "openai",
    "replay",
    "search_traces",
    "start_span",
    "stats",
    "suppress",
]

__version__ = "0.1.0"


def autolog(*, log_traces: bool = True, exclude: Iterable[str] = ()) -> dict[str, Status]:
    """Trace every installed library that autolog knows, or with ``log_traces=False`` stop tracing all of them.

    May be called before or after the libraries are imported, from any thread, any number of times. Imports none of
    them. Gives the status of each, by name. Raises ``ValueError`` for an unknown name in ``exclude``.
    """
    from autolog import _registry

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

    Raises ``TypeError`` or ``ValueError`` naming what is wrong; nothing is changed then.
    """
    from autolog import _control

    _control.configure(dict(changes))


def flush(timeout: float = 30.0) -> bool:
    """Wait until every trace that has ended is stored and sent; tell whether that was done in ``timeout`` seconds."""
    from autolog import _control

    return _control.flush(timeout)


def get_trace(trace_id: str) -> Trace | None:
    """Give a trace by its id, by an unambiguous beginning of it, or ``"@last"``; ``None`` where there is none.

    Raises ``StoreError`` where the store cannot be read.
    """
    from autolog import _control

    _control.flush(30.0)
    return _control.store().get_trace(trace_id)


@overload
def search_traces(
    filter_string: str | None = None,
    *,
    text: str | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
    since: str | datetime | timedelta | None = None,
    until: str | datetime | timedelta | None = None,
    order_by: str | None = None,
    max_results: int = 100,
    offset: int = 0,
    return_type: Literal["pandas"] = "pandas",
) -> DataFrame: ...


@overload
def search_traces(
    filter_string: str | None = None,
    *,
    text: str | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
    since: str | datetime | timedelta | None = None,
    until: str | datetime | timedelta | None = None,
    order_by: str | None = None,
    max_results: int = 100,
    offset: int = 0,
    return_type: Literal["list"],
) -> list[Trace]: ...


def search_traces(
    filter_string: str | None = None,
    *,
    text: str | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
    since: str | datetime | timedelta | None = None,
    until: str | datetime | timedelta | None = None,
    order_by: str | None = None,
    max_results: int = 100,
    offset: int = 0,
    return_type: Literal["pandas", "list"] = "pandas",
) -> DataFrame | list[Trace]:
    """Find traces, the newest first.

    ``filter_string`` is a condition such as ``"status = 'ERROR' AND model LIKE 'gpt%' AND total_tokens > 1000"``;
    ``text`` searches what was said; ``since`` and ``until`` are times (``"2h"``, ``"2026-11-01"``, a ``datetime``);
    ``order_by`` names columns, with ``-`` for falling (``"-cost"``). Gives a pandas ``DataFrame``, or with
    ``return_type="list"`` :class:`Trace` objects. Raises ``FilterError`` pointing at what is wrong in a filter,
    ``StoreError`` where the store cannot be read, ``ImportError`` where pandas is asked for and not installed.
    """
    from autolog import _control
    from autolog._store import Query
    from autolog._store.frame import traces_frame
    from autolog._store.times import parse_time

    if return_type not in ("pandas", "list"):
        raise ValueError(f"return_type is 'pandas' or 'list', not {return_type!r}")
    query = Query(
        filter_string=filter_string,
        text=text,
        session_id=session_id,
        user_id=user_id,
        since_ns=None if since is None else parse_time(since),
        until_ns=None if until is None else parse_time(until),
        order_by=order_by,
        max_results=max_results,
        offset=offset,
    )
    _control.flush(30.0)
    traces = _control.store().search(query)
    return traces if return_type == "list" else traces_frame(traces)


def delete_traces(
    trace_ids: Iterable[str] | str | None = None,
    *,
    older_than: str | datetime | timedelta | None = None,
    filter_string: str | None = None,
) -> int:
    """Delete traces by id, by age (``"30d"``) or by filter from the store, and tell how many.

    Raises ``ValueError`` where nothing is named, ``FilterError`` and ``StoreError`` as :func:`search_traces`.
    """
    from autolog import _control
    from autolog._store.times import parse_time

    if trace_ids is None and older_than is None and filter_string is None:
        raise ValueError("delete_traces() needs trace_ids, older_than or filter_string: it does not delete everything")
    _control.flush(30.0)
    return _control.store().delete(
        trace_ids=[trace_ids] if isinstance(trace_ids, str) else None if trace_ids is None else list(trace_ids),
        older_than_ns=None if older_than is None else parse_time(older_than),
        filter_string=filter_string,
    )


def stats(
    by: str = "model", *, since: str | datetime | timedelta | None = None, filter_string: str | None = None
) -> list[dict[str, Any]]:
    """Give calls, errors, latencies (p50, p95, p99 in milliseconds), tokens and cost, a row for each value of ``by``.

    ``by`` is ``model``, ``provider``, ``integration``, ``span_name``, ``span_type``, ``session``, ``user``, ``day`` or
    ``tag:<key>``. Raises ``ValueError`` for another.
    """
    from autolog import _control
    from autolog._store.times import parse_time

    _control.flush(30.0)
    return _control.store().stats(
        by=by, since_ns=None if since is None else parse_time(since), filter_string=filter_string
    )


_HOMES = {
    "Event": "_model",
    "ExceptionInfo": "_model",
    "FilterError": "_store",
    "LiveSpan": "_tracing.span",
    "MemoryExporter": "_pipeline.exporters",
    "Span": "_model",
    "SpanType": "_model",
    "Status": "_registry",
    "StoreError": "_store",
    "Trace": "_model",
    "Usage": "_model",
    "get_current_active_span": "_tracing.fluent",
    "get_last_active_trace_id": "_tracing.fluent",
    "replay": "_replay.tape",
    "start_span": "_tracing.fluent",
    "suppress": "_tracing.context",
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
