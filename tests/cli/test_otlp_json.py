"""OTLP/JSON against the protocol's own definition: what OpenTelemetry's protobuf classes read."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from render.sample import HOSTILE, agent_trace, span

from autolog import Trace, semconv
from autolog._cli.output import json_text
from autolog._export.otlp_json import otlp_json
from autolog._model import Event, ExceptionInfo

json_format: Any = pytest.importorskip("google.protobuf.json_format")
trace_pb2: Any = pytest.importorskip("opentelemetry.proto.trace.v1.trace_pb2")
ProtoSpan, TracesData = trace_pb2.Span, trace_pb2.TracesData


def _proto(data: dict[str, Any]) -> Any:
    """Read it as protobuf's JSON, which differs in one thing: there ids are base64 and in OTLP hex."""
    for resource in data["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for one in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    if key in one:
                        one[key] = base64.b64encode(bytes.fromhex(one[key])).decode()
    return json_format.ParseDict(data, TracesData(), ignore_unknown_fields=False)


def _spans(*traces: Trace, **options: Any) -> list[ProtoSpan]:
    data = json.loads(json_text(otlp_json(traces, **options)))
    return [s for r in _proto(data).resource_spans for scope in r.scope_spans for s in scope.spans]


def _attributes(one: ProtoSpan) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in one.attributes}


def test_a_trace_is_read_by_the_protocols_own_classes() -> None:
    trace = agent_trace()
    read = _spans(trace)
    ended = [s for s in trace.spans if s.end_time_ns is not None]
    assert [(s.name, s.span_id.hex(), s.parent_span_id.hex() or None) for s in read] == [
        (s.name, s.span_id, s.parent_id) for s in ended
    ]
    assert {s.trace_id.hex() for s in read} == {trace.trace_id}
    assert [(s.start_time_unix_nano, s.end_time_unix_nano) for s in read] == [
        (s.start_time_ns, s.end_time_ns) for s in ended
    ]
    assert [s.status.code for s in read] == [2 if s.status == "ERROR" else 1 for s in ended]


def test_where_it_comes_from_is_told() -> None:
    data = otlp_json([agent_trace()], resource={"service.name": "mine"}, version="1.2")
    (resource,) = _proto(data).resource_spans
    assert [(a.key, a.value.string_value) for a in resource.resource.attributes] == [("service.name", "mine")]
    assert (resource.scope_spans[0].scope.name, resource.scope_spans[0].scope.version) == ("autolog", "1.2")


def test_attributes_keep_their_types_and_usage_counts_once() -> None:
    by_id = {s.span_id.hex()[-1]: s for s in _spans(agent_trace())}
    inner, outer = _attributes(by_id["5"]), _attributes(by_id["4"])
    assert inner[semconv.USAGE_INPUT_TOKENS] == 1204
    assert inner[semconv.TIME_TO_FIRST_CHUNK] == 0.31
    assert [v.string_value for v in inner[semconv.FINISH_REASONS].values] == ["stop"]
    assert json.loads(inner[semconv.INPUT_MESSAGES])[0]["role"] == "system"
    assert semconv.USAGE_INPUT_TOKENS not in outer


def test_an_exception_is_an_event_and_the_status_message() -> None:
    (tool,) = (s for s in _spans(agent_trace()) if s.span_id.hex()[-1] == "6")
    assert tool.status.message.startswith("builtins.ValueError: no such city")
    assert [e.name for e in tool.events] == ["exception"]


@pytest.mark.parametrize(("profile", "code"), [("all", 1), ("otel", 0)])
def test_the_conventions_alone_leave_the_status_of_a_success_unset(profile: str, code: int) -> None:
    (one,) = _spans(Trace("a" * 32, (span(1, None, "s", "TOOL", 0, 1, trace_id="a" * 32),)), profile=profile)
    assert one.status.code == code


def test_a_client_call_has_the_clients_kind() -> None:
    attributes = {semconv.PROVIDER_NAME: "openai", semconv.OPERATION_NAME: "chat"}
    call = span(1, None, "chat x", "CHAT_MODEL", 0, 1, trace_id="a" * 32, attributes=attributes)
    assert [s.kind for s in _spans(Trace("a" * 32, (call,)))] == [ProtoSpan.SpanKind.SPAN_KIND_CLIENT]
    assert next(iter(_spans(agent_trace()))).kind == ProtoSpan.SpanKind.SPAN_KIND_INTERNAL


def test_no_value_breaks_the_document() -> None:
    odd = {
        "nan": float("nan"),
        "huge": 2**80,
        "none": None,
        "bytes": b"\x00",
        "mixed": [1, "a"],
        "deep": {"a": [{}]},
        "bool": True,
    }
    one = span(
        1,
        None,
        HOSTILE + "\ud800",
        "TOOL",
        0,
        1,
        trace_id="a" * 32,
        status="ERROR",
        attributes=odd,
        events=(Event("\ud800", 5, {"x": float("inf")}),),
        exception=ExceptionInfo("E", "\ud800"),
    )
    (read,) = _spans(Trace("a" * 32, (one,), tags={"k": "v"}, metadata={"m": [1]}))
    found = _attributes(read)
    assert (found["bool"], found["huge"], found["nan"]) == (True, str(2**80), "nan")
    assert "none" not in found
    assert read.name.startswith("evil \x1b]")
