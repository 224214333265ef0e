"""Our span as the SDK's."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.trace import SpanKind, StatusCode
from otel.kit import DOCUMENTS, QUESTION, TOOLS, TRACE_ID, agent_trace, make_span, span_id

import autolog
from autolog import semconv
from autolog._model import Event, ExceptionInfo, Trace
from autolog._otel.readable import SpanTranslator
from autolog._pipeline.content import without_content


def readable_spans(trace: Trace, **options: Any) -> dict[str, Any]:
    translator = SpanTranslator(**options)
    return {format(s.context.span_id, "016x"): s for s in (translator.readable(s, trace) for s in trace.spans)}


def test_ids_names_and_times_are_ours() -> None:
    trace = agent_trace()
    found = readable_spans(trace)
    assert len(found) == 10
    for span in trace.spans:
        other = found[span.span_id]
        assert format(other.context.trace_id, "032x") == TRACE_ID
        assert (format(other.parent.span_id, "016x") if other.parent else None) == span.parent_id
        assert (other.name, other.start_time, other.end_time) == (span.name, span.start_time_ns, span.end_time_ns)
        assert other.context.trace_flags.sampled


def test_the_resource_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=ci")
    span = readable_spans(agent_trace())[span_id(1)]
    assert span.resource.attributes["service.name"] == "shop"
    assert span.resource.attributes["deployment.environment.name"] == "ci"
    assert (span.instrumentation_scope.name, span.instrumentation_scope.version) == ("autolog", autolog.__version__)


@pytest.mark.parametrize(
    ("span_type", "attributes", "kind"),
    [
        ("CHAT_MODEL", {semconv.PROVIDER_NAME: "openai"}, SpanKind.CLIENT),
        ("LLM", {semconv.SERVER_ADDRESS: "localhost"}, SpanKind.CLIENT),
        ("CHAT_MODEL", {}, SpanKind.INTERNAL),
        ("EMBEDDING", {semconv.PROVIDER_NAME: "openai"}, SpanKind.CLIENT),
        ("RETRIEVER", {semconv.SERVER_ADDRESS: "search"}, SpanKind.CLIENT),
        ("RETRIEVER", {semconv.PROVIDER_NAME: "openai"}, SpanKind.INTERNAL),
        ("TOOL", {semconv.SERVER_ADDRESS: "search"}, SpanKind.INTERNAL),
        ("AGENT", {semconv.PROVIDER_NAME: "openai"}, SpanKind.INTERNAL),
    ],
)
def test_only_calls_of_a_server_are_a_clients(span_type: str, attributes: dict[str, Any], kind: SpanKind) -> None:
    span = make_span(1, None, "call", span_type, attributes=attributes)
    assert SpanTranslator().readable(span, Trace(TRACE_ID, (span,))).kind is kind


@pytest.mark.parametrize(("profile", "code"), [("all", StatusCode.OK), ("otel", StatusCode.UNSET)])
def test_status(profile: Any, code: StatusCode) -> None:
    found = readable_spans(agent_trace(), profile=profile)
    assert found[span_id(2)].status.status_code is code
    failed = found[span_id(9)]
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.status.description == "shop.RefundError: no such order: 17"
    assert failed.attributes[semconv.ERROR_TYPE] == "shop.RefundError"


def test_an_error_without_an_exception_has_a_type() -> None:
    span = make_span(1, None, "call", "TASK", status="ERROR")
    found = SpanTranslator().readable(span, Trace(TRACE_ID, (span,)))
    assert found.attributes[semconv.ERROR_TYPE] == "_OTHER"


def test_the_exception_is_an_event_at_the_end() -> None:
    trace = agent_trace()
    (event,) = readable_spans(trace)[span_id(9)].events
    exception = trace.search_spans("execute_tool refund")[0].exception
    assert exception is not None
    assert event.name == "exception"
    assert event.timestamp == trace.search_spans("execute_tool refund")[0].end_time_ns
    assert dict(event.attributes) == {
        "exception.type": exception.type,
        "exception.message": exception.message,
        "exception.stacktrace": exception.traceback,
    }


def test_an_exception_that_is_an_event_already_is_not_told_twice() -> None:
    told = Event("exception", 5, {"exception.type": "ValueError", "exception.message": "no", "handled": True})
    span = make_span(
        1, None, "call", "TASK", status="ERROR", events=(told,), exception=ExceptionInfo("ValueError", "no")
    )
    found = SpanTranslator().readable(span, Trace(TRACE_ID, (span,)))
    assert [(e.name, e.timestamp) for e in found.events] == [("exception", 5)]


def test_events_keep_time_and_attributes() -> None:
    (event,) = readable_spans(agent_trace())[span_id(10)].events
    assert (event.name, dict(event.attributes)) == ("formatted", {"lines": 2, "parts": '{"head": 1}'})
    assert event.timestamp == agent_trace().search_spans("format_reply")[0].events[0].time_ns


def test_structured_attributes_are_json_and_the_rest_as_it_was() -> None:
    found = readable_spans(agent_trace())
    model, tool, search = (found[span_id(n)].attributes for n in (2, 3, 4))
    assert json.loads(model[semconv.INPUT_MESSAGES]) == QUESTION
    assert json.loads(model[semconv.TOOL_DEFINITIONS]) == TOOLS
    assert model[semconv.FINISH_REASONS] == ["stop"]
    assert model["gen_ai.request.temperature"] == 0.5
    assert model[semconv.SERVER_PORT] == 443
    assert json.loads(tool[semconv.TOOL_CALL_ARGUMENTS]) == {"order": 17}
    assert search[semconv.RETRIEVAL_QUERY] == "order state"
    assert json.loads(search[semconv.RETRIEVAL_DOCUMENTS]) == DOCUMENTS


def test_empty_messages_are_json_too() -> None:
    span = make_span(1, None, "chat", "CHAT_MODEL", attributes={semconv.OUTPUT_MESSAGES: [], "words": ["a"]})
    attributes = SpanTranslator().readable(span, Trace(TRACE_ID, (span,))).attributes
    assert attributes[semconv.OUTPUT_MESSAGES] == "[]"
    assert attributes["words"] == ["a"]


PARTS = {
    "text": {"content": str},
    "tool_call": {"name": str},
    "tool_call_response": {"response": object},
}


@pytest.mark.parametrize("key", [semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES])
@pytest.mark.parametrize("number", [2, 8])
def test_messages_follow_the_conventions_schema(key: str, number: int) -> None:
    messages = json.loads(readable_spans(agent_trace())[span_id(number)].attributes[key])
    assert messages
    for message in messages:
        assert message["role"] in ("system", "user", "assistant", "tool")
        assert message.get("finish_reason", "stop") in ("stop", "length", "content_filter", "tool_call", "error")
        assert message["parts"]
        for part in message["parts"]:
            for name, kind in PARTS[part["type"]].items():
                assert isinstance(part[name], kind)


@pytest.mark.parametrize("profile", ["all", "otel"])
def test_content_that_was_not_kept_is_not_sent(profile: Any) -> None:
    trace = agent_trace()
    bare = trace.with_spans(without_content(replace(s, exception=None)) for s in trace.spans)
    sent = " ".join(
        str(value)
        for span in readable_spans(bare, profile=profile).values()
        for values in (span.attributes, *(e.attributes for e in span.events))
        for value in values.values()
    )
    for words in ("order 17", "on its way", "order state", "kb-1", "call_1'", "sent", "framework's prompt"):
        assert words not in sent
    assert "gpt-4o-mini" in sent


def test_limits_are_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    span = make_span(1, None, "call", "TASK", attributes={f"key.{n}": "x" * 50 for n in range(300)})
    trace = Trace(TRACE_ID, (span,))
    whole = SpanTranslator().readable(span, trace)
    assert len(whole.attributes) > 300  # the SDK's default of 128 is for spans that are still growing
    monkeypatch.setenv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "10")
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7")
    cut = SpanTranslator().readable(span, trace)
    assert len(cut.attributes) == 10
    assert cut.dropped_attributes == len(whole.attributes) - 10
    assert cut.attributes["key.299"] == "x" * 7


def test_a_span_that_has_not_ended_is_refused() -> None:
    span = make_span(1, None, "call", "TASK", end_time_ns=None)
    with pytest.raises(ValueError, match="has not ended"):
        SpanTranslator().readable(span, Trace(TRACE_ID, (span,)))
