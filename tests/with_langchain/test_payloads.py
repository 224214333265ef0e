"""What the spans of models, tools, retrievers, prompts, graphs and agents hold."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

from langchain_core.caches import InMemoryCache
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.globals import set_llm_cache
from langchain_core.language_models import FakeListLLM
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import ToolException, tool
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_world import World, tree

import autolog

A = "gen_ai."


@pytest.fixture
def only(traces: Any) -> Any:
    """Trace LangChain alone."""
    autolog.langchain.autolog()
    return traces


def _by_type(traces: Any, kind: str) -> list[autolog.Span]:
    return [s for s in traces.spans if s.span_type == kind]


def test_a_model_span_has_what_the_clients_span_has(world: World, both: Any) -> None:
    model = world.model("gpt-x", temperature=0.5, max_completion_tokens=7, seed=3, stop=["END"])
    answer = model.invoke("hi")
    outer, inner = _by_type(both, "CHAT_MODEL")
    assert inner.parent_id == outer.span_id
    assert outer.name == "ChatOpenAI"
    own = {
        "autolog.integration", "openai.api.type", "autolog.retry_count", "http.response.status_code",
        "autolog.request_id", "autolog.request.method", "autolog.request.url",
    }  # fmt: skip
    if "id" not in answer.response_metadata:  # langchain-openai below 0.3.9 keeps it to itself
        own.add("gen_ai.response.id")
    expected = {k: v for k, v in inner.attributes.items() if k not in own}
    assert {k: outer.attributes.get(k) for k in expected} == expected
    assert outer.usage == inner.usage
    assert outer.attributes["gen_ai.provider.name"] == "openai_compatible"


def test_a_conversation_in_the_conventions_schema(world: World, both: Any) -> None:
    call = {"name": "weather", "args": {"city": "Rome"}, "id": "call_9", "type": "tool_call"}
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    world.llm.invoke(
        [
            SystemMessage("Be brief."),
            HumanMessage(content=[{"type": "text", "text": "look"}, image]),
            AIMessage(content="", tool_calls=[call]),
            ToolMessage("sunny", tool_call_id="call_9"),
        ]
    )
    outer, inner = _by_type(both, "CHAT_MODEL")
    messages = outer.attributes[A + "input.messages"]
    assert messages == inner.attributes[A + "input.messages"]
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "tool"]
    assert messages[1]["parts"][1] == {"type": "blob", "modality": "image", "content": "AAAA", "mime_type": "image/png"}
    assert messages[2]["parts"] == [
        {"type": "tool_call", "id": "call_9", "name": "weather", "arguments": {"city": "Rome"}}
    ]
    assert messages[3]["parts"] == [{"type": "tool_call_response", "id": "call_9", "response": "sunny"}]


def test_what_the_program_changes_later_is_not_recorded(world: World, only: Any) -> None:
    message = HumanMessage(content=[{"type": "text", "text": "before"}])
    answer = world.llm.invoke([message])
    message.content[0]["text"] = "after"  # type: ignore[index]
    answer.content = "after"
    (span,) = only.spans
    assert span.inputs == {"messages": [{"content": [{"type": "text", "text": "before"}], "type": "human"}]}
    assert span.outputs["content"] == "Hello world from the fake API"


def test_tools_offered_and_called(world: World, both: Any) -> None:
    @tool
    def weather(city: str) -> str:
        "The weather."
        return "sunny"

    world.llm.bind_tools([weather]).invoke("hi")
    outer, inner = _by_type(both, "CHAT_MODEL")
    for name in ("tool.definitions", "output.messages", "response.finish_reasons"):
        assert outer.attributes[A + name] == inner.attributes[A + name]
    assert outer.attributes["autolog.tool_calls"] == ["weather"]


def test_structured_output_is_json(world: World, only: Any) -> None:
    from pydantic import BaseModel

    class Event(BaseModel):
        name: str

    world.llm.with_structured_output(Event).invoke("hi")
    (span,) = _by_type(only, "CHAT_MODEL")
    assert span.attributes[A + "output.type"] == "json"


def test_a_stream_has_chunks_and_usage(world: World, both: Any) -> None:
    chunks = list(world.llm.stream("hi"))
    outer, inner = _by_type(both, "CHAT_MODEL")
    assert outer.attributes["autolog.stream.chunk_count"] == len(chunks)
    assert outer.attributes[A + "response.time_to_first_chunk"] > 0
    assert outer.attributes[A + "request.stream"] is True
    assert outer.usage == inner.usage
    assert outer.usage is not None
    assert outer.attributes[A + "output.messages"] == inner.attributes[A + "output.messages"]


def test_a_stream_that_was_left_has_its_text_so_far(world: World, only: Any) -> None:
    stream = world.llm.stream("hi")
    text = "".join(str(next(stream).content) for _ in range(3))
    stream.close()  # type: ignore[attr-defined]
    (span,) = only.spans
    assert (span.outcome, span.status) == ("abandoned", "OK")
    assert span.attributes[A + "output.messages"][0]["parts"] == [{"type": "text", "content": text}]


def test_an_error_has_the_providers_words(world: World, only: Any) -> None:
    with pytest.raises(Exception, match="400"):
        world.model("err400").invoke("hi")
    (span,) = only.spans
    assert (span.status, span.outcome) == ("ERROR", "error")
    assert span.attributes["http.response.status_code"] == 400
    assert span.attributes["autolog.error.code"] == "code_400"
    assert span.exception is not None
    assert span.exception.type.endswith(("BadRequestError", "OpenAIInvalidRequestError"))
    assert span.attributes[A + "input.messages"][0]["parts"][0]["content"] == "hi"


def test_no_key_is_kept(world: World, only: Any) -> None:
    world.model(api_key="sk-very-secret-key").invoke("hi")
    assert "very-secret" not in only.all[0].to_json()


def test_a_cached_answer_is_marked_and_costs_nothing(world: World, both: Any) -> None:
    set_llm_cache(InMemoryCache())
    try:
        world.llm.invoke("hi")
        world.llm.invoke("hi")
    finally:
        set_llm_cache(None)
    first, second = both.all
    assert (first.usage.total_tokens, second.usage.total_tokens) == (14, None)
    assert second.root.attributes["autolog.cached"] is True
    assert "autolog.cached" not in first.root.attributes
    assert second.root.attributes[A + "output.messages"] == first.root.attributes[A + "output.messages"]


def test_a_text_model(only: Any) -> None:
    FakeListLLM(responses=["y"]).invoke("ask")
    (span,) = only.spans
    assert (span.name, span.span_type) == ("FakeListLLM", "LLM")
    assert span.attributes[A + "operation.name"] == "text_completion"
    assert span.outputs["text"] == "y"
    assert span.inputs == {"prompts": ["ask"]}


def test_several_choices_count_their_tokens_once(only: Any) -> None:
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    class Two(FakeListChatModel):
        def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
            usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7, "input_token_details": {"cache_read": 1}}
            said = [AIMessage(t, usage_metadata=usage) for t in ("a", "b")]
            return ChatResult(generations=[ChatGeneration(message=m) for m in said])

    Two(responses=["x"]).invoke("hi")
    (span,) = only.spans
    assert span.usage == autolog.Usage(input_tokens=3, output_tokens=4, total_tokens=7, cached_input_tokens=1)
    assert len(span.attributes[A + "output.messages"]) == 2


def test_a_tool(only: Any) -> None:
    @tool
    def add(a: int, b: int) -> int:
        "Adds."
        return a + b

    add.invoke({"name": "add", "args": {"a": 1, "b": 2}, "id": "call_7", "type": "tool_call"})
    (span,) = only.spans
    assert (span.name, span.span_type, span.inputs) == ("add", "TOOL", {"a": 1, "b": 2})
    wanted = {"name": "add", "description": "Adds.", "call.id": "call_7", "call.result": "3", "type": "function"}
    assert {k: span.attributes[f"{A}tool.{k}"] for k in wanted} == wanted


@pytest.mark.parametrize("handled", [False, True])
def test_a_tool_that_fails(only: Any, handled: bool) -> None:
    def boom(x: int) -> int:
        raise ToolException("no")

    made = tool(boom, description="Fails.")
    made.handle_tool_error = handled
    call = {"name": "boom", "args": {"x": 1}, "id": "call_7", "type": "tool_call"}
    if handled:
        assert made.invoke(call).status == "error"
    else:
        with pytest.raises(ToolException):
            made.invoke(call)
    (span,) = only.spans
    assert span.status == "ERROR"
    assert span.exception is not None
    assert span.exception.message == "no"


class Letters(Embeddings):
    """A model of our own, defined before and used after tracing begins."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(len(t)), 1.0] for t in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def test_a_retriever(only: Any) -> None:
    store = InMemoryVectorStore(Letters())
    with autolog.suppress():
        store.add_documents([Document("aa", metadata={"n": 1}, id="d1"), Document("b", metadata={"n": 2}, id="d2")])
    store.as_retriever(search_kwargs={"k": 1}).invoke("a")
    retrieval, embedding = only.spans
    assert (retrieval.span_type, retrieval.name) == ("RETRIEVER", "VectorStoreRetriever")
    assert retrieval.attributes[A + "retrieval.query.text"] == "a"
    (document,) = retrieval.attributes[A + "retrieval.documents"]
    assert document == {"content": "b", "id": "d2", "metadata": {"n": 2}}
    assert retrieval.attributes[A + "data_source.id"] == "InMemoryVectorStore"
    assert not only.all[0].tags
    assert (embedding.span_type, embedding.name, embedding.parent_id) == ("EMBEDDING", "Letters", retrieval.span_id)


def test_a_search_that_the_program_makes_itself_has_scores(only: Any) -> None:
    store = InMemoryVectorStore(Letters())
    with autolog.suppress():
        store.add_texts(["aa", "b"])
    store.similarity_search_with_score("a", k=2)
    store.similarity_search("a")
    asyncio.run(store.asimilarity_search("a"))
    searches = _by_type(only, "RETRIEVER")
    assert [s.name.partition(".")[2] for s in searches] == [
        "similarity_search_with_score", "similarity_search", "asimilarity_search",
    ]  # fmt: skip
    assert [round(d["score"], 2) for d in searches[0].attributes[A + "retrieval.documents"]] == [1.0, 0.95]
    assert searches[0].attributes[A + "retrieval.top_k"] == 2


def test_embeddings_defined_later(only: Any) -> None:
    class Later(Embeddings):
        model = "later-1"

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[0.0] * 3 for _ in texts]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

        async def aembed_query(self, text: str) -> list[float]:
            return [0.0] * 3

    class Child(Later):
        def embed_query(self, text: str) -> list[float]:
            return super().embed_query(text)

    Later().embed_documents(["a", "b"])
    Child().embed_query("c")
    asyncio.run(Later().aembed_query("d"))
    asyncio.run(Later().aembed_documents(["e"]))
    assert [s.inputs["texts"] for s in only.spans] == [["a", "b"], ["c"], ["d"], ["e"]]
    first = only.spans[0]
    assert first.attributes["autolog.embeddings.count"] == 2
    assert first.attributes[A + "embeddings.dimension.count"] == 3
    assert first.attributes[A + "request.model"] == "later-1"
    assert "embed_query" in vars(Later)


def test_embeddings_of_langchain(only: Any) -> None:
    DeterministicFakeEmbedding(size=4).embed_documents(["a"])
    (span,) = only.spans
    assert span.attributes[A + "embeddings.dimension.count"] == 4


def test_configuration_becomes_the_traces(only: Any) -> None:
    chain = RunnableLambda(lambda x: x) | RunnableLambda(lambda x: x)
    metadata = {"session_id": "S", "user_id": 7, "team": "blue"}
    chain.invoke(1, {"tags": ["prod"], "metadata": metadata, "run_name": "mine"})
    (trace,) = only.all
    assert (trace.name, trace.session_id, trace.user_id) == ("mine", "S", "7")
    assert (dict(trace.tags), dict(trace.metadata)) == ({"prod": "true"}, {"team": "blue"})
    assert trace.root.attributes["autolog.tags"] == ["prod"]
    assert all("autolog.tags" not in s.attributes for s in trace.spans[1:])


def test_chain_inputs_and_outputs(world: World, only: Any) -> None:
    world.chain.invoke({"q": "hello"})
    (trace,) = only.all
    assert tree(trace, lambda s: s.span_type) == [("CHAIN", ["CHAIN", "CHAT_MODEL", "PARSER"])]
    assert trace.root.inputs == {"q": "hello"}
    assert trace.root.outputs == "Hello world from the fake API"
    assert trace.spans[1].outputs == {"messages": [{"role": "user", "parts": [{"type": "text", "content": "hello"}]}]}


def test_a_stream_given_to_a_chain_is_its_input(only: Any) -> None:
    chain = RunnableLambda(lambda x: x)
    list(chain.transform(iter(["a", "b"])))
    assert only.all[0].root.inputs == "ab"


def test_custom_events(only: Any) -> None:
    from langchain_core.callbacks import dispatch_custom_event

    RunnableLambda(lambda x: dispatch_custom_event("half way", {"n": x})).invoke(1)
    (event,) = only.span.events
    assert (event.name, event.attributes) == ("half way", {"data": {"n": 1}})
