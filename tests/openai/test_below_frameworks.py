"""The OpenAI client as frameworks use it: each of their calls is one span, with the tokens of the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_api import FakeApi

import autolog

# The frameworks keep their async HTTP clients, which belong to the loop that they were made in.
_LOOP = asyncio.Runner()


@pytest.fixture(scope="module", autouse=True)
def loop() -> Iterator[None]:
    yield
    _LOOP.close()


def _langchain(api: FakeApi) -> Any:
    module = pytest.importorskip("langchain_openai")
    return module.ChatOpenAI(model="m", api_key="k", base_url=api.base_url, max_retries=0, stream_usage=True)


def _llama_index(api: FakeApi) -> Any:
    module = pytest.importorskip("llama_index.llms.openai")
    usage = {"stream_options": {"include_usage": True}}
    return module.OpenAI(
        model="gpt-4o-mini", api_key="k", api_base=api.base_url, max_retries=0, additional_kwargs=usage
    )


async def _collect(stream: Any) -> list[Any]:
    return [item async for item in await stream] if asyncio.iscoroutine(stream) else [item async for item in stream]


def _message() -> Any:
    from llama_index.core.llms import ChatMessage

    return [ChatMessage(role="user", content="hi")]


LANGCHAIN: dict[str, Callable[[Any], Any]] = {
    "invoke": lambda llm: llm.invoke("hi"),
    "ainvoke": lambda llm: _LOOP.run(llm.ainvoke("hi")),
    "stream": lambda llm: list(llm.stream("hi")),
    "astream": lambda llm: _LOOP.run(_collect(llm.astream("hi"))),
    "batch": lambda llm: llm.batch(["hi"]),
}
LLAMA_INDEX: dict[str, Callable[[Any], Any]] = {
    "chat": lambda llm: llm.chat(_message()),
    "achat": lambda llm: _LOOP.run(llm.achat(_message())),
}


def _check(api: FakeApi, traced: Any, text: str) -> None:
    span = traced.span
    assert len(api.sent) == 1
    assert span.status == "OK"
    assert span.usage.input_tokens == 9
    assert span.usage.output_tokens == 5
    assert span.attributes["gen_ai.input.messages"][-1]["parts"] == [{"type": "text", "content": "hi"}]
    assert text in span.attributes["gen_ai.output.messages"][0]["parts"][0]["content"]


# LlamaIndex, and LangChain before 1, leave their async HTTP clients to the garbage collector.
left_to_the_collector = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@left_to_the_collector
@pytest.mark.parametrize("style", LANGCHAIN)
def test_langchain(api: FakeApi, traced: autolog.Trace, style: str) -> None:
    LANGCHAIN[style](_langchain(api))
    _check(api, traced, "Hello")


@left_to_the_collector
@pytest.mark.parametrize("style", LLAMA_INDEX)
def test_llama_index(api: FakeApi, traced: autolog.Trace, style: str) -> None:
    LLAMA_INDEX[style](_llama_index(api))
    _check(api, traced, "Hello")
