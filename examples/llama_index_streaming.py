"""A LlamaIndex query engine that streams its answer, traced: ``python examples/llama_index_streaming.py``.

The span of the query ends when the answer was read, and holds it whole. Runs on a recording, as ``llama_index_query.py``.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai_like import OpenAILike

import autolog

CASSETTE = Path(__file__).parents[1] / "cassettes/llama_index/streaming.yaml"
NOTES = ["The library opens at nine and closes at six.", "The museum is closed on Mondays."]
QUESTION = "When does the library open?"


def models(chat_url: str | None = None, embed_url: str | None = None) -> tuple[Any, Any]:
    """A chat model and an embedding model of any server with OpenAI's API."""
    address = os.environ.get("OPENAI_BASE_URL", "http://model.test/v1")
    key = os.environ.get("OPENAI_API_KEY", "none")
    llm = OpenAILike(
        model=os.environ.get("CHAT_MODEL", "smollm2-135m-instruct"),
        api_base=chat_url or address,
        api_key=key,
        is_chat_model=True,
        temperature=0,
        max_tokens=48,
        # A server tells the tokens of a stream only if it is asked to.
        additional_kwargs={"stream_options": {"include_usage": True}},
    )
    embeddings = OpenAIEmbedding(
        model_name=os.environ.get("EMBEDDING_MODEL", "all-minilm-l6-v2"), api_base=embed_url or address, api_key=key
    )
    return llm, embeddings


async def run(llm: Any, embed_model: Any) -> str:
    """Ask a question and give the answer as it came."""
    index = VectorStoreIndex.from_documents([Document(text=note) for note in NOTES], embed_model=embed_model)
    response = await index.as_query_engine(llm=llm, streaming=True, similarity_top_k=1).aquery(QUESTION)
    return "".join([piece async for piece in response.async_response_gen()])


if __name__ == "__main__":
    autolog.autolog()
    with autolog.replay(CASSETTE):
        print(asyncio.run(run(*models())))
    for trace in autolog.search_traces(max_results=2, return_type="list"):
        print(trace)
