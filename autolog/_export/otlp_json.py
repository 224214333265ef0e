"""Traces in OpenTelemetry's file format: OTLP as JSON.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids are hex, 64-bit integers text, enumerations
numbers. One object is one ``TracesData``: a line of a file, or the body of a request to ``/v1/traces``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from autolog._model import Event, Span, Trace, counted_spans
from autolog._otel.attributes import calls_a_server, event_attributes, span_attributes, span_events, status_message
from autolog._otel.overlay import Profile
from autolog._otel.values import AttributeValue, attribute_value, clean_text

__all__ = ["otlp_json"]

_INTERNAL: Final = 1
_CLIENT: Final = 3
_OK: Final = 1
_ERROR: Final = 2


def otlp_json(
    traces: Iterable[Trace],
    *,
    resource: Mapping[str, str] | None = None,
    version: str = "",
    profile: Profile = "all",
) -> dict[str, Any]:
    """Give traces as one OTLP/JSON ``TracesData``, ready for ``json.dumps``.

    ``resource`` says where the spans come from (``service.name``); ``version`` is autolog's. Spans that never ended
    are left out: OTLP has only ended ones.
    """
    spans: list[dict[str, Any]] = []
    for trace in traces:
        counted = frozenset(s.span_id for s in counted_spans(trace.spans))
        spans += [
            _span(s, trace, profile, counts=s.span_id in counted) for s in trace.spans if s.end_time_ns is not None
        ]
    scope = {"name": "autolog", "version": version} if version else {"name": "autolog"}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _key_values(resource or {"service.name": "unknown_service"})},
                "scopeSpans": [{"scope": scope, "spans": spans}],
            }
        ]
    }


def _span(span: Span, trace: Trace, profile: Profile, *, counts: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": clean_text(span.name),
        "kind": _CLIENT if calls_a_server(span.span_type, span.attributes) else _INTERNAL,
        "startTimeUnixNano": str(span.start_time_ns),
        "endTimeUnixNano": str(span.end_time_ns),
        "attributes": _key_values(span_attributes(span, trace, profile=profile, counts=counts)),
        "status": _status(span, profile),
    }
    if span.parent_id is not None:
        data["parentSpanId"] = span.parent_id
    events = span_events(span)
    if events:
        data["events"] = [_event(e) for e in events]
    return data


def _status(span: Span, profile: Profile) -> dict[str, Any]:
    if span.status != "ERROR":
        # The specification leaves OK to people, and a library at unset, which backends show as not known.
        return {"code": _OK} if profile == "all" else {}
    message = status_message(span)
    return {"code": _ERROR, "message": message} if message else {"code": _ERROR}


def _event(event: Event) -> dict[str, Any]:
    return {
        "name": clean_text(event.name),
        "timeUnixNano": str(event.time_ns),
        "attributes": _key_values(event_attributes(event)),
    }


def _key_values(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = ((key, attribute_value(value)) for key, value in values.items())
    return [{"key": key, "value": _any_value(value)} for key, value in found if value is not None]


def _any_value(value: AttributeValue) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case str():
            return {"stringValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [_any_value(v) for v in value]}}
