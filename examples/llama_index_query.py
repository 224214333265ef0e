"""A LlamaIndex query engine over a few notes, traced: ``python examples/llama_index_query.py``.

The answers come from a recording of a small real model, so it needs no key and no network. For a server of your own take
the ``replay`` block away and set OPENAI_BASE_URL, OPENAI_API_KEY and the names of its models.
"""

import os
from pathlib import Path
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai_like import OpenAILike

import autolog

CASSETTE = Path(__file__).parents[1] / "cassettes/llama_index/query.yaml"
NOTES = {
    "garden.txt": "The rose bed is watered on Mondays and Thursdays. Each rose gets ten litres.",
    "kitchen.txt": "Bread is baked on Saturdays. The oven is heated to 230 degrees.",
    "workshop.txt": "The saw is sharpened once a month. The key hangs behind the door.",
}
QUESTION = "On which days are the roses watered?"


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
    )
    embeddings = OpenAIEmbedding(
        model_name=os.environ.get("EMBEDDING_MODEL", "all-minilm-l6-v2"), api_base=embed_url or address, api_key=key
    )
    return llm, embeddings


def run(llm: Any, embed_model: Any) -> str:
    """Index the notes and ask a question about them."""
    documents = [Document(text=text, metadata={"file": name}) for name, text in NOTES.items()]
    index = VectorStoreIndex.from_documents(documents, embed_model=embed_model)
    return str(index.as_query_engine(llm=llm, similarity_top_k=2).query(QUESTION))


if __name__ == "__main__":
    autolog.autolog()
    with autolog.replay(CASSETTE):
        print(run(*models()))
    for trace in autolog.search_traces(max_results=2, return_type="list"):
        print(trace)
