"""A LangGraph graph that waits for somebody's answer, traced: ``python examples/langchain_graph.py``.

Runs on a recording, as ``langchain_rag.py``.
"""

import os
from pathlib import Path
from typing import Any, TypedDict

from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

import autolog

CASSETTE = Path(__file__).parents[1] / "cassettes/langchain/graph.yaml"


class Letter(TypedDict):
    """What the graph works on."""

    topic: str
    draft: str
    title: str


def models(chat_url: str | None = None, embed_url: str | None = None) -> tuple[Any]:  # noqa: ARG001
    """A chat model of any server with OpenAI's API."""
    llm = ChatOpenAI(
        model=os.environ.get("CHAT_MODEL", "smollm2-135m-instruct"),
        base_url=chat_url or os.environ.get("OPENAI_BASE_URL", "http://model.test/v1"),
        api_key=os.environ.get("OPENAI_API_KEY", "none"),
        temperature=0,
        max_completion_tokens=24,
    )
    return (llm,)


def run(llm: Any) -> str:
    """Draft, ask whether the draft will do, and find a title: two runs of one thread, one before and one after."""

    def write(state: Letter) -> Any:
        return {"draft": llm.invoke(f"Write one short sentence about {state['topic']}.").content}

    def review(state: Letter) -> Any:
        return {"draft": interrupt({"question": "Will this do?", "draft": state["draft"]})}

    def name(state: Letter) -> Any:
        return {"title": llm.invoke(f"Give a title of three words for: {state['draft']}").content}

    graph: Any = StateGraph(Letter)
    for node in (write, review, name):
        graph.add_node(node.__name__, node)
    for a, b in ((START, "write"), ("write", "review"), ("review", "name"), ("name", END)):
        graph.add_edge(a, b)
    letters = graph.compile(checkpointer=InMemorySaver(), name="letters")

    thread = {"configurable": {"thread_id": "letter-1"}}
    letters.invoke({"topic": "the sea"}, thread)
    return letters.invoke(Command(resume="The sea is wide and never still."), thread)["title"]


if __name__ == "__main__":
    autolog.autolog()
    with autolog.replay(CASSETTE):
        print(run(*models()))
    for trace in autolog.search_traces(max_results=2, return_type="list"):
        print(trace)
