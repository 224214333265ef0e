"""Our span in OpenTelemetry's words: attributes, events and kind, without OpenTelemetry's classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from autolog import semconv
from autolog._model import Event, ExceptionInfo, Span, SpanType, Trace
from autolog._otel.overlay import INPUT_CONTENT, OUTPUT_CONTENT, Profile, overlay
from autolog._otel.values import AttributeValue, attribute_value, clean_text, json_text
from autolog._pipeline.attributes import usage_attributes

__all__ = ["START_ATTRIBUTES", "calls_a_server", "event_attributes", "span_attributes", "span_events", "status_message"]

# What the conventions want at a span's start, for samplers. Nothing else may be sent before a span is complete: the
# user's processors have not seen it.
START_ATTRIBUTES: Final = (
    semconv.OPERATION_NAME,
    semconv.PROVIDER_NAME,
    semconv.REQUEST_MODEL,
    semconv.SERVER_ADDRESS,
    semconv.SERVER_PORT,
    semconv.AGENT_NAME,
    semconv.TOOL_NAME,
    semconv.TOOL_TYPE,
)

# Lists here are messages and the like: JSON also where they are empty, or hold texts alone.
_ALWAYS_JSON: Final = frozenset(
    {
        semconv.INPUT_MESSAGES,
        semconv.OUTPUT_MESSAGES,
        semconv.SYSTEM_INSTRUCTIONS,
        semconv.TOOL_DEFINITIONS,
        semconv.RETRIEVAL_DOCUMENTS,
        semconv.TOOL_CALL_ARGUMENTS,
        semconv.TOOL_CALL_RESULT,
    }
)
_USAGE_NAMES: Final = frozenset(v for k, v in vars(semconv).items() if k.startswith("USAGE_") and k.endswith("_TOKENS"))

_MODEL_TYPES: Final = frozenset({SpanType.CHAT_MODEL, SpanType.LLM, SpanType.EMBEDDING})
_SEARCH_TYPES: Final = frozenset({SpanType.RETRIEVER, SpanType.RERANKER})


def calls_a_server(span_type: str, attributes: Mapping[str, Any]) -> bool:
    """Tell whether the span is a client's: a call of a model's provider, or of a search with an address."""
    if span_type in _MODEL_TYPES:
        return semconv.PROVIDER_NAME in attributes or semconv.SERVER_ADDRESS in attributes
    return span_type in _SEARCH_TYPES and semconv.SERVER_ADDRESS in attributes


def span_attributes(span: Span, trace: Trace, *, profile: Profile, counts: bool = True) -> dict[str, AttributeValue]:
    """Give all attributes of a span.

    ``counts`` says whether its usage and cost are its own. Where a span below it sends the same usage they are kept
    under a name that no backend adds up.
    """
    values: dict[str, Any] = {semconv.SPAN_TYPE: span.span_type, semconv.OUTCOME: span.outcome}
    values.update(span.attributes)
    if span.status == "ERROR":
        # "_OTHER" is the conventions' word for an error of unknown type.
        values.setdefault(semconv.ERROR_TYPE, span.exception.type if span.exception else "_OTHER")
    usage = span.usage or None
    if usage is not None:
        if counts:
            values.update(usage_attributes(usage))
            values[semconv.COST] = span.cost
        else:
            values = {k: v for k, v in values.items() if k not in _USAGE_NAMES}
            values[semconv.USAGE_COUNTED_BELOW] = usage.to_dict()
    if trace.session_id is not None:
        values.setdefault(semconv.SESSION_ID, trace.session_id)
    if trace.user_id is not None:
        values.setdefault(semconv.USER_ID, trace.user_id)
    if span.parent_id is None:
        values[semconv.TRACE_TAGS] = dict(trace.tags) or None
        values[semconv.TRACE_METADATA] = dict(trace.metadata) or None
    if profile == "otel":
        # The conventions have no word for inputs and outputs: ours, where theirs do not hold the content already.
        if not any(k in values for k in INPUT_CONTENT):
            values[semconv.INPUTS] = span.inputs
        if not any(k in values for k in OUTPUT_CONTENT):
            values[semconv.OUTPUTS] = span.outputs
    else:
        values = overlay(span, trace, counts=counts) | values
    return _attributes(values)


def span_events(span: Span) -> list[Event]:
    """Give a span's events, its exception among them."""
    events = list(span.events)
    exception = span.exception
    if exception is not None and not any(_tells(event, exception) for event in events):
        told = {
            semconv.EXCEPTION_TYPE: exception.type,
            semconv.EXCEPTION_MESSAGE: exception.message,
            semconv.EXCEPTION_STACKTRACE: exception.traceback,
        }
        events.append(Event(semconv.EXCEPTION_EVENT, span.end_time_ns or span.start_time_ns, told))
    return events


def event_attributes(event: Event) -> dict[str, AttributeValue]:
    """Give an event's attributes as OTLP takes them."""
    return _attributes(event.attributes)


def status_message(span: Span) -> str | None:
    """Say in a line what went wrong in a span that is an error."""
    if span.exception is not None:
        kind, message = span.exception.type, span.exception.message
        return clean_text(f"{kind}: {message}" if message else kind)
    known = span.attributes.get(semconv.ERROR_TYPE)
    return clean_text(known) if isinstance(known, str) else None


def _tells(event: Event, exception: ExceptionInfo) -> bool:
    return (
        event.name == semconv.EXCEPTION_EVENT
        and event.attributes.get(semconv.EXCEPTION_TYPE) == exception.type
        and event.attributes.get(semconv.EXCEPTION_MESSAGE) == exception.message
    )


def _attributes(values: Mapping[str, Any]) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {}
    for key, value in values.items():
        if key in _ALWAYS_JSON and isinstance(value, (list, tuple)):
            converted: AttributeValue | None = json_text(value)
        else:
            converted = attribute_value(value)
        if key and converted is not None:
            found[clean_text(key)] = converted
    return found
