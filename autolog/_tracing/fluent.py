"""Spans that a program starts itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from autolog._names import SpanType
from autolog._tracing.context import Activation, activate, current_span, deactivate
from autolog._tracing.labels import label
from autolog._tracing.span import LAST_TRACE_ID, LiveSpan, runtime
from autolog._tracing.unrecorded import Unrecorded, is_off

__all__ = [
    "get_active_trace_id",
    "get_current_active_span",
    "get_last_active_trace_id",
    "start_span",
    "start_span_no_context",
]


class start_span:  # noqa: N801  (used as a function: `with start_span(...) as span`)
    """Open a span around a block, as a child of the current one: ``with`` and ``async with``.

    ``span_type`` is one of :class:`SpanType` or any other string. An exception that leaves the block is recorded and
    goes on as it came. Inside :func:`suppress` the block gets a span that is not recorded.
    """

    def __init__(
        self, name: str = "span", span_type: str = SpanType.UNKNOWN, attributes: Mapping[str, Any] | None = None
    ) -> None:
        self._name = name
        self._span_type = span_type
        self._attributes = attributes
        self._open: list[tuple[LiveSpan, Activation]] = []

    def __enter__(self) -> LiveSpan:
        suppressed = is_off()
        span = LiveSpan(self._name, self._span_type, parent=None if suppressed else current_span())
        if self._attributes:
            span.set_attributes(self._attributes)
        if suppressed:
            span.trace.refuse()
        self._open.append((span, activate(None if suppressed else span)))
        return span

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        span, activation = self._open.pop()
        deactivate(activation)
        if exc is not None:
            span.record_exception(exc)
        span.end()

    async def __aenter__(self) -> LiveSpan:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.__exit__(kind, exc, tb)


def start_span_no_context(
    name: str,
    span_type: str = SpanType.UNKNOWN,
    parent_span: LiveSpan | None = None,
    inputs: Any = None,
    attributes: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    start_time_ns: int | None = None,
) -> LiveSpan:
    """Start a span that is not made current, below ``parent_span`` or as the root of a trace; its ``end()`` ends it.

    ``tags`` and ``metadata`` are the trace's. A span that is never ended is never recorded: ``autolog.Client`` keeps
    such as incomplete.
    """
    off = is_off() or isinstance(parent_span, Unrecorded)
    span = LiveSpan(name, span_type, parent=None if off else parent_span, start_time_ns=start_time_ns)
    if off:
        span.trace.refuse()
    span.set_attributes(attributes)
    if inputs is not None:
        span.set_inputs(inputs)
    label(span.trace, tags=tags, metadata=metadata)
    return span


def get_current_active_span() -> LiveSpan | None:
    """Give the innermost span that is open in this thread or task; ``None`` outside of any.

    Where tracing is off, and inside :func:`suppress`, it is always a span that takes everything and keeps nothing.
    """
    return Unrecorded() if is_off() else current_span()


def get_active_trace_id() -> str | None:
    """Give the id of the trace of the current span; ``None`` outside of any, and where tracing is off."""
    span = None if is_off() else current_span()
    return span.trace_id if span is not None else None


def get_last_active_trace_id(thread_local: bool = False) -> str | None:  # noqa: FBT001, FBT002  (MLflow's signature)
    """Give the id of the trace that ended last in this process, or ``None``. What was suppressed does not count.

    With ``thread_local`` the one that ended last in this thread or task.
    """
    last = LAST_TRACE_ID.get() if thread_local else runtime.last_trace_id
    return format(last, "032x") if last is not None else None
