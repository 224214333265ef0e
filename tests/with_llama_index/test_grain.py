"""A trace has the spans that a person would name, and what is hidden leaves no hole."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.prompts import PromptTemplate
from llama_index.core.query_engine import RouterQueryEngine
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.selectors import LLMSingleSelector
from llama_index.core.tools import QueryEngineTool
from llamaindex_kit import QUIET, Program, ask, shape
from pydantic import BaseModel

pytestmark = [pytest.mark.filterwarnings(mark) for mark in QUIET]

RETRIEVE = ["VectorIndexRetriever.retrieve", "OpenAIEmbedding.get_query_embedding"]


def tree(traces: Any) -> Any:
    (trace,) = traces.all
    return shape(trace)


@pytest.mark.parametrize("streaming", [False, True])
def test_a_query_is_five_spans(program: Program, alone: Any, streaming: bool) -> None:
    response = program.engine(streaming=streaming).query("What colour is the sky?")
    if streaming:
        "".join(response.response_gen)
    model = "OpenAI.stream_chat" if streaming else "OpenAI.chat"
    assert tree(alone) == [["RetrieverQueryEngine.query", RETRIEVE, ["CompactAndRefine.synthesize", model]]]


async def test_an_async_query_is_five_spans(program: Program, alone: Any) -> None:
    response = await program.engine(streaming=True).aquery("What colour is the sky?")
    assert [piece async for piece in response.async_response_gen()]
    assert tree(alone) == [
        [
            "RetrieverQueryEngine.aquery",
            ["VectorIndexRetriever.aretrieve", "OpenAIEmbedding.aget_query_embedding"],
            ["CompactAndRefine.asynthesize", "OpenAI.astream_chat"],
        ]
    ]


@pytest.mark.parametrize("mode", [ResponseMode.TREE_SUMMARIZE, ResponseMode.SIMPLE_SUMMARIZE, ResponseMode.REFINE])
def test_synthesizers_hide_their_inner_calls(program: Program, alone: Any, mode: ResponseMode) -> None:
    program.engine(response_mode=mode).query("q")
    (trace,) = alone.all
    (synthesis,) = [s for s in trace.spans if s.name.endswith(".synthesize")]
    assert {s.name for s in trace.children(synthesis)} == {"OpenAI.chat"}
    assert len(trace.children(trace.root)) == 2


def test_a_chat_engine(program: Program, alone: Any) -> None:
    "".join(program.chat_engine().stream_chat("hello").response_gen)
    assert tree(alone) == [
        ["ContextChatEngine.stream_chat", RETRIEVE, ["CompactAndRefine.synthesize", "OpenAI.stream_chat"]]
    ]


def test_a_router(program: Program, alone: Any) -> None:
    tool = QueryEngineTool.from_defaults(program.engine(), name="sky", description="about the sky")
    selector = LLMSingleSelector.from_defaults(llm=MockSelector())
    RouterQueryEngine(selector=selector, query_engine_tools=[tool], llm=program.llm).query("q")
    assert tree(alone) == [
        [
            "RouterQueryEngine.query",
            "MockSelector.complete",
            ["RetrieverQueryEngine.query", RETRIEVE, ["CompactAndRefine.synthesize", "OpenAI.chat"]],
        ]
    ]


class MockSelector(MockLLM):
    """Always chooses the first."""

    def _generate_text(self, length: int) -> str:
        return '[{"choice": 1, "reason": "the only one"}]'

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        answer = super().complete(prompt, formatted, **kwargs)
        answer.text = self._generate_text(0)
        return answer


def test_a_fusion_retriever(program: Program, alone: Any) -> None:
    inner = program.index.as_retriever()
    QueryFusionRetriever([inner], llm=program.llm, num_queries=1, use_async=False).retrieve("q")
    assert tree(alone) == [["QueryFusionRetriever.retrieve", RETRIEVE]]


def test_a_postprocessor(program: Program, alone: Any) -> None:
    program.engine(node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=-1)]).query("q")
    assert tree(alone)[0][2] == "SimilarityPostprocessor.postprocess_nodes"


def test_an_ingestion(program: Program, alone: Any) -> None:
    pipeline = IngestionPipeline(transformations=[SentenceSplitter(), program.embeddings])
    pipeline.run(nodes=list(program.index.docstore.docs.values()))
    assert tree(alone) == [["IngestionPipeline.run", "OpenAIEmbedding.get_text_embedding_batch"]]
    assert alone.spans[0].inputs == {"nodes": 2}
    assert alone.spans[0].outputs == {"nodes": 2}


class City(BaseModel):
    name: str


def test_a_structured_answer(program: Program, alone: Any) -> None:
    made = program.llm.structured_predict(City, PromptTemplate("A city in {country}."), country="France")
    # 0.12 makes the object by calling a tool.
    assert tree(alone)[0][:2] == ["OpenAI.structured_predict", "OpenAI.chat"]
    span = alone.spans[0]
    assert span.inputs == {"country": "France", "output_cls": "City"}
    assert span.outputs == made.model_dump()


def test_a_method_that_passes_on_is_one_call(alone: Any) -> None:
    MockLLM().chat(ask("q"))  # calls its own `complete`
    list(MockLLM().stream_chat(ask("q")))
    assert [s.name for s in alone.spans] == ["MockLLM.chat", "MockLLM.stream_chat"]
    assert [s.attributes["gen_ai.output.messages"][0]["parts"][0]["content"] for s in alone.spans] == [
        "user: q\nassistant: "
    ] * 2


async def test_an_agent_shows_its_calls_and_not_its_steps(program: Program, alone: Any) -> None:
    def weather(city: str) -> str:
        """The weather."""
        return "sunny"

    await FunctionAgent(tools=[weather], llm=program.llm).run("q")
    assert tree(alone) == [["FunctionAgent", "OpenAI.astream_chat", "weather", "OpenAI.astream_chat"]]


async def test_several_agents_are_told_apart(program: Program, alone: Any) -> None:
    writer = FunctionAgent(name="Writer", description="writes", llm=program.llm)
    planner = FunctionAgent(
        name="Planner", description="plans", llm=HandsOff(program.base_url), can_handoff_to=["Writer"]
    )
    await AgentWorkflow(agents=[planner, writer], root_agent="Planner").run("q")
    assert tree(alone) == [
        ["AgentWorkflow", ["Planner", "HandsOff.astream_chat"], "handoff", ["Writer", "OpenAI.astream_chat"]]
    ]
    (trace,) = alone.all
    assert [(s.name, s.attributes["gen_ai.agent.name"]) for s in trace.search_spans(span_type="AGENT")] == [
        ("Planner", "Planner"),
        ("Writer", "Writer"),
    ]
    (handoff,) = trace.search_spans("handoff")
    assert handoff.inputs == {"to_agent": "Writer", "reason": "done"}
    assert handoff.status == "OK"


class HandsOff:
    """Made into a model that hands off at once."""

    def __new__(cls, base_url: str) -> Any:
        from llama_index.llms.openai import OpenAI

        class HandsOff(OpenAI):
            def get_tool_calls_from_response(self, response: Any, *args: Any, **kwargs: Any) -> Any:
                found = super().get_tool_calls_from_response(response, *args, **kwargs)
                for call in found:
                    call.tool_name, call.tool_kwargs = "handoff", {"to_agent": "Writer", "reason": "done"}
                return found

        return HandsOff(model="gpt-4o-mini", api_key="k", api_base=base_url, max_retries=0)


def test_what_is_not_known_is_a_plain_span(alone: Any) -> None:
    dispatcher = get_dispatcher("a.program")

    class Thing:
        @dispatcher.span
        def work(self, amount: int, secret: Any = None, api_key: str = "sk-1") -> dict[str, Any]:
            return {"made": amount, "thing": self}

    Thing().work(3, api_key="sk-2", secret=object())
    span = alone.span
    assert (span.name, span.span_type) == ("Thing.work", "UNKNOWN")
    assert span.inputs == {"amount": 3}
    assert span.outputs == {"made": 3, "thing": "<Thing>"}


def test_a_prompt_is_no_span(program: Program, alone: Any) -> None:
    program.llm.predict(PromptTemplate("Is {x} true?"), x="this")
    assert tree(alone) == ["OpenAI.chat"]
