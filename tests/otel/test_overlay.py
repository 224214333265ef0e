"""The names beside the conventions, and none of them where they are not wanted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from otel.kit import QUESTION, TRACE_ID, agent_trace, chat, make_span

from autolog import semconv
from autolog._model import Trace, Usage
from autolog._otel.attributes import span_attributes

OTHERS = ("openinference.", "input.", "output.", "llm.", "mlflow.", "langfuse.", "tag.", "metadata")


def attributes_of(number: int, *, profile: Any = "all", counts: bool = True) -> dict[str, Any]:
    trace = agent_trace()
    return dict(span_attributes(trace.spans[number - 1], trace, profile=profile, counts=counts))


@pytest.mark.parametrize(
    ("number", "kind"),
    [(1, "AGENT"), (2, "LLM"), (3, "TOOL"), (4, "RETRIEVER"), (5, "EMBEDDING"), (6, "RERANKER"), (10, "CHAIN")],
)
def test_kind(number: int, kind: str) -> None:
    found = attributes_of(number)
    assert found["openinference.span.kind"] == kind
    assert found["mlflow.spanType"] == agent_trace().spans[number - 1].span_type


def test_a_type_of_the_programs_own_is_a_chain() -> None:
    span = make_span(1, None, "step", "MY_TYPE")
    found = span_attributes(span, Trace(TRACE_ID, (span,)), profile="all")
    assert (found["openinference.span.kind"], found["mlflow.spanType"]) == ("CHAIN", "MY_TYPE")


def test_inputs_and_outputs_with_their_types() -> None:
    agent, search, model = attributes_of(1), attributes_of(4), attributes_of(2)
    assert json.loads(agent["input.value"]) == {"question": "Where is order 17?"}
    assert (agent["input.mime_type"], agent["output.mime_type"]) == ("application/json", "text/plain")
    assert agent["output.value"] == "It is on its way."
    assert (search["input.value"], search["input.mime_type"]) == ("order state", "text/plain")
    assert json.loads(model["input.value"])["messages"] == QUESTION
    assert "output.value" not in attributes_of(10)


def test_messages_stand_in_for_inputs_that_nobody_recorded() -> None:
    span = make_span(1, None, "chat", "CHAT_MODEL", attributes={semconv.INPUT_MESSAGES: QUESTION})
    found = span_attributes(span, Trace(TRACE_ID, (span,)), profile="all")
    assert json.loads(str(found["input.value"])) == QUESTION


def test_tokens_under_all_names() -> None:
    found = attributes_of(8)
    assert {k: v for k, v in found.items() if k.startswith(("gen_ai.usage.", "llm."))} == {
        "gen_ai.usage.input_tokens": 300,
        "gen_ai.usage.output_tokens": 40,
        "gen_ai.usage.cache_write.input_tokens": 5,
        "gen_ai.usage.cache_creation.input_tokens": 5,
        "gen_ai.usage.reasoning.output_tokens": 10,
        "llm.token_count.prompt": 300,
        "llm.token_count.completion": 40,
        "llm.token_count.total": 340,
        "llm.token_count.prompt_details.cache_write": 5,
        "llm.token_count.completion_details.reasoning": 10,
    }


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(120, 18, 138, 64), {"input": 56, "input_cached_tokens": 64, "output": 18, "total": 138}),
        (
            Usage(100, 50, 150, 30, 20, 40),
            {
                "input": 50,
                "input_cached_tokens": 30,
                "input_cache_creation": 20,
                "output": 10,
                "output_reasoning_tokens": 40,
                "total": 150,
            },
        ),
        (Usage(input_tokens=9), {"input": 9, "total": 9}),
        (Usage(total_tokens=12), {"total": 12}),
        (Usage(input_tokens=3, cached_input_tokens=5), {"input": 0, "input_cached_tokens": 5, "total": 3}),
    ],
)
def test_langfuse_gets_no_token_twice(usage: Usage, expected: dict[str, int]) -> None:
    span = chat(1, None, inputs=[], outputs=[], usage=usage)
    found = span_attributes(span, Trace(TRACE_ID, (span,)), profile="all")
    assert json.loads(str(found["langfuse.observation.usage_details"])) == expected
    assert found.get("llm.token_count.total") == expected["total"]


def test_a_count_that_was_not_sent_is_not_made_up() -> None:
    found = attributes_of(5)
    assert found["gen_ai.usage.input_tokens"] == 9
    assert "gen_ai.usage.output_tokens" not in found
    assert "llm.token_count.completion" not in found


@pytest.mark.parametrize("profile", ["all", "otel"])
def test_usage_that_a_span_below_sends_is_under_no_name_that_adds_up(profile: Any) -> None:
    found = attributes_of(7, profile=profile, counts=False)
    assert not [k for k in found if k.startswith(("gen_ai.usage.", "llm.token", "langfuse.observation"))]
    assert json.loads(found[semconv.USAGE_COUNTED_BELOW])["input_tokens"] == 300


def test_what_belongs_to_the_trace() -> None:
    root, child = attributes_of(1), attributes_of(2)
    for found in (root, child):
        assert (found["session.id"], found["user.id"]) == ("session-1", "user-1")
    assert root["mlflow.traceTag.mlflow.traceName"] == root["langfuse.trace.name"] == "invoke_agent support"
    assert (root["mlflow.traceTag.env"], root["mlflow.traceTag.beta"]) == ("test", "")
    assert root["langfuse.trace.tags"] == root["tag.tags"] == ["env:test", "beta"]
    assert json.loads(root["metadata"]) == {"build": 7}
    assert not [k for k in child if k.startswith(("mlflow.traceTag", "langfuse.trace", "tag.", "metadata"))]


@pytest.mark.parametrize("number", range(1, 11))
def test_the_otel_profile_has_the_conventions_alone(number: int) -> None:
    found = attributes_of(number, profile="otel")
    assert not [k for k in found if k.startswith(OTHERS)]
    assert semconv.LEGACY_CACHE_CREATION_TOKENS not in found


def test_the_otel_profile_keeps_inputs_that_the_conventions_have_no_word_for() -> None:
    agent, model, tool = (attributes_of(n, profile="otel") for n in (1, 2, 9))
    assert json.loads(agent["autolog.inputs"]) == {"question": "Where is order 17?"}
    assert agent["autolog.outputs"] == "It is on its way."
    assert "autolog.inputs" not in model
    assert json.loads(tool["autolog.inputs"]) == {"order": 17}
    assert json.loads(agent["autolog.trace.tags"]) == {"env": "test", "beta": ""}


def test_what_the_program_set_itself_wins() -> None:
    span = make_span(1, None, "step", "TASK", attributes={"input.value": "mine", "session.id": "mine"}, inputs="ours")
    found = span_attributes(span, Trace(TRACE_ID, (span,)), profile="all")
    assert (found["input.value"], found["session.id"]) == ("mine", "mine")
