"""A chain that answers from documents, traced: ``python examples/langchain_rag.py``.

Runs on a recording, so that it needs no key and no network. Without the ``with autolog.replay`` line it asks the server
at OPENAI_BASE_URL.
"""

import os
from pathlib import Path
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

import autolog

CASSETTE = Path(__file__).parents[1] / "cassettes/langchain/rag.yaml"
DOCUMENTS = (
    "The library opens at nine in the morning and closes at six.",
    "Books may be kept for four weeks.",
    "The reading room is on the second floor.",
)
QUESTION = "When does the library open?"
URL = "http://model.test/v1"


def models(chat_url: str | None = None, embed_url: str | None = None) -> tuple[Any, Any]:
    """A chat model and an embedding model of any server with OpenAI's API."""
    url, key = os.environ.get("OPENAI_BASE_URL", URL), os.environ.get("OPENAI_API_KEY", "none")
    llm = ChatOpenAI(
        model=os.environ.get("CHAT_MODEL", "smollm2-135m-instruct"),
        base_url=chat_url or url,
        api_key=key,
        temperature=0,
        max_completion_tokens=48,
    )
    embeddings = OpenAIEmbeddings(
        model=os.environ.get("EMBEDDING_MODEL", "all-minilm-l6-v2"),
        base_url=embed_url or url,
        api_key=key,
        check_embedding_ctx_length=False,  # texts as they are: the tokeniser of OpenAI's models would be downloaded
    )
    return llm, embeddings


def run(llm: Any, embeddings: Any) -> str:
    """Answer one question from three documents."""
    store = InMemoryVectorStore.from_texts(list(DOCUMENTS), embeddings)
    retriever = store.as_retriever(search_kwargs={"k": 2}) | (lambda found: "\n".join(d.page_content for d in found))
    prompt = ChatPromptTemplate.from_messages([("system", "Answer from this:\n{context}"), ("user", "{question}")])
    chain: Any = {"context": retriever, "question": RunnablePassthrough()} | prompt | llm | StrOutputParser()
    return chain.invoke(QUESTION, {"metadata": {"session_id": "reader-7"}, "tags": ["example"]})


if __name__ == "__main__":
    autolog.autolog()
    with autolog.replay(CASSETTE):
        print(run(*models()))
    for trace in autolog.search_traces(max_results=1, return_type="list"):
        print(trace)
