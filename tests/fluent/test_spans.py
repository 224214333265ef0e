"""What a span takes while it runs, from users of MLflow and OpenTelemetry too."""

from __future__ import annotations

import asyncio
import re
import threading
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

import autolog as mlflow
from autolog import SpanType, Trace


class Code(Enum):
    OK = "OK"
    ERROR = "ERROR"
    UNSET = "UNSET"


class Number(Enum):
    ERROR = 2


def test_attributes_type_and_ids(traces: Any) -> None:
    with mlflow.start_span("s") as span:
        assert span.attributes.get("k") is None
        span.set_attributes(None)
        span.set_attribute("k", [1])
        assert (span.get_attribute("k"), span.get_attribute("nothing"), span.attributes["k"]) == ([1], None, [1])
        span.set_span_type(SpanType.GUARDRAIL)
        assert span.request_id == span.trace_id
    span.set_span_type("TOOL")  # it is over
    assert (traces.span.span_type, traces.span.get_attribute("k")) == ("GUARDRAIL", [1])
    assert traces.span.request_id == span.trace_id


def test_an_end_that_says_what_came_out(traces: Any) -> None:
    span = mlflow.start_span_no_context(
        "s", "TOOL", inputs={"q": 1}, attributes={"a": 1}, tags={"t": 1}, metadata={"m": 1}
    )
    child = mlflow.start_span_no_context("child", parent_span=span)
    assert mlflow.get_current_active_span() is None
    child.end(status=Code.ERROR)
    span.end(outputs={"o": 1}, attributes={"b": 2}, status="OK", end_time_ns=span.start_time_ns + 1_000_000)
    span.end(outputs="late")
    (trace,) = traces.all
    root, below = trace.spans
    assert (root.inputs, root.outputs, root.attributes, root.duration_ms) == ({"q": 1}, {"o": 1}, {"a": 1, "b": 2}, 1.0)
    assert (trace.tags, trace.metadata) == ({"t": "1"}, {"m": 1})
    assert (below.parent_id, below.status) == (root.span_id, "ERROR")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("OK", "OK"),
        ("ERROR", "ERROR"),
        ("UNSET", "OK"),
        (Code.ERROR, "ERROR"),
        (Code.UNSET, "OK"),
        (Number.ERROR, "ERROR"),
        (SimpleNamespace(status_code=Code.ERROR, description="no"), "ERROR"),
    ],
)
def test_statuses(traces: Any, given: object, kept: str) -> None:
    with mlflow.start_span("s") as span:
        span.set_status(given)
        with pytest.raises(ValueError, match="status is 'OK' or 'ERROR', not 'FINE'"):
            span.set_status("FINE")
    assert traces.span.status == kept


def test_events_as_objects(traces: Any) -> None:
    with mlflow.start_span("s") as span:
        span.add_event(SimpleNamespace(name="theirs", timestamp=5, attributes={"k": 1}))
        span.add_event(mlflow.Event("ours", 6, {"k": 2}))
        span.add_event("named", attributes={"k": 3})
        odd: Any = "text"
        span.add_event("odd", odd)
    events = [(e.name, e.attributes) for e in traces.span.events]
    assert events == [("theirs", {"k": 1}), ("ours", {"k": 2}), ("named", {"k": 3}), ("odd", {"value": "text"})]
    assert [e.time_ns for e in traces.span.events][:2] == [5, 6]


def test_an_exception_in_words(traces: Any) -> None:
    class Sullen:
        def __str__(self) -> str:
            raise RuntimeError

    with mlflow.start_span("s") as span:
        sullen: Any = Sullen()
        span.record_exception(sullen)
        span.record_exception("the tap is dry")
    assert (traces.span.status, traces.span.exception.type) == ("ERROR", "Exception")
    assert traces.span.exception.message == "the tap is dry"
    assert [e.attributes["exception.message"] for e in traces.span.events] == ["<its __str__ raised RuntimeError>"]


def test_several_exceptions_are_all_kept_in_order(traces: Any) -> None:
    with pytest.raises(OSError, match="third"), mlflow.start_span("s") as span:
        for error in (ValueError("first api_key=sk-aaaaaaaaaaaaaaaa1"), KeyError("second")):
            try:
                raise error
            except Exception as e:
                span.record_exception(e)
                span.record_exception(e)  # the same again
        last = OSError("third")
        span.record_exception(last)
        raise last
    found = traces.span
    assert (found.exception.type, found.exception.message) == ("OSError", "third")
    told = [(e.name, dict(e.attributes)) for e in found.events]
    assert [(name, a["exception.type"]) for name, a in told] == [("exception", "ValueError"), ("exception", "KeyError")]
    assert "raise error" in told[0][1]["exception.stacktrace"]
    assert "sk-aaaa" not in repr(told)
    assert found.start_time_ns <= found.events[0].time_ns <= found.events[1].time_ns <= found.end_time_ns
    (trace,) = traces.all
    assert Trace.from_json(trace.to_json()) == trace


def test_the_trace_is_updated_as_mlflow_does(traces: Any) -> None:
    with mlflow.start_span("root"), mlflow.start_span("child"):
        mlflow.update_current_trace(
            metadata={"mlflow.trace.session": "s-1", "mlflow.trace.user": "u-1", "m": 1},
            client_request_id="r-1",
            request_preview="asked",
            response_preview="answered",
            state="ERROR",
        )
        with pytest.raises(ValueError, match="status is 'OK' or 'ERROR', not 'DONE'"):
            mlflow.update_current_trace(state="DONE")
    with mlflow.start_span("named"):
        mlflow.update_current_trace(metadata={"mlflow.trace.session": "s-2"}, session_id="s-3", user="ann")
    first, second = traces.all
    assert (first.session_id, first.user_id, first.status) == ("s-1", "u-1", "ERROR")
    assert [s.status for s in first.spans] == ["ERROR", "OK"]
    assert first.metadata["mlflow.trace.session"] == "s-1"
    info = first.info
    assert (info.client_request_id, info.request_preview, info.response_preview) == ("r-1", "asked", "answered")
    assert (second.session_id, second.user_id) == ("s-3", "ann")


def test_a_trace_under_other_names(traces: Any) -> None:
    with mlflow.start_span("root") as span:
        span.set_inputs({"q": "é"})
        span.set_outputs([1])
        mlflow.update_current_trace(tags={"a": "b"}, metadata={"m": 1})
        with mlflow.start_span("model 1", span_type="LLM") as model:
            model.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 1, "output_tokens": 2})
    (trace,) = traces.all
    info = trace.info
    assert (info.trace_id, info.request_id) == (trace.trace_id, trace.trace_id)
    assert (info.status, info.state) == ("OK", "OK")
    assert info.timestamp_ms == info.request_time == trace.start_time_ns // 10**6
    assert info.execution_time_ms == info.execution_duration == int(trace.duration_ms)
    assert (info.tags, info.trace_metadata, info.request_metadata) == ({"a": "b"}, {"m": 1}, {"m": 1})
    assert (info.token_usage["input_tokens"], info.assessments) == (1, [])
    assert [s.name for s in trace.data.spans] == ["root", "model 1"]
    assert (trace.data.request, trace.data.response) == ('{"q": "é"}', "[1]")
    assert trace.search_spans(name=re.compile(r"^model \d")) == [trace.spans[1]]
    assert trace.search_spans(span_id=trace.spans[0].span_id) == [trace.spans[0]]
    assert trace.search_spans(name="model", span_type="LLM") == []


def test_the_last_trace_of_the_process_and_of_a_thread(traces: Any) -> None:
    @mlflow.trace
    def plain() -> None: ...

    @mlflow.trace
    async def later() -> str | None:
        return mlflow.get_active_trace_id()

    plain()
    first = mlflow.get_last_active_trace_id(thread_local=True)
    second = asyncio.run(later())
    assert first != second
    assert mlflow.get_last_active_trace_id() == second
    thread = threading.Thread(target=plain)
    thread.start()
    thread.join()
    assert mlflow.get_last_active_trace_id() == traces.all[-1].trace_id
    assert mlflow.get_last_active_trace_id(thread_local=True) == first
