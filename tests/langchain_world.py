"""What the LangChain tests call: models, chains and direct calls of the client, and who must be whose parent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import openai
import pytest
from fake_api import FakeApi
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

import autolog

__all__ = ["World", "asked", "tree", "wrong_parents"]


class World:
    """A program over the fake API. ``direct`` calls the client itself and says where from: ``direct:<name>``."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.llm = self.model()
        self.raw = openai.OpenAI(api_key="k", base_url=api.base_url, max_retries=0)
        self.prompt = ChatPromptTemplate.from_messages([("user", "{q}")])
        self.chain: Any = self.prompt | self.llm | StrOutputParser()
        self.embeddings = OpenAIEmbeddings(
            model="e", api_key="k", base_url=api.base_url, check_embedding_ctx_length=False
        )
        self.store = InMemoryVectorStore(self.embeddings)
        world = self

        @tool
        def mytool(x: str) -> str:
            "A tool."
            world.direct("mytool")
            return "ok"

        @tool
        async def myatool(x: str) -> str:
            "An async tool."
            await world.adirect("myatool")
            return "ok"

        self.tool, self.atool = mytool, myatool

    def model(self, name: str = "m", **more: Any) -> ChatOpenAI:
        options: dict[str, Any] = {
            "api_key": "k",
            "base_url": self.api.base_url,
            "max_retries": 0,
            "stream_usage": True,
            # An old langchain-openai leaves the connections of each model to the garbage collector.
            "default_headers": {"Connection": "close"},
        }
        if "use_responses_api" in more and "use_responses_api" not in ChatOpenAI.model_fields:
            pytest.skip("this langchain-openai has no Responses API")
        return ChatOpenAI(model=name, **{**options, **more})

    def filled(self) -> InMemoryVectorStore:
        """The vector store with two texts, put in untraced."""
        with autolog.suppress():
            self.store.add_texts(["a", "b"])
        return self.store

    def direct(self, where: str) -> None:
        self.raw.chat.completions.create(model="m", messages=[{"role": "user", "content": f"direct:{where}"}])

    async def adirect(self, where: str) -> None:
        async with openai.AsyncOpenAI(api_key="k", base_url=self.api.base_url, max_retries=0) as client:
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": f"direct:{where}"}])

    async def until_sent(self, count: int) -> None:
        """Wait until the server has this many requests."""
        while len(self.api.sent) < count:  # noqa: ASYNC110  (the server is in another thread)
            await asyncio.sleep(0.01)

    def close(self) -> None:
        self.raw.close()


def _texts(parts: list[dict[str, Any]]) -> str:
    return " ".join(str(p.get("content")) for p in parts if p["type"] == "text")


def asked(span: autolog.Span) -> str:
    """What the model was asked last; of an embedding or a retrieval, the text."""
    messages = span.attributes.get("gen_ai.input.messages")
    if messages:
        return _texts(messages[-1]["parts"])
    inputs = span.inputs or {}
    found = inputs.get("input") or inputs.get("texts") or inputs.get("query") or ""
    return found[0] if isinstance(found, list) else found


def _is(span: autolog.Span, integration: str) -> bool:
    return span.attributes.get("autolog.integration") == integration


def wrong_parents(spans: list[autolog.Span]) -> list[str]:
    """Every client call that is not under the run that made it."""
    by_id = {s.span_id: s for s in spans}
    wrong: list[str] = []
    for span in (s for s in spans if _is(s, "openai")):
        parent = by_id.get(span.parent_id or "")
        text = asked(span)
        if text.startswith("direct:"):
            right = (parent.name if parent else "ROOT") == text.removeprefix("direct:")
        else:
            right = parent is not None and _is(parent, "langchain") and asked(parent) == text
            right = right and parent is not None and parent.span_type == span.span_type
        if not right:
            wrong.append(f"{text!r} is under {parent!r}")
    return wrong


def tree(trace: autolog.Trace, name: Callable[[autolog.Span], str] = lambda s: s.name) -> Any:
    """The names of a trace's spans, nested: ``("root", ["leaf", ("child", [...])])``."""

    def nest(span: autolog.Span) -> Any:
        children = [nest(child) for child in trace.children(span)]
        return (name(span), children) if children else name(span)

    return [nest(root) for root in trace.children(None)]
