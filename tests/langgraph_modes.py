"""Graphs and agents that a context must travel through; see ``langchain_modes``."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import operator
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypedDict

from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_world import World
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send, interrupt

try:
    from langchain.agents import create_agent
except ImportError:  # langchain before 1.0: LangGraph's own
    from langgraph.prebuilt import create_react_agent as create_agent

__all__ = ["ASYNC", "SYNC", "State", "agent", "asking", "handing_over", "two_nodes", "with_child"]

SYNC: dict[str, Callable[[World], Any]] = {}
ASYNC: dict[str, Callable[[World], Awaitable[Any]]] = {}


def mode(function: Callable[[World], Any]) -> Callable[[World], Any]:
    (ASYNC if asyncio.iscoroutinefunction(function) else SYNC)[function.__name__] = function
    return function


class State(TypedDict):
    x: Annotated[list[Any], operator.add]


def line(*nodes: tuple[str, Any], name: str | None = None, **options: Any) -> Any:
    """A graph of nodes one after the other."""
    graph: Any = StateGraph(State)
    for node, function in nodes:
        graph.add_node(node, function)
    graph.add_edge(START, nodes[0][0])
    for (a, _), (b, _) in itertools.pairwise(nodes):
        graph.add_edge(a, b)
    graph.add_edge(nodes[-1][0], END)
    return graph.compile(name=name, **options)


def two_nodes(w: World, *, asynchronous: bool = False) -> Any:
    """Two nodes in parallel, then a third."""

    def node(name: str) -> Any:
        def sync(state: State) -> Any:
            w.direct(name)
            return {"x": [w.llm.invoke([HumanMessage(f"{name}q")]).content]}

        async def asynch(state: State) -> Any:
            await w.adirect(name)
            return {"x": [(await w.llm.ainvoke([HumanMessage(f"{name}q")])).content]}

        return asynch if asynchronous else sync

    def last(state: State) -> Any:
        w.direct("n3")
        return {"x": ["done"]}

    graph: Any = StateGraph(State)
    for name, function in (("n1", node("n1")), ("n2", node("n2")), ("n3", last)):
        graph.add_node(name, function)
    for a, b in ((START, "n1"), (START, "n2"), ("n1", "n3"), ("n2", "n3"), ("n3", END)):
        graph.add_edge(a, b)
    return graph.compile()


def asking(w: World, **options: Any) -> Any:
    def ask(state: State) -> Any:
        w.direct("ask")
        return {"x": [interrupt({"q": "ok?"})]}

    return line(("ask", ask), **options)


def with_child(w: World) -> Any:
    def inside(state: State) -> Any:
        w.direct("inside")
        return {"x": ["s"]}

    return line(("child", line(("inside", inside), name="sub")), name="parentgraph")


def handing_over(w: World) -> Any:
    def hand(state: State) -> Any:
        w.direct("hand")
        return Command(goto="after", graph=Command.PARENT, update={"x": ["h"]})

    graph: Any = StateGraph(State)
    graph.add_node("hsub", line(("hand", hand), name="hsub"))
    graph.add_node("after", lambda state: {"x": ["after"]})
    graph.add_edge(START, "hsub")
    graph.add_edge("after", END)
    return graph.compile(name="hparent")


def agent(w: World, *, asynchronous: bool = False, **options: Any) -> Any:
    """An agent that calls one tool and answers."""

    @tool
    def weather(city: str) -> str:
        "Weather of a city."
        w.direct("weather")
        return "sunny"

    @tool("weather")
    async def aweather(city: str) -> str:
        "Weather of a city."
        await w.adirect("weather")
        return "sunny"

    return create_agent(w.llm, tools=[aweather if asynchronous else weather], name="myagent", **options)


def _thread(name: str) -> Any:
    return {"configurable": {"thread_id": name}}


def _ask(text: str) -> Any:
    return {"messages": [("user", text)]}


@mode
def parallel_nodes(w: World) -> None:
    two_nodes(w).invoke({"x": []})


@mode
def stream_updates(w: World) -> None:
    list(two_nodes(w).stream({"x": []}, stream_mode="updates"))


@mode
def stream_messages(w: World) -> None:
    list(two_nodes(w).stream({"x": []}, stream_mode="messages"))


@mode
def direct_in_the_loop(w: World) -> None:
    for _ in two_nodes(w).stream({"x": []}, stream_mode="updates"):
        w.direct("ROOT")


@mode
def subgraph(w: World) -> None:
    with_child(w).invoke({"x": []})


@mode
def fan_out(w: World) -> None:
    graph: Any = StateGraph(State)

    def worker(state: State) -> Any:
        w.direct("w")
        return {"x": [1]}

    graph.add_node("w", worker)
    graph.add_conditional_edges(START, lambda state: [Send("w", {"x": [i]}) for i in range(3)], ["w"])
    graph.add_edge("w", END)
    graph.compile().invoke({"x": []})


@mode
def interrupt_and_resume(w: World) -> None:
    graph = asking(w, checkpointer=InMemorySaver())
    graph.invoke({"x": []}, _thread("1"))
    w.direct("ROOT")
    graph.invoke(Command(resume="yes"), _thread("1"))
    w.direct("ROOT")


@mode
def interrupt_in_a_subgraph(w: World) -> None:
    graph = line(("child", asking(w, name="isub")), checkpointer=InMemorySaver())
    graph.invoke({"x": []}, _thread("2"))
    w.direct("ROOT")


@mode
def hand_over(w: World) -> None:
    handing_over(w).invoke({"x": []})


@mode
def node_error(w: World) -> None:
    def boom(state: State) -> Any:
        w.direct("boom")
        raise ValueError("boom")

    with contextlib.suppress(ValueError):
        line(("boom", boom)).invoke({"x": []})
    w.direct("ROOT")


@mode
def functional(w: World) -> None:
    @task
    def tsk(i: int) -> int:
        w.direct("tsk")
        return i

    @entrypoint()
    def ep(n: int) -> list[int]:
        w.direct("ep")
        return [f.result() for f in [tsk(i) for i in range(n)]]

    ep.invoke(2)


@mode
def agent_invoke(w: World) -> None:
    agent(w).invoke(_ask("wq"))


@mode
def agent_stream(w: World) -> None:
    list(agent(w).stream(_ask("wq2"), stream_mode="messages"))


@mode
def agent_batch(w: World) -> None:
    agent(w).batch([_ask("wb1"), _ask("wb2")])


@mode
async def async_parallel_nodes(w: World) -> None:
    await two_nodes(w, asynchronous=True).ainvoke({"x": []})


@mode
async def astream_with_direct_in_the_loop(w: World) -> None:
    async for _ in two_nodes(w, asynchronous=True).astream({"x": []}, stream_mode=["updates", "messages"]):
        await w.adirect("ROOT")


@mode
async def agent_ainvoke(w: World) -> None:
    await agent(w, asynchronous=True).ainvoke(_ask("awq"))


@mode
async def agent_astream_events(w: World) -> None:
    async for _ in agent(w, asynchronous=True).astream_events(_ask("awq3"), version="v2"):
        pass


@mode
async def agent_astream_events_v3(w: World) -> None:
    stream = agent(w, asynchronous=True).astream_events(_ask("awq4"), version="v3")
    async for _ in await stream if asyncio.iscoroutine(stream) else stream:
        pass


@mode
async def astream_abandoned_then_direct(w: World) -> None:
    stream = two_nodes(w, asynchronous=True).astream({"x": []}, stream_mode="updates")
    async for _ in stream:
        break
    await w.adirect("ROOT")
    await stream.aclose()


@mode
async def graph_cancelled(w: World) -> None:
    async def slow(state: State) -> Any:
        await w.adirect("slow")
        await w.model("hang").ainvoke([("user", "hung")])

    running = asyncio.create_task(line(("slow", slow)).ainvoke({"x": []}))
    await w.until_sent(2)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await w.adirect("ROOT")
