"""Read an ended span: from what the calling thread kept to the span that is stored."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autolog import semconv
from autolog._model import Event, ExceptionInfo, Span, Trace, Usage
from autolog._pipeline.attributes import field_attributes, usage_attributes, usage_of
from autolog._pipeline.cost import cost_of
from autolog._pipeline.keys import without_keys
from autolog._pipeline.prices import Pricer
from autolog._tracing.guard import report

if TYPE_CHECKING:
    from autolog._tracing.span import LiveSpan, TraceState
    from autolog.integration import Fields

__all__ = ["Materialiser", "fragment"]

_REMEMBERED_USAGES = 10_000


class Materialiser:
    """Turns ended spans into records. Remembers whose usage it has counted, so that it is counted once."""

    def __init__(self, prices: Mapping[str, Mapping[str, float]] | None = None) -> None:
        self._pricer = Pricer(prices)
        self._counted: OrderedDict[str, None] = OrderedDict()

    def span(self, live: LiveSpan) -> Span:
        """Read, price and freeze a span. A reader that fails costs what it would have read, not the span."""
        attributes: dict[str, Any] = dict(live.attributes) if live.attributes else {}
        if live.integration:
            attributes[semconv.INTEGRATION] = live.integration
        failure = live.failure.info() if live.failure is not None else None
        status, outcome = live.status, live.outcome
        name, span_type = live.name, live.span_type
        inputs, outputs = live.inputs, live.outputs
        usage: Usage | None = None
        fields = self._fields(live, attributes)
        if fields is not None:
            attributes.update(field_attributes(fields))
            name, span_type = fields.name or name, fields.span_type or span_type
            inputs = fields.inputs if inputs is None else inputs
            outputs = fields.outputs if outputs is None else outputs
            usage = self._usage(fields, attributes)
            if fields.failed is not None and status != "ERROR":
                status, outcome = "ERROR", "error"
                failure = failure or ExceptionInfo(fields.error_type or fields.error_code or "error", fields.failed)
        elif live.read is None and attributes:
            usage = usage_of(attributes)
        if failure is not None:
            attributes.setdefault(semconv.ERROR_TYPE, failure.type)
        _stream_attributes(live, usage, attributes)
        if live.parent_span_id and (live.parent is None or live.parent.start_time_ns == 0):
            attributes[semconv.LOCAL_ROOT] = True
        if live.parent is None and live.trace.foreign is not None:
            trace_id, span_id = live.trace.foreign
            attributes[semconv.OTEL_PARENT_TRACE_ID] = format(trace_id, "032x")
            attributes[semconv.OTEL_PARENT_SPAN_ID] = format(span_id, "016x")
        cost = cost_of(self._pricer, usage, attributes)
        return Span(
            span_id=live.span_id,
            trace_id=live.trace_id,
            parent_id=live.parent_id,
            name=name,
            span_type=span_type,
            status=status,
            outcome=outcome,
            start_time_ns=live.start_time_ns,
            end_time_ns=live.end_time_ns,
            inputs=without_keys(inputs),
            outputs=without_keys(outputs),
            attributes=without_keys(attributes),
            events=tuple(Event(n, t, without_keys(a or {})) for n, t, a in live.events or ()),
            usage=usage,
            cost=cost,
            exception=failure,
        )

    def _fields(self, live: LiveSpan, attributes: dict[str, Any]) -> Fields | None:
        if live.read is None:
            return None
        try:
            return live.read(live)
        except Exception as e:
            attributes[semconv.READER_ERROR] = f"{type(e).__name__}: {e}"
            report(f"reading a call of {live.integration}", e)
            return None

    def _usage(self, fields: Fields, attributes: dict[str, Any]) -> Usage | None:
        usage = fields.usage
        if not usage:
            return None
        if fields.usage_id is not None:
            if fields.usage_fetched and fields.usage_id in self._counted:
                attributes[semconv.USAGE_COUNTED_BEFORE] = usage.to_dict()
                return None
            self._counted[fields.usage_id] = None
            if len(self._counted) > _REMEMBERED_USAGES:
                self._counted.popitem(last=False)
        attributes.update(usage_attributes(usage))
        return usage


def _stream_attributes(live: LiveSpan, usage: Usage | None, attributes: dict[str, Any]) -> None:
    progress = live.progress
    if progress is None or not progress.first_ns:
        return
    attributes[semconv.TIME_TO_FIRST_CHUNK] = (progress.first_ns - live.start_time_ns) / 1e9
    if progress.count:
        attributes[semconv.CHUNK_COUNT] = progress.count
    seconds = (progress.last_ns - progress.first_ns) / 1e9
    if usage is not None and usage.output_tokens and seconds > 0:
        attributes[semconv.TOKENS_PER_SECOND] = usage.output_tokens / seconds


def fragment(state: TraceState, spans: tuple[Span, ...]) -> Trace:
    """Give the part of a trace that has ended since the last time."""
    return Trace(
        trace_id=format(state.trace_id, "032x"),
        spans=spans,
        tags=without_keys(dict(state.tags or {})),
        metadata=without_keys(dict(state.metadata or {})),
        session_id=state.session_id,
        user_id=state.user_id,
        feedback=tuple(state.feedback or ()),
        expectations=dict(state.expectations or {}),
    )
