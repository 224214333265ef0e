"""Our spans as spans of the program's own OpenTelemetry: one trace, both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from opentelemetry import context as contexts
from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, TraceState

from autolog._model import Span
from autolog._otel.attributes import (
    START_ATTRIBUTES,
    calls_a_server,
    event_attributes,
    span_attributes,
    span_events,
    status_message,
)
from autolog._otel.counting import DeepestUsage
from autolog._otel.overlay import Profile
from autolog._otel.propagation import RANDOM, SAMPLED, RemoteParent
from autolog._otel.values import attribute_value, clean_text
from autolog._pipeline.materialise import fragment
from autolog._tracing.context import is_suppressed
from autolog._tracing.guard import report
from autolog._tracing.span import LiveSpan

__all__ = ["Mirror", "ProviderBridge"]

# In OpenTelemetry's context: the id of our span that was made current last.
_OURS = contexts.create_key("autolog-span")
# What opentelemetry-instrumentation's suppress_instrumentation() sets; it has no public name in the API.
_SUPPRESSED: str | None = getattr(contexts, "_SUPPRESS_INSTRUMENTATION_KEY", None)


class Mirror:
    """The span of the program's tracing that stands for one of ours."""

    __slots__ = ("bridge", "flags", "span")

    def __init__(self, bridge: ProviderBridge, span: otel.Span) -> None:
        self.bridge = bridge
        self.span = span
        self.flags = int(span.get_span_context().trace_flags)


class _Attached(NamedTuple):
    token: Any
    context: Context
    before: Context


class ProviderBridge:
    """Mirrors our spans into a tracer provider while they run, and gives ours the ids of their mirrors.

    ``provider`` is a TracerProvider, or ``"global"`` for the one that the program sets, now or later.
    ``complete`` gives the record of an ended span as it may be kept, or ``None`` for a span that a processor drops:
    its mirror has begun, and ends with no more than it began with. ``profile`` says which attribute names are sent.
    Raises ``TypeError`` for anything that is no provider.
    """

    def __init__(self, provider: Any, *, complete: Callable[[LiveSpan], Span | None], profile: Profile = "all") -> None:
        if provider != "global" and not callable(getattr(provider, "get_tracer", None)):
            raise TypeError(f"tracer_provider is an OpenTelemetry TracerProvider or 'global', not {provider!r}")
        self._provider = provider
        self._complete = complete
        self._profile: Profile = profile
        self._usage = DeepestUsage()
        self._tracer: tuple[Any, otel.Tracer] | None = None

    def started(self, span: LiveSpan) -> None:
        """Start the mirror and give our span its ids."""
        try:
            self._start(span)
        except Exception as e:
            report("starting a span of the tracer provider", e)

    def activated(self, span: LiveSpan) -> Any:
        """Make the mirror current in OpenTelemetry's context."""
        try:
            if span.bridged is None and not isinstance(span, RemoteParent):
                return None
            before = contexts.get_current()
            inside = contexts.set_value(_OURS, span.span_id, otel.set_span_in_context(_mirror_of(span), before))
            return _Attached(contexts.attach(inside), inside, before)
        except Exception as e:
            report("activating a span of the tracer provider", e)
            return None

    def deactivated(self, token: Any) -> None:
        """Make what was current before current again."""
        if token is None:
            return
        try:
            _detach(token)
        except Exception as e:
            report("deactivating a span of the tracer provider", e)

    def ended(self, span: LiveSpan) -> None:
        """Complete the mirror and end it when our span ended."""
        mirror: Mirror | None = span.bridged
        if mirror is None:
            return
        try:
            # Not sampled, or ended by the program itself: nobody would see what we add.
            if mirror.span.is_recording():
                try:
                    self._finish(mirror.span, span)
                finally:
                    mirror.span.end(end_time=span.end_time_ns)
        except Exception as e:
            report("ending a span of the tracer provider", e)
        finally:
            # Children that start later need its ids alone.
            mirror.span = NonRecordingSpan(mirror.span.get_span_context())

    def _start(self, span: LiveSpan) -> None:
        if is_suppressed() or (_SUPPRESSED is not None and contexts.get_value(_SUPPRESSED)):
            return
        context = _context_for(span.parent)
        above = otel.get_current_span(context).get_span_context()
        known = span.attributes or {}
        attributes = {k: v for k in START_ATTRIBUTES if (v := attribute_value(known.get(k))) is not None}
        started = self._get_tracer().start_span(
            clean_text(span.name),
            context=context,
            kind=SpanKind.CLIENT if calls_a_server(span.span_type, known) else SpanKind.INTERNAL,
            attributes=attributes,
            start_time=span.start_time_ns,
        )
        ids = started.get_span_context()
        # A provider that does nothing gives no span of its own: an invalid one, or the parent again.
        if not ids.is_valid or ids.span_id == above.span_id:
            return
        # A child keeps our parent, also where a span of the program lies between the two.
        parent_span_id = span.parent_span_id if span.parent is not None else above.span_id
        span.adopt_ids(ids.trace_id, ids.span_id, parent_span_id)
        span.bridged = Mirror(self, started)

    def _finish(self, mirror: otel.Span, span: LiveSpan) -> None:
        record = self._complete(span)
        if record is None:
            if span.status == "ERROR":
                mirror.set_status(StatusCode.ERROR)
            return
        counts = self._usage.counts(record.span_id, record.parent_id, has_usage=bool(record.usage))
        mirror.update_name(clean_text(record.name))
        trace = fragment(span.trace, (record,))
        for key, value in span_attributes(record, trace, profile=self._profile, counts=counts).items():
            mirror.set_attribute(key, value)
        for event in span_events(record):
            mirror.add_event(clean_text(event.name), event_attributes(event), timestamp=event.time_ns)
        if record.status == "ERROR":
            mirror.set_status(StatusCode.ERROR, status_message(record))
        elif self._profile == "all":
            mirror.set_status(StatusCode.OK)

    def _get_tracer(self) -> otel.Tracer:
        provider: Any = otel.get_tracer_provider() if self._provider == "global" else self._provider
        if self._tracer is None or self._tracer[0] is not provider:
            from autolog import __version__

            self._tracer = (provider, provider.get_tracer("autolog", __version__))
        return self._tracer[1]


def _context_for(parent: LiveSpan | None) -> Context:
    """Give the context that a child of ours starts in: the current one, if it lies inside our parent."""
    current = contexts.get_current()
    if parent is None:
        return current
    # The program may have opened spans of its own inside our parent, in the same trace.
    inside = contexts.get_value(_OURS, current) == parent.span_id
    if inside and otel.get_current_span(current).get_span_context().trace_id == parent.trace.trace_id:
        return current
    return otel.set_span_in_context(_mirror_of(parent), current)


def _mirror_of(span: LiveSpan) -> otel.Span:
    mirror: Mirror | None = span.bridged
    if mirror is not None:
        return mirror.span
    # A span of another process, or one that was recorded before and has let its mirror go: its ids are its mirror's.
    remote = isinstance(span, RemoteParent)
    flags, state = SAMPLED, TraceState()
    if isinstance(span, RemoteParent):
        flags, state = span.flags & (SAMPLED | RANDOM), TraceState.from_header([span.tracestate])
    return NonRecordingSpan(SpanContext(span.trace.trace_id, int(span.span_id, 16), remote, TraceFlags(flags), state))


def _detach(attached: _Attached) -> None:
    """Undo an attach without the API's ``detach``, which logs an error where the context is another one by now."""
    runtime: Any = getattr(contexts, "_RUNTIME_CONTEXT", None)
    if runtime is None:
        contexts.detach(attached.token)
        return
    try:
        runtime.detach(attached.token)
    except ValueError:
        # Made in another context, as happens in generators: a copy of it may still hold our span as current.
        if contexts.get_current() is attached.context:
            contexts.attach(attached.before)
