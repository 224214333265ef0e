"""What users of MLflow Tracing write, with the import changed."""

from __future__ import annotations

from typing import Any

import pytest

import autolog as mlflow
from autolog import Client as MlflowClient
from autolog import SpanType


@mlflow.trace(name="call-local-llm", span_type=SpanType.LLM, attributes={"model": "small"})
def ask(prompt: str) -> dict[str, Any]:
    return {"text": prompt.upper(), "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}


def test_a_decorator_with_name_type_and_attributes(traces: Any) -> None:
    ask(prompt="hi")
    span = traces.span
    assert (span.name, span.span_type, span.attributes) == ("call-local-llm", "LLM", {"model": "small"})
    assert span.inputs == {"prompt": "hi"}
    assert span.outputs["text"] == "HI"


def test_a_type_of_ones_own(traces: Any) -> None:
    @mlflow.trace(span_type="func", attributes={"key": "value"})
    def add_one(x: int) -> int:
        return x + 1

    @mlflow.trace(span_type="func", attributes={"key1": "value1"})
    def minus_one(x: int) -> int:
        return x - 1

    @mlflow.trace(name="Trace Test")
    def both(x: int) -> int:
        return minus_one(add_one(x))

    assert both(5) == 5
    (trace,) = traces.all
    assert [(s.name, s.span_type) for s in trace.spans] == [
        ("Trace Test", "UNKNOWN"),
        ("add_one", "func"),
        ("minus_one", "func"),
    ]
    assert mlflow.get_last_active_trace_id() == trace.trace_id


def test_a_context_manager(traces: Any) -> None:
    with mlflow.start_span("my_span") as span:
        span.set_inputs({"x": 1, "y": 2})
        span.set_outputs(3)
        span.set_attribute("key", "value")
        span.set_attributes({"key2": "value2"})
    assert (traces.span.inputs, traces.span.outputs) == ({"x": 1, "y": 2}, 3)
    assert traces.span.attributes == {"key": "value", "key2": "value2"}


def test_a_function_of_a_library(traces: Any) -> None:
    statistics = pytest.importorskip("statistics")
    traced = mlflow.trace(statistics.fmean, name="mean")
    assert traced([1, 2, 3]) == 2
    assert (traces.span.name, traces.span.outputs) == ("mean", 2)
    assert traces.span.inputs["data"] == [1, 2, 3]


def test_a_chain_of_questions_with_tokens(traces: Any) -> None:
    class Chain:
        @mlflow.trace(span_type=SpanType.RETRIEVER)
        def retrieve(self, question: str) -> list[str]:
            return [f"about {question}"]

        @mlflow.trace(name="predict", span_type=SpanType.CHAIN)
        def predict(self, question: str) -> str:
            documents = self.retrieve(question)
            with mlflow.start_span(name="generate", span_type=SpanType.CHAT_MODEL) as span:
                span.set_inputs({"question": question, "documents": documents})
                output = ask(question)
                span.set_outputs(output["text"])
                span.set_attributes({"model_name": "small", **output["usage"]})
            return str(output["text"])

    assert Chain().predict("why") == "WHY"
    (trace,) = traces.all
    assert [(s.name, s.span_type) for s in trace.spans] == [
        ("predict", "CHAIN"),
        ("retrieve", "RETRIEVER"),
        ("generate", "CHAT_MODEL"),
        ("call-local-llm", "LLM"),
    ]
    assert trace.spans[2].attributes["total_tokens"] == 7


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 4, "autolog.usage.total_tokens": 34},
        {"mlflow.chat.tokenUsage": {"input_tokens": 30, "output_tokens": 4, "total_tokens": 34}},
    ],
    ids=["the conventions' names", "MLflow's name"],
)
def test_token_attributes_count(traces: Any, attributes: dict[str, Any]) -> None:
    with mlflow.start_span("root"), mlflow.start_span("llm", span_type="LLM") as span:
        span.set_attributes({"gen_ai.request.model": "gpt-4o", "gen_ai.provider.name": "openai", **attributes})
    (trace,) = traces.all
    assert (trace.usage.input_tokens, trace.usage.output_tokens, trace.usage.total_tokens) == (30, 4, 34)
    assert trace.cost == pytest.approx(30 * 2.5e-6 + 4 * 10e-6)


def test_the_client(traces: Any) -> None:
    client = MlflowClient()
    root = client.start_trace("agent", inputs={"question": "where?"}, tags={"env": "test"})
    span = client.start_span(
        "search", trace_id=root.trace_id, parent_id=root.span_id, span_type="RETRIEVER", inputs={"query": "where"}
    )
    client.end_span(root.trace_id, span.span_id, outputs=["here"], attributes={"k": 1}, status="OK")
    client.end_trace(root.trace_id, outputs="here")
    (trace,) = traces.all
    assert [(s.name, s.parent_id, s.inputs, s.outputs) for s in trace.spans] == [
        ("agent", None, {"question": "where?"}, "here"),
        ("search", root.span_id, {"query": "where"}, ["here"]),
    ]
    assert trace.tags == {"env": "test"}
