"""Programs across frameworks. LangChain asks the model ``lc``, LlamaIndex ``gpt-4o-mini``, the programs themselves ``m``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

import openai
import pytest
from fake_api import FakeApi
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from llama_index.core.agent.workflow import FunctionAgent
from llamaindex_kit import NO_KEEP_ALIVE, Program, ask
from workflows import Workflow, step
from workflows.events import StartEvent, StopEvent

__all__ = ["ASYNC", "SYNC", "TREES", "Programs"]


class State(TypedDict):
    question: str
    answer: str


class Programs:
    """What the programs are made of."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.li = Program(api.base_url)
        assert self.li.index  # made untraced
        self.lc = self.model("lc")
        self.chain: Any = ChatPromptTemplate.from_messages([("user", "{q}")]) | self.lc | StrOutputParser()

    def model(self, name: str, **options: Any) -> ChatOpenAI:
        # LangChain shares one async HTTP client among all models, and a client belongs to one test's event loop.
        client = openai.DefaultAsyncHttpxClient()
        settings: dict[str, Any] = {
            "max_retries": 0,
            "stream_usage": True,
            "http_async_client": client,
            "default_headers": NO_KEEP_ALIVE,
            **options,
        }
        return ChatOpenAI(model=name, api_key="k", base_url=self.api.base_url, **settings)

    def close(self) -> None:
        self.li.client.close()


def query_as_a_tool(p: Programs) -> None:
    engine = p.li.engine()

    @tool
    def search(question: str) -> str:
        "Searches the notes."
        p.li.direct("direct:search")
        return str(engine.query(question))

    create_agent = pytest.importorskip("langchain.agents.factory").create_agent
    create_agent(p.lc, [search], name="helper").invoke({"messages": [("user", "hi")]})


def query_in_a_node(p: Programs) -> None:
    engine = p.li.engine(streaming=True)

    def look_up(state: State) -> dict[str, str]:
        p.li.direct("direct:look_up")
        return {"answer": "".join(engine.query(state["question"]).response_gen)}

    def polish(state: State) -> dict[str, str]:
        return {"answer": p.chain.invoke({"q": state["answer"]})}

    graph = StateGraph(State)
    graph.add_node("look_up", look_up)
    graph.add_node("polish", polish)
    graph.add_edge(START, "look_up")
    graph.add_edge("look_up", "polish")
    graph.add_edge("polish", END)
    graph.compile().invoke({"question": "q", "answer": ""})


def queries_in_a_batch(p: Programs) -> None:
    engine = p.li.engine()
    chain: Any = RunnableLambda(lambda q: str(engine.query(q))) | RunnableLambda(lambda a: {"q": a}) | p.chain
    chain.batch(["a", "b", "c"])


def chain_between_chunks(p: Programs) -> None:
    response = p.li.engine(streaming=True).query("q")
    for number, _ in enumerate(response.response_gen):
        if number == 1:
            p.chain.invoke({"q": "between"})


def query_between_chunks(p: Programs) -> None:
    for number, _ in enumerate(p.chain.stream({"q": "hi"})):
        if number == 1:
            p.li.engine().query("between")


async def chain_in_a_step(p: Programs) -> None:
    class Flow(Workflow):
        @step
        async def look(self, ev: StartEvent) -> StopEvent:
            await p.li.adirect("direct:look")
            await p.li.llm.achat(ask("inside"))
            return StopEvent(result=await p.chain.ainvoke({"q": "step"}))

    await Flow(timeout=30).run()


async def chain_as_a_tool(p: Programs) -> None:
    async def search(question: str) -> str:
        """Searches the notes."""
        return await p.chain.ainvoke({"q": question})

    await FunctionAgent(name="Guide", tools=[search], llm=p.li.llm).run("q")


async def agent_in_a_node(p: Programs) -> None:
    async def work(state: State) -> dict[str, str]:
        return {"answer": str(await FunctionAgent(name="Guide", tools=[], llm=p.li.llm).run(state["question"]))}

    graph = StateGraph(State)
    graph.add_node("work", work)
    graph.add_edge(START, "work")
    graph.add_edge("work", END)
    await graph.compile().ainvoke({"question": "q", "answer": ""})


SYNC: dict[str, Callable[[Programs], None]] = {
    f.__name__: f
    for f in (query_as_a_tool, query_in_a_node, queries_in_a_batch, chain_between_chunks, query_between_chunks)
}
ASYNC: dict[str, Callable[[Programs], Awaitable[None]]] = {
    f.__name__: f for f in (chain_in_a_step, chain_as_a_tool, agent_in_a_node)
}

_QUERY = [
    "RetrieverQueryEngine.query",
    ["VectorIndexRetriever.retrieve", "OpenAIEmbedding.get_query_embedding"],
    ["CompactAndRefine.synthesize", "OpenAI.chat"],
]
_STREAMED = [*_QUERY[:2], ["CompactAndRefine.synthesize", "OpenAI.stream_chat"]]
_MODEL = "ChatOpenAI"
TREES: dict[str, Any] = {
    "query_as_a_tool": ["helper", ["model", _MODEL], ["tools", ["search", _QUERY]], ["model", _MODEL]],
    "query_in_a_node": ["LangGraph", ["look_up", _STREAMED], ["polish", ["RunnableSequence", _MODEL]]],
    "chain_in_a_step": ["Flow", ["look", "OpenAI.achat", ["RunnableSequence", _MODEL]]],
    "chain_as_a_tool": [
        "Guide",
        "OpenAI.astream_chat",
        ["search", ["RunnableSequence", _MODEL]],
        "OpenAI.astream_chat",
    ],
    "agent_in_a_node": ["LangGraph", ["work", ["Guide", "OpenAI.astream_chat"]]],
}
