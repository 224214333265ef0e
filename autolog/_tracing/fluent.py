"""Spans that a program starts itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from autolog._names import SpanType
from autolog._tracing.context import Activation, activate, current_span, deactivate, is_suppressed
from autolog._tracing.span import LAST_TRACE_ID, LiveSpan, runtime

__all__ = ["get_current_active_span", "get_last_active_trace_id", "start_span"]


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
        suppressed = not runtime.enabled or is_suppressed()
        span = LiveSpan(self._name, self._span_type, parent=None if suppressed else current_span())
        if self._attributes:
            span.set_attributes(self._attributes)
        if suppressed:
            span.trace.admitted = False
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


def get_current_active_span() -> LiveSpan | None:
    """Give the innermost span that is open in this thread or task; ``None`` outside of any."""
    return current_span()


def get_last_active_trace_id() -> str | None:
    """Give the id of the last trace that ended in this thread or task, else anywhere in this process; else ``None``."""
    last = LAST_TRACE_ID.get() or runtime.last_trace_id
    return format(last, "032x") if last is not None else None
