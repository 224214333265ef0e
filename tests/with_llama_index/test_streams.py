"""Every way in which a stream can end, and what its spans hold then."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.llms import ChatMessage, ChatResponse, CustomLLM, LLMMetadata
from llama_index.core.prompts import PromptTemplate
from llamaindex_kit import QUIET, Program, ask
from pydantic import BaseModel

import autolog

pytestmark = [pytest.mark.filterwarnings(mark) for mark in QUIET]

ANSWER = "Hello world from the fake API"


async def arrived(api: Any) -> None:
    """Waits until the server, in its thread, has got a request."""
    async with asyncio.timeout(20):
        while not api.sent:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def outcomes(traces: Any) -> dict[str, str]:
    return {s.name.rpartition(".")[2]: s.outcome for s in traces.spans}


def test_a_query_ends_when_its_answer_was_read(program: Program, alone: Any) -> None:
    response = program.engine(streaming=True).query("q")
    assert "RetrieverQueryEngine.query" not in {s.name for s in alone.spans}
    assert "".join(response.response_gen) == ANSWER
    (trace,) = alone.all  # `response` is still here
    assert trace.status == "OK"
    assert outcomes(alone) == dict.fromkeys(
        ("query", "retrieve", "get_query_embedding", "synthesize", "stream_chat"), "completed"
    )
    assert trace.usage.total_tokens == 14
    assert "gen_ai.response.time_to_first_chunk" in trace.root.attributes
    assert response.response_txt is None, "nobody but the program reads it"


def test_the_answer_as_a_text(program: Program, alone: Any) -> None:
    assert str(program.engine(streaming=True).query("q")) == ANSWER
    assert alone.all[0].root.outputs == {"response": ANSWER}


async def test_an_async_query(program: Program, alone: Any) -> None:
    response = await program.engine(streaming=True).aquery("q")
    assert "".join([piece async for piece in response.async_response_gen()]) == ANSWER
    (trace,) = alone.all
    assert trace.root.outputs == {"response": ANSWER}
    assert trace.usage.total_tokens == 14
    assert set(outcomes(alone).values()) == {"completed"}


@pytest.mark.parametrize("how", ["close", "break", "drop", "never"])
def test_a_query_left_early(program: Program, alone: Any, how: str) -> None:
    response = program.engine(streaming=True).query("q")
    pieces = response.response_gen
    if how != "never":
        first = [next(pieces), next(pieces)]
        if how == "close":
            pieces.close()
        elif how == "break":
            for piece in pieces:
                first.append(piece)
                break
    else:
        first = []
    del response, pieces
    gc.collect()
    (trace,) = alone.all
    found = outcomes(alone)
    assert found["query"] == found["synthesize"] == "abandoned"
    assert found["retrieve"] == "completed"
    assert (how == "never" and "stream_chat" not in found) or found["stream_chat"] == "abandoned"
    assert trace.root.outputs == {"response": "".join(first)}
    assert trace.root.status == "OK"


async def test_an_async_query_left_early(program: Program, alone: Any) -> None:
    response = await program.engine(streaming=True).aquery("q")
    async for _ in response.async_response_gen():
        break
    await response.response_gen.aclose()
    del response
    await asyncio.sleep(0.02)
    gc.collect()
    found = outcomes(alone)
    assert found["aquery"] == found["asynthesize"] == found["astream_chat"] == "abandoned"


@pytest.mark.parametrize("how", ["close", "drop", "never"])
def test_a_model_left_early(program: Program, alone: Any, how: str) -> None:
    stream = program.llm.stream_chat(ask("q"))
    if how != "never":
        next(stream), next(stream), next(stream)
    if how == "close":
        stream.close()
    del stream
    gc.collect()
    span = alone.span
    assert (span.outcome, span.status, span.usage) == ("abandoned", "OK", None)
    if how == "never":
        assert span.outputs is None
    else:
        assert span.attributes["autolog.stream.chunk_count"] == 3
        assert span.attributes["gen_ai.output.messages"][0]["parts"][0]["content"] == "Hello world"
        assert "finish_reason" not in span.attributes["gen_ai.output.messages"][0]


async def test_an_async_model_left_early(program: Program, alone: Any) -> None:
    async for _ in await program.llm.astream_chat(ask("q")):
        break
    await asyncio.sleep(0.02)
    gc.collect()
    assert alone.span.outcome == "abandoned"


async def test_a_cancelled_stream(program: Program, api: Any, alone: Any) -> None:
    llm = program.model(additional_kwargs={"model": "m+hang"})

    async def read() -> None:
        async for _ in await llm.astream_chat(ask("q")):
            pass

    task = asyncio.create_task(read())
    await arrived(api)
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    api.released.set()
    assert alone.span.outcome == "cancelled"


def test_an_error_in_a_stream(program: Program, alone: Any) -> None:
    engine = program.index.as_query_engine(
        llm=program.model(additional_kwargs={"model": "m+sse-error"}), streaming=True
    )
    response = engine.query("q")
    with pytest.raises(Exception, match=r".+"):
        "".join(response.response_gen)
    found = outcomes(alone)
    assert found["query"] == found["synthesize"] == found["stream_chat"] == "error"
    assert alone.all[0].status == "ERROR"


@pytest.mark.parametrize("engine", ["sync", "async"])
async def test_a_chat_engine(program: Program, alone: Any, engine: str) -> None:
    if engine == "sync":
        response = program.chat_engine().stream_chat("q")
        assert "".join(response.response_gen) == ANSWER
    else:
        response = await program.chat_engine().astream_chat("q")
        assert "".join([piece async for piece in response.async_response_gen()]) == ANSWER
        await asyncio.sleep(0.02)
    (trace,) = alone.all
    assert trace.root.outputs == {"response": ANSWER}
    assert set(outcomes(alone).values()) == {"completed"}
    assert trace.usage.total_tokens == 14


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the library's own thread
def test_a_chat_engine_that_fails(program: Program, alone: Any) -> None:
    llm = program.model(additional_kwargs={"model": "m+sse-error"})
    response = program.index.as_chat_engine(chat_mode="context", llm=llm).stream_chat("q")
    with pytest.raises(Exception, match=r".+"):
        "".join(response.response_gen)
    assert alone.all[0].status == "ERROR"


@pytest.mark.parametrize("read", ["events", "result", "both"])
async def test_a_workflow_ends_whoever_reads_its_events(program: Program, alone: Any, read: str) -> None:
    handler = FunctionAgent(tools=[], llm=program.llm).run("q")
    if read != "result":
        async for _ in handler.stream_events():
            pass
    if read != "events":
        await handler
    await asyncio.sleep(0.02)
    (trace,) = alone.all
    assert trace.root.outputs["response"] == ANSWER
    assert trace.usage.total_tokens == 14


async def test_events_left_early(program: Program, alone: Any) -> None:
    handler = FunctionAgent(tools=[], llm=program.llm).run("q")
    async for _ in handler.stream_events():
        break
    await handler
    await asyncio.sleep(0.02)
    assert alone.all[0].root.outputs["response"] == ANSWER


async def test_a_workflow_that_is_cancelled(program: Program, api: Any, alone: Any) -> None:
    handler = FunctionAgent(tools=[], llm=program.model(additional_kwargs={"model": "m+hang"})).run("q")
    await arrived(api)
    await handler.cancel_run()
    with pytest.raises(Exception, match=r".*"):
        await handler
    api.released.set()
    await asyncio.sleep(0.05)
    gc.collect()
    (trace,) = alone.all
    assert "completed" not in {s.outcome for s in trace.search_spans(span_type="CHAT_MODEL")}


class City(BaseModel):
    name: str


def test_a_structured_stream(program: Program, alone: Any) -> None:
    list(program.llm.stream_structured_predict(City, PromptTemplate("A city in {country}."), country="France"))
    gc.collect()
    (trace,) = alone.all
    assert [s.name for s in trace.spans] == ["OpenAI.stream_structured_predict", "OpenAI.stream_chat"]
    assert trace.usage.total_tokens == 14


class Silent(CustomLLM):
    """A model whose methods send no events."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="silent")

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        raise NotImplementedError

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        raise NotImplementedError

    def stream_chat(self, messages: Any, **kwargs: Any) -> Any:
        return (ChatResponse(message=ChatMessage(role="assistant", content=c), delta=c) for c in "ab")


def test_a_model_without_events_ends_with_its_generator(alone: Any) -> None:
    assert len(list(Silent().stream_chat(ask("q")))) == 2
    gc.collect()
    assert alone.span.outcome == "completed"


def test_a_generator_of_the_program(program: Program, both: Any) -> None:
    @get_dispatcher("a.program").span
    def pieces() -> Any:
        yield "a"
        program.direct("direct:pieces")
        yield "b"

    assert list(pieces()) == ["a", "b"]
    gc.collect()
    (trace,) = both.all
    assert [s.name for s in trace.spans] == ["pieces", "chat m"]


def test_an_engines_generator_keeps_its_kind(program: Program, alone: Any) -> None:
    from collections.abc import AsyncGenerator, Generator
    from types import GeneratorType

    response = program.engine(streaming=True).query("q")
    assert isinstance(response.response_gen, GeneratorType)
    assert isinstance(response.response_gen, Generator)
    "".join(response.response_gen)

    async def check() -> None:
        made = await program.engine(streaming=True).aquery("q")
        assert isinstance(made.response_gen, AsyncGenerator)
        await made.response_gen.asend(None)
        with pytest.raises(ValueError, match="thrown"):
            await made.response_gen.athrow(ValueError("thrown"))
        await made.response_gen.aclose()

    asyncio.run(check())
    gc.collect()
    assert alone.all[1].root.outcome == "abandoned"


def test_texts_that_are_all_there_stay_what_they_are(program: Program, alone: Any) -> None:
    from llama_index.core.base.response.schema import StreamingResponse
    from llama_index.core.query_engine import CustomQueryEngine

    texts: Any = ["all ", "there"]

    class Engine(CustomQueryEngine):
        def custom_query(self, query_str: str) -> Any:
            return StreamingResponse(response_gen=texts)

    assert Engine().query("q").response_gen is texts
    assert [trace.root.outcome for trace in alone.all] == ["completed"]


def test_two_queries_interleaved(program: Program, alone: Any) -> None:
    a, b = (program.engine(streaming=True).query(q).response_gen for q in "ab")
    next(a), next(b), list(a), list(b)
    first, second = alone.all
    assert {first.root.inputs["query"], second.root.inputs["query"]} == {"a", "b"}
    for trace in (first, second):
        assert len(trace.spans) == 5
        (model,) = trace.search_spans(span_type="CHAT_MODEL")
        assert trace.root.inputs["query"] in model.attributes["gen_ai.input.messages"][-1]["parts"][0]["content"]


def test_a_stream_in_a_span_of_the_program(program: Program, both: Any) -> None:
    with autolog.start_span("mine"):
        response = program.engine(streaming=True).query("q")
        program.direct("direct:mine")
    assert "".join(response.response_gen) == ANSWER
    (trace,) = both.all
    assert trace.root.name == "mine"
    assert trace.usage.total_tokens == 14 * 2 + 4
