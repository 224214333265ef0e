"""Our span as the SDK's own: what its exporters take."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanLimits
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.sdk.version import __version__ as sdk_version
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from autolog._model import Span, Trace
from autolog._otel.attributes import calls_a_server, event_attributes, span_attributes, span_events, status_message
from autolog._otel.overlay import Profile
from autolog._otel.values import AttributeValue, clean_text

__all__ = ["SpanTranslator"]

_SDK = Resource(
    {
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": sdk_version,
    }
)
_COUNT_LIMITS = ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT")


class SpanTranslator:
    """Translates spans with the resource and the limits that OpenTelemetry's environment variables set."""

    def __init__(self, *, profile: Profile = "all") -> None:
        from autolog import __version__

        self.profile: Profile = profile
        self._scope = InstrumentationScope("autolog", __version__)
        self._resource = _resource()
        # The SDK's default of 128 attributes is against programs that add them without end; a span that is already
        # recorded is cut only where somebody asked for it.
        asked = any(os.environ.get(name) for name in _COUNT_LIMITS)
        limits = SpanLimits(max_span_attributes=None if asked else SpanLimits.UNSET)
        self._count_limit = limits.max_span_attributes
        self._length_limit = limits.max_span_attribute_length

    def readable(self, span: Span, trace: Trace, *, counts: bool = True) -> ReadableSpan:
        """Give an ended span of this trace as the SDK's; ``counts`` says whether its usage is its own.

        Raises ``ValueError`` where an id is not hexadecimal, or the span has not ended.
        """
        if span.end_time_ns is None:
            raise ValueError(f"the span {span.span_id} has not ended")
        trace_id = int(span.trace_id, 16)
        return ReadableSpan(
            name=clean_text(span.name),
            context=_context(trace_id, span.span_id),
            parent=_context(trace_id, span.parent_id) if span.parent_id else None,
            resource=self._resource,
            attributes=self._limited(span_attributes(span, trace, profile=self.profile, counts=counts)),
            events=[
                Event(clean_text(event.name), attributes=event_attributes(event), timestamp=event.time_ns)
                for event in span_events(span)
            ],
            kind=SpanKind.CLIENT if calls_a_server(span.span_type, span.attributes) else SpanKind.INTERNAL,
            status=_status(span, self.profile),
            start_time=span.start_time_ns,
            end_time=span.end_time_ns,
            instrumentation_scope=self._scope,
        )

    def _limited(self, attributes: dict[str, AttributeValue]) -> BoundedAttributes | dict[str, AttributeValue]:
        if self._count_limit is None and self._length_limit is None:
            return attributes
        return BoundedAttributes(self._count_limit, attributes, immutable=True, max_value_len=self._length_limit)


def _resource() -> Resource:
    try:
        return Resource.create()
    except RuntimeError:
        # The SDK asks its detectors in threads, of which there are no new ones while the interpreter exits: the
        # environment alone then, which is the one detector that is on by default.
        unknown = Resource({"service.name": f"unknown_service:{Path(sys.executable or 'python').name}"})
        return unknown.merge(_SDK).merge(OTELResourceDetector().detect())


def _context(trace_id: int, span_id: str) -> SpanContext:
    return SpanContext(trace_id, int(span_id, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _status(span: Span, profile: Profile) -> Status:
    if span.status == "ERROR":
        return Status(StatusCode.ERROR, status_message(span))
    # The specification leaves OK to people, and a library at UNSET; the backends show UNSET as not known.
    return Status(StatusCode.OK if profile == "all" else StatusCode.UNSET)
