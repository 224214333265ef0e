"""A streamed chain, traced: ``python examples/langchain_stream.py``.

Runs on a recording, as ``langchain_rag.py``.
"""

import os
from pathlib import Path
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

import autolog

CASSETTE = Path(__file__).parents[1] / "cassettes/langchain/stream.yaml"


def models(chat_url: str | None = None, embed_url: str | None = None) -> tuple[Any]:  # noqa: ARG001
    """A chat model of any server with OpenAI's API."""
    llm = ChatOpenAI(
        model=os.environ.get("CHAT_MODEL", "smollm2-135m-instruct"),
        base_url=chat_url or os.environ.get("OPENAI_BASE_URL", "http://model.test/v1"),
        api_key=os.environ.get("OPENAI_API_KEY", "none"),
        temperature=0,
        max_completion_tokens=24,
        stream_usage=True,  # LangChain asks only OpenAI's own server for the tokens of a stream by itself
    )
    return (llm,)


def run(llm: Any) -> str:
    """Write one sentence, word by word."""
    prompt = ChatPromptTemplate.from_messages([("user", "Write one short sentence about {thing}.")])
    chain = prompt | llm | StrOutputParser()
    return "".join(chain.stream({"thing": "the sea"}))


if __name__ == "__main__":
    autolog.autolog()
    with autolog.replay(CASSETTE):
        print(run(*models()))
    for trace in autolog.search_traces(max_results=1, return_type="list"):
        print(trace)
