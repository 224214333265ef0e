"""What the LlamaIndex tests share: a program's objects, and looks at the trees that it made."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import openai
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.llms import ChatMessage
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI

import autolog

__all__ = ["NO_KEEP_ALIVE", "QUIET", "USAGE", "Program", "ask", "shape", "wrong_parents"]

USAGE = {"stream_options": {"include_usage": True}}
# No connection outlives the event loop of its test.
NO_KEEP_ALIVE = {"Connection": "close"}
# LlamaIndex leaves its async HTTP clients to the garbage collector, and looks at what pydantic calls outdated.
QUIET = (
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::DeprecationWarning",
)


def ask(text: str) -> list[ChatMessage]:
    return [ChatMessage(role="user", content=text)]


class Program:
    """A model, an embedding model, a client of the program's own, and an index of two texts."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.llm = self.model()
        self.embeddings = OpenAIEmbedding(
            model="text-embedding-3-small", api_key="k", api_base=base_url, default_headers=NO_KEEP_ALIVE
        )
        self.client = openai.OpenAI(api_key="k", base_url=base_url, max_retries=0)

    def model(self, **options: Any) -> OpenAI:
        extra = {**USAGE, **options.pop("additional_kwargs", {})}
        settings = {
            "model": "gpt-4o-mini",
            "temperature": 0.3,
            "max_retries": 0,
            "default_headers": NO_KEEP_ALIVE,
            **options,
        }
        return OpenAI(api_key="k", api_base=self.base_url, additional_kwargs=extra, **settings)

    @cached_property
    def index(self) -> VectorStoreIndex:
        documents = [
            Document(text="The sky is blue.", metadata={"page": 1}),
            Document(text="Grass is green.", metadata={"page": 2}),
        ]
        with autolog.suppress():
            return VectorStoreIndex.from_documents(documents, embed_model=self.embeddings)

    def engine(self, **options: Any) -> Any:
        return self.index.as_query_engine(llm=self.llm, **options)

    def chat_engine(self, **options: Any) -> Any:
        return self.index.as_chat_engine(chat_mode="context", llm=self.llm, **options)

    def direct(self, text: str) -> None:
        """A call of the program's own, which says below which span it belongs."""
        self.client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])

    async def adirect(self, text: str) -> None:
        async with openai.AsyncOpenAI(api_key="k", base_url=self.base_url, max_retries=0) as client:
            await client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])


def shape(trace: autolog.Trace, span: autolog.Span | None = None) -> list[Any]:
    """The tree of a trace as nested lists of names."""
    found: list[Any] = []
    for child in trace.children(span):
        below = shape(trace, child)
        found.append([child.name, *below] if below else child.name)
    return found


def _text(span: autolog.Span) -> str:
    """What was asked: the last message, or the text that was embedded."""
    messages = span.attributes.get("gen_ai.input.messages")
    if messages:
        parts = messages[-1]["parts"]
        return "".join(str(p.get("content", p.get("response", ""))) for p in parts)
    given = span.inputs["input"]
    return given if isinstance(given, str) else " ".join(given)


def wrong_parents(traces: list[autolog.Trace]) -> list[str]:
    """The client's calls that are not below the span that made them.

    A call of the program's own says whose it is (``direct:NAME``); any other has the text of its parent's.
    """
    wrong: list[str] = []
    for trace in traces:
        by_id = {s.span_id: s for s in trace.spans}
        for span in trace.spans:
            if span.attributes["autolog.integration"] != "openai":
                continue
            parent, text = by_id.get(span.parent_id or ""), _text(span)
            name = "ROOT" if parent is None else parent.name
            if text.startswith("direct:"):
                right = text == f"direct:{name}"
            else:
                right = parent is not None and parent.attributes["autolog.integration"] == "llama_index"
                right = right and parent.span_type in ("CHAT_MODEL", "LLM", "EMBEDDING")
                right = right and text.split() == _text(parent).split()
            if not right:
                wrong.append(f"{text!r} is under {name}")
    return wrong
