"""What a program does with LangChain and LlamaIndex; each scenario makes its own objects and gives one run of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

CHAIN, STEPS, QUERY = "prompt, model, parser", "three steps", "LlamaIndex query"


def _chain() -> Callable[[], object]:
    import fake_api
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_openai import ChatOpenAI

    client = fake_api.client()
    model: Any = ChatOpenAI(model="gpt-4o-mini", api_key="none", root_client=client, client=client.chat.completions)
    prompt = ChatPromptTemplate.from_messages([("system", "You are a helpful assistant."), ("user", "{question}")])
    return partial((prompt | model | StrOutputParser()).invoke, {"question": "hi"})


def _steps() -> Callable[[], object]:
    from langchain_core.runnables import RunnableLambda

    def add(number: int) -> int:
        return number + 1

    return partial((RunnableLambda(add) | RunnableLambda(add) | RunnableLambda(add)).invoke, 1)


def _query() -> Callable[[], object]:
    from llama_index.core import Document, MockEmbedding, VectorStoreIndex
    from llama_index.core.llms import MockLLM

    documents = [Document(text=f"Note {i}: the roses are watered on Mondays and Thursdays.") for i in range(20)]
    index: Any = VectorStoreIndex.from_documents(documents, embed_model=MockEmbedding(embed_dim=384))
    engine = index.as_query_engine(llm=MockLLM(max_tokens=64), similarity_top_k=2)
    return partial(engine.query, "When are the roses watered?")


SCENARIOS: dict[str, Callable[[], Callable[[], object]]] = {CHAIN: _chain, STEPS: _steps, QUERY: _query}
