"""Each call of the client is below the span that made it, in every way in which LlamaIndex is used."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llamaindex_kit import QUIET, Program, ask, wrong_parents
from workflows import Workflow, step
from workflows.events import StartEvent, StopEvent

pytestmark = [pytest.mark.filterwarnings(mark) for mark in QUIET]


def leave_early(p: Program) -> None:
    for _ in p.llm.stream_chat(ask("q")):
        break


def interleave(p: Program) -> None:
    a, b = p.llm.stream_chat(ask("a")), p.llm.stream_chat(ask("b"))
    next(a), next(b), list(b), list(a)
    p.direct("direct:ROOT")


def call_between_chunks(p: Program) -> None:
    for number, _ in enumerate(p.llm.stream_chat(ask("q"))):
        if number == 1:
            p.direct("direct:ROOT")


def call_before_the_first_chunk(p: Program) -> None:
    stream = p.llm.stream_chat(ask("q"))
    p.direct("direct:ROOT")
    list(stream)


def never_read(p: Program) -> None:
    p.llm.stream_chat(ask("q"))


def refused(p: Program) -> None:
    p.model(additional_kwargs={"model": "m+err400"}).chat(ask("q"))


def broken_off(p: Program) -> None:
    list(p.model(additional_kwargs={"model": "m+sse-error"}).stream_chat(ask("q")))


SYNC: dict[str, tuple[int, Callable[[Program], Any]]] = {
    "chat": (1, lambda p: p.llm.chat(ask("q"))),
    "complete": (1, lambda p: p.llm.complete("q")),
    "stream_chat": (1, lambda p: list(p.llm.stream_chat(ask("q")))),
    "stream_complete": (1, lambda p: list(p.llm.stream_complete("q"))),
    "a stream left early": (1, leave_early),
    "two streams interleaved": (3, interleave),
    "a call in a stream's loop": (2, call_between_chunks),
    "a call before a stream is read": (2, call_before_the_first_chunk),
    "a stream that is never read": (0, never_read),
    "an error": (1, refused),
    "an error in a stream": (1, broken_off),
    "embedding": (1, lambda p: p.embeddings.get_text_embedding("e")),
    "embeddings": (1, lambda p: p.embeddings.get_text_embedding_batch(["e", "f", "g"])),
    "an index": (1, lambda p: type(p.index)(nodes=list(p.index.docstore.docs.values()), embed_model=p.embeddings)),
    "a query": (2, lambda p: p.engine().query("q")),
    "a streamed query": (2, lambda p: "".join(p.engine(streaming=True).query("q").response_gen)),
    "a retriever": (1, lambda p: p.index.as_retriever().retrieve("q")),
    "a streamed chat engine": (2, lambda p: "".join(p.chat_engine().stream_chat("q").response_gen)),
}


async def read(stream: Any) -> None:
    async for _ in await stream:
        pass


async def leave_early_async(p: Program) -> None:
    stream = await p.llm.astream_chat(ask("q"))
    await p.adirect("direct:ROOT")
    async for _ in stream:
        break
    await p.adirect("direct:ROOT")


async def streamed_query(p: Program) -> None:
    response = await p.engine(streaming=True).aquery("q")
    async for _ in response.async_response_gen():
        pass


def agent(*, streaming: bool, asynchronous: bool) -> Callable[[Program], Awaitable[Any]]:
    async def run(p: Program) -> None:
        def weather(city: str) -> str:
            """The weather."""
            p.direct("direct:weather")
            return f"sunny in {city}"

        async def aweather(city: str) -> str:
            """The weather."""
            await p.adirect("direct:aweather")
            return f"sunny in {city}"

        await FunctionAgent(tools=[aweather if asynchronous else weather], llm=p.llm, streaming=streaming).run("q")

    return run


async def two_runs(p: Program) -> None:
    runner = FunctionAgent(tools=[], llm=p.llm)
    await runner.run("first")
    await runner.run("second")
    await p.llm.achat(ask("after"))


def workflow(outcome: str) -> Callable[[Program], Awaitable[Any]]:
    async def run(p: Program) -> None:
        class Flow(Workflow):
            @step
            async def one(self, ev: StartEvent) -> StopEvent:
                if outcome == "error":
                    raise ValueError("boom")
                if outcome == "timeout":
                    await asyncio.sleep(30)
                await p.adirect("direct:one")
                await p.llm.achat(ask("inside"))
                return StopEvent(result="x")

        await Flow(timeout=0.1 if outcome == "timeout" else 30).run()

    return run


ASYNC: dict[str, tuple[int, Callable[[Program], Awaitable[Any]]]] = {
    "achat": (1, lambda p: p.llm.achat(ask("q"))),
    "astream_chat": (1, lambda p: read(p.llm.astream_chat(ask("q")))),
    "three achats": (3, lambda p: asyncio.gather(*[p.llm.achat(ask(f"q{i}")) for i in range(3)])),
    "three astream_chats": (3, lambda p: asyncio.gather(*[read(p.llm.astream_chat(ask(f"q{i}"))) for i in range(3)])),
    "a stream left early": (3, leave_early_async),
    "a query": (2, lambda p: p.engine().aquery("q")),
    "a streamed query": (2, streamed_query),
    "an agent with a tool": (3, agent(streaming=True, asynchronous=False)),
    "an agent with an async tool": (3, agent(streaming=True, asynchronous=True)),
    "an agent that does not stream": (3, agent(streaming=False, asynchronous=True)),
    "two agents, then a call": (3, two_runs),
    "a workflow": (2, workflow("done")),
    "a workflow's error": (0, workflow("error")),
    "a workflow's timeout": (0, workflow("timeout")),
}


def _check(program: Program, both: Any, expected: int) -> None:
    gc.collect()
    spans = both.spans
    assert sum(s.attributes["autolog.integration"] == "openai" for s in spans) == expected
    assert sum(s.attributes["autolog.integration"] == "llama_index" for s in spans) >= 1
    assert wrong_parents(both.all) == []


@pytest.mark.parametrize("mode", SYNC)
def test_sync(program: Program, both: Any, mode: str) -> None:
    expected, run = SYNC[mode]
    assert program.index  # made untraced
    raised = mode in ("an error", "an error in a stream")
    with pytest.raises(Exception) if raised else contextlib.nullcontext():
        run(program)
    _check(program, both, expected)


@pytest.mark.parametrize("mode", ASYNC)
async def test_async(program: Program, both: Any, mode: str) -> None:
    expected, run = ASYNC[mode]
    if mode == "an agent with a tool" and version("llama-index-core").startswith("0.12."):
        pytest.skip("runs plain functions in a thread that has no context")
    assert program.index
    raised = mode in ("a workflow's error", "a workflow's timeout")
    with pytest.raises(Exception) if raised else contextlib.nullcontext():
        await run(program)
    await asyncio.sleep(0.02)  # the loop closes what was left
    _check(program, both, expected)
