"""What each kind of span holds."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.core.indices.query.schema import QueryBundle
from llama_index.core.llms import ChatMessage, MockLLM
from llama_index.core.postprocessor import LLMRerank
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import FunctionTool, QueryEngineTool
from llamaindex_kit import QUIET, Program, ask

pytestmark = [pytest.mark.filterwarnings(mark) for mark in QUIET]

ANSWER = "Hello world from the fake API"
COUNTS = {
    "input_tokens": 9,
    "output_tokens": 5,
    "total_tokens": 14,
    "cached_input_tokens": 2,
    "reasoning_tokens": 1,
    "audio_input_tokens": 0,
    "audio_output_tokens": 0,
}


def weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


def text(content: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": content}]}


@pytest.mark.parametrize("streaming", [False, True])
def test_chat(program: Program, alone: Any, streaming: bool) -> None:
    messages = [ChatMessage(role="system", content="be kind"), *ask("q")]
    llm = program.model(max_tokens=20, additional_kwargs={"seed": 7})
    if streaming:
        list(llm.stream_chat(messages))
    else:
        llm.chat(messages)
    span = alone.span
    attributes = span.attributes
    assert span.span_type == "CHAT_MODEL"
    assert attributes["gen_ai.operation.name"] == "chat"
    assert attributes["gen_ai.provider.name"] == "openai_compatible"
    assert attributes["server.address"] == "127.0.0.1"
    assert attributes["gen_ai.request.model"] == "gpt-4o-mini"
    assert attributes["gen_ai.response.model"] == "gpt-4o-mini-2024"
    assert attributes["gen_ai.response.id"].startswith("chatcmpl-")
    assert attributes["gen_ai.request.temperature"] == 0.3
    assert attributes["gen_ai.request.max_tokens"] == 20
    assert attributes["gen_ai.request.seed"] == 7
    assert attributes["gen_ai.input.messages"] == [text("be kind", "system"), text("q")]
    assert attributes["gen_ai.output.messages"] == [{**text(ANSWER, "assistant"), "finish_reason": "stop"}]
    assert attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert span.usage.to_dict() == COUNTS
    assert ("gen_ai.request.stream" in attributes) is streaming
    assert ("gen_ai.response.time_to_first_chunk" in attributes) is streaming
    assert attributes.get("autolog.stream.chunk_count", 0) == (9 if streaming else 0)


@pytest.mark.parametrize("streaming", [False, True])
def test_completion(program: Program, alone: Any, streaming: bool) -> None:
    if streaming:
        list(program.llm.stream_complete("say it"))
    else:
        program.llm.complete("say it")
    span = alone.span
    assert span.attributes["gen_ai.operation.name"] == "text_completion"
    assert span.inputs == {"prompt": "say it"}
    assert span.attributes["gen_ai.input.messages"] == [text("say it")]
    assert span.attributes["gen_ai.output.messages"][0]["parts"] == [{"type": "text", "content": ANSWER}]
    assert span.usage.to_dict() == COUNTS


def test_without_usage(program: Program, alone: Any) -> None:
    list(program.model(additional_kwargs={"model": "m+nousage"}).stream_chat(ask("q")))
    program.model(additional_kwargs={"model": "m+nousage"}).chat(ask("q"))
    assert [s.usage for s in alone.spans] == [None, None]


@pytest.mark.parametrize("streaming", [False, True])
def test_the_responses_api(program: Program, alone: Any, streaming: bool) -> None:
    library: Any = pytest.importorskip("llama_index.llms.openai")
    if not hasattr(library, "OpenAIResponses"):
        pytest.skip("this llama-index-llms-openai has no Responses API")
    llm = library.OpenAIResponses(model="gpt-4o-mini", api_key="k", api_base=program.base_url, max_retries=0)
    if streaming:
        list(llm.stream_chat(ask("q")))
    else:
        llm.chat(ask("q"))
    span = alone.span
    assert span.usage.to_dict() == {
        "input_tokens": 11,
        "output_tokens": 6,
        "total_tokens": 17,
        "cached_input_tokens": 3,
        "reasoning_tokens": 2,
    }
    assert span.attributes["gen_ai.response.model"] == "gpt-4o-mini-2024"
    assert span.attributes["gen_ai.output.messages"][0]["parts"]


@pytest.mark.parametrize("streaming", [False, True])
def test_tool_calls(program: Program, alone: Any, streaming: bool) -> None:
    tools = [FunctionTool.from_defaults(weather)]
    if streaming:
        list(program.llm.stream_chat_with_tools(tools, user_msg="q"))
    else:
        program.llm.chat_with_tools(tools, user_msg="q")
    attributes = alone.span.attributes
    (offered,) = attributes["gen_ai.tool.definitions"]
    assert (offered["type"], offered["name"]) == ("function", "weather")
    assert offered["parameters"]["required"] == ["city"]
    call = {"type": "tool_call", "id": "call_1", "name": "weather", "arguments": {"city": "a city"}}
    assert attributes["gen_ai.output.messages"] == [
        {"role": "assistant", "parts": [call], "finish_reason": "tool_call"}
    ]
    assert attributes["autolog.tool_calls"] == ["weather"]
    assert attributes["gen_ai.response.finish_reasons"] == ["tool_calls"]


def test_an_image(alone: Any) -> None:
    block = ImageBlock(url="https://example.test/cat.png", image_mimetype="image/png")
    MockLLM().chat([ChatMessage(role="user", blocks=[TextBlock(text="what is it?"), block])])
    assert alone.span.attributes["gen_ai.input.messages"][0]["parts"] == [
        {"type": "text", "content": "what is it?"},
        {"type": "uri", "modality": "image", "mime_type": "image/png", "uri": "https://example.test/cat.png"},
    ]


def test_the_conversation_is_kept_as_it_was(program: Program, alone: Any) -> None:
    messages = ask("before")
    program.llm.chat(messages)
    messages[0].blocks[0].text = "after"
    messages.append(ChatMessage(role="user", content="later"))
    assert alone.span.attributes["gen_ai.input.messages"] == [text("before")]


def test_no_key_is_kept(program: Program, alone: Any) -> None:
    llm = program.model(default_headers={"x": "sk-header-1234"})
    llm.api_key = "sk-secret-1234"
    llm.chat(ask("q"))
    program.index.as_query_engine(llm=llm).query("q")
    for trace in alone.all:
        assert "sk-" not in trace.to_json()


def test_an_error(program: Program, alone: Any) -> None:
    with pytest.raises(Exception, match="429"):
        program.model(additional_kwargs={"model": "m+err429"}).chat(ask("q"))
    span = alone.span
    assert (span.status, span.outcome) == ("ERROR", "error")
    assert span.exception.type == "openai.RateLimitError"
    assert span.attributes["http.response.status_code"] == 429
    assert span.attributes["gen_ai.input.messages"] == [text("q")]


def test_embeddings(program: Program, alone: Any) -> None:
    program.embeddings.get_text_embedding_batch(["one", "two", "three"])
    span = alone.span
    assert span.span_type == "EMBEDDING"
    assert span.inputs == {"input": ["one", "two", "three"]}
    assert span.attributes["gen_ai.request.model"] == "text-embedding-3-small"
    assert span.attributes["autolog.embeddings.count"] == 3
    assert span.attributes["gen_ai.embeddings.dimension.count"] == len(program.embeddings.get_text_embedding("x"))


def test_a_retriever(program: Program, alone: Any) -> None:
    found = program.index.as_retriever(similarity_top_k=2).retrieve("colour?")
    span = alone.all[0].root
    assert span.span_type == "RETRIEVER"
    assert span.attributes["gen_ai.retrieval.query.text"] == "colour?"
    assert span.attributes["gen_ai.retrieval.top_k"] == 2
    assert span.attributes["gen_ai.retrieval.documents"] == [
        {"id": n.node.node_id, "score": n.score, "content": n.node.text, "metadata": n.node.metadata} for n in found
    ]
    assert {d["content"] for d in span.outputs} == {"The sky is blue.", "Grass is green."}


def test_a_reranker(alone: Any) -> None:
    class Ranker(MockLLM):
        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
            answer = super().complete(prompt, formatted, **kwargs)
            answer.text = "Doc: 2, Relevance: 9"
            return answer

    nodes = [NodeWithScore(node=TextNode(text=t, id_=t), score=0.5) for t in ("one", "two")]
    LLMRerank(llm=Ranker(), top_n=1).postprocess_nodes(nodes, QueryBundle("q"))
    span = alone.all[0].root
    assert (span.name, span.span_type) == ("LLMRerank.postprocess_nodes", "RERANKER")
    assert [d["id"] for d in span.inputs["documents"]] == ["one", "two"]
    assert span.attributes["gen_ai.retrieval.query.text"] == "q"
    assert span.attributes["gen_ai.retrieval.documents"] == [{"id": "two", "score": 9.0, "content": "two"}]


@pytest.mark.parametrize("streaming", [False, True])
def test_a_query(program: Program, alone: Any, streaming: bool) -> None:
    response = program.engine(streaming=streaming).query("q")
    if streaming:
        "".join(response.response_gen)
    (trace,) = alone.all
    synthesis = next(s for s in trace.spans if s.name.endswith("synthesize"))
    assert trace.root.inputs == {"query": "q"}
    assert trace.root.outputs == synthesis.outputs == {"response": ANSWER}
    assert synthesis.inputs["documents"] == [n.node.node_id for n in response.source_nodes]
    assert trace.usage.to_dict() == COUNTS


async def test_an_agent(program: Program, alone: Any) -> None:
    agent = FunctionAgent(name="Guide", tools=[weather], llm=program.llm, system_prompt="Be short.")
    answer = await agent.run("How is it?")
    (trace,) = alone.all
    root = trace.root
    assert (root.name, root.span_type) == ("Guide", "AGENT")
    assert root.attributes["gen_ai.agent.name"] == "Guide"
    assert root.attributes["gen_ai.input.messages"] == [text("How is it?")]
    assert root.attributes["gen_ai.output.messages"] == [text(str(answer), "assistant")]
    assert root.attributes["gen_ai.system_instructions"] == [{"type": "text", "content": "Be short."}]
    assert root.outputs["response"] == ANSWER
    (tool,) = trace.search_spans(span_type="TOOL")
    assert tool.attributes["gen_ai.tool.name"] == "weather"
    assert tool.attributes["gen_ai.tool.call.id"] == "call_1"
    assert tool.attributes["gen_ai.tool.description"].endswith("The weather in a city.")
    assert tool.inputs == {"city": "a city"}
    assert tool.outputs == "sunny in a city"
    models = trace.search_spans(span_type="CHAT_MODEL")
    assert [m.usage.total_tokens for m in models] == [14, 14]
    assert models[1].attributes["gen_ai.output.messages"][0]["parts"] == [{"type": "text", "content": ANSWER}]
    response = {"type": "tool_call_response", "id": "call_1", "response": "sunny in a city"}
    assert models[1].attributes["gen_ai.input.messages"][-1] == {"role": "tool", "parts": [response]}
    assert trace.usage.total_tokens == 28


async def test_a_react_agent(alone: Any) -> None:
    class Thinks(MockLLM):
        turn: int = 0

        async def astream_chat(self, messages: Any, **kwargs: Any) -> Any:
            self.turn += 1
            self.max_tokens = None
            said = (
                'Thought: look.\nAction: weather\nAction Input: {"city": "Rome"}'
                if self.turn == 1
                else "Thought: I can answer.\nAnswer: It is sunny."
            )
            from llama_index.core.llms import ChatResponse

            async def stream() -> Any:
                yield ChatResponse(message=ChatMessage(role="assistant", content=said), delta=said)

            return stream()

    await ReActAgent(tools=[weather], llm=Thinks()).run("How is Rome?")
    (trace,) = alone.all
    assert (trace.root.name, trace.root.outputs["response"]) == ("ReActAgent", "It is sunny.")
    (tool,) = trace.search_spans(span_type="TOOL")
    assert (tool.name, tool.inputs, tool.outputs) == ("weather", {"city": "Rome"}, "sunny in Rome")


async def test_a_tool_that_fails(program: Program, alone: Any) -> None:
    def broken(city: str) -> str:
        """The weather."""
        raise ValueError("no weather today")

    await FunctionAgent(tools=[broken], llm=program.llm).run("q")
    (trace,) = alone.all
    (tool,) = trace.search_spans(span_type="TOOL")
    assert (tool.status, tool.exception.type, tool.exception.message) == ("ERROR", "ValueError", "no weather today")
    assert trace.root.status == "OK"


async def test_a_tool_that_is_not_there(alone: Any, program: Program) -> None:
    class Invents(type(program.llm)):  # type: ignore[misc]
        def get_tool_calls_from_response(self, response: Any, *args: Any, **kwargs: Any) -> Any:
            found = super().get_tool_calls_from_response(response, *args, **kwargs)
            for call in found:
                call.tool_name = "invented"
            return found

    llm = Invents(model="gpt-4o-mini", api_key="k", api_base=program.base_url, max_retries=0)
    await FunctionAgent(tools=[weather], llm=llm).run("q")
    (tool,) = alone.all[0].search_spans(span_type="TOOL")
    assert (tool.name, tool.status) == ("invented", "ERROR")
    assert "not found" in tool.exception.message


def test_a_query_engine_as_a_tool(program: Program, alone: Any) -> None:
    tool = QueryEngineTool.from_defaults(program.engine(streaming=True), name="colours", description="About colours.")
    assert str(tool.call("q")) == ANSWER
    (trace,) = alone.all
    assert (trace.root.name, trace.root.inputs, trace.root.outputs) == ("colours", {"input": "q"}, ANSWER)
    assert trace.children(trace.root)[0].outputs == {"response": ANSWER}


def test_nothing_is_kept_where_content_is_off(exporter: Any, program: Program) -> None:
    import autolog

    autolog.configure(store=None, exporters=[exporter], capture_content=False)
    autolog.llama_index.autolog()
    program.engine().query("What colour is the sky?")
    assert autolog.flush()
    (trace,) = exporter.traces
    assert len(trace.spans) == 5
    assert trace.usage.total_tokens == 14
    said = trace.to_json()
    assert "sky" not in said
    assert "Hello" not in said
