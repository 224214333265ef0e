"""A miss reaches the test undisguised through frameworks: their retries, fallbacks and handlers do not hide it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from autolog._replay.format import save
from autolog._replay.tape import ReplayMiss, replay

BASE_URL = "http://model.test/v1"


def _langchain(**options: Any) -> Any:
    openai = pytest.importorskip("langchain_openai")
    return openai.ChatOpenAI(model="gpt-4o-mini", base_url=BASE_URL, api_key="k", max_retries=3, **options)


def langchain() -> None:
    _langchain().invoke("Berlin?")


def langchain_stream() -> None:
    list(_langchain().stream("Berlin?"))


def langchain_async() -> None:
    asyncio.run(_langchain().ainvoke("Berlin?"))


def langchain_with_fallbacks() -> None:
    _langchain().with_fallbacks([_langchain(temperature=0.5)]).invoke("Berlin?")


def langchain_with_retry() -> None:
    _langchain().with_retry(stop_after_attempt=4).invoke("Berlin?")


def langchain_batch_that_keeps_exceptions() -> None:
    _langchain().batch(["Berlin?"], return_exceptions=True)


def langgraph() -> None:
    graphs = pytest.importorskip("langgraph.graph")
    graph = graphs.StateGraph(graphs.MessagesState)
    graph.add_node("model", lambda state: {"messages": _langchain().invoke(state["messages"])})
    graph.set_entry_point("model")
    graph.compile().invoke({"messages": [("user", "Berlin?")]})


def _llama_index() -> Any:
    openai = pytest.importorskip("llama_index.llms.openai")
    return openai.OpenAI(model="gpt-4o-mini", api_base=BASE_URL, api_key="k", max_retries=3)


def llama_index() -> None:
    _llama_index().complete("Berlin?")


def llama_index_async() -> None:
    asyncio.run(_llama_index().acomplete("Berlin?"))


WAYS: list[Callable[[], None]] = [
    langchain,
    langchain_stream,
    langchain_async,
    langchain_with_fallbacks,
    langchain_with_retry,
    langchain_batch_that_keeps_exceptions,
    langgraph,
    llama_index,
    llama_index_async,
]


@pytest.fixture
def recorded(path: Path) -> Path:
    request = RecordedRequest("POST", f"{BASE_URL}/chat/completions", {}, b'{"messages":[{"content":"Paris?"}]}')
    save(Cassette(path, (Interaction(request, RecordedResponse()),)))
    return path


@pytest.mark.filterwarnings("default")  # what other libraries say of each other is not what is tested
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_it_comes_through(recorded: Path, way: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with pytest.raises(ReplayMiss) as caught, replay(recorded) as tape:
        way()
    # Asked once: whatever tries again, waits before, or asks another model, did not get to.
    assert len(tape.calls) == 1
    assert not waited
    assert "no recorded interaction matches POST" in str(caught.value)
    assert Path(__file__).name in tape.misses[0].where
