"""What graphs and agents look like."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("langgraph")
pytest.importorskip("langchain_openai")

from langchain_world import World, tree
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from langgraph_modes import agent, asking, handing_over, two_nodes, with_child

import autolog


@pytest.fixture
def only(traces: Any) -> Any:
    autolog.langchain.autolog()
    return traces


def test_nodes_are_shown_and_no_plumbing(world: World, only: Any) -> None:
    two_nodes(world).invoke({"x": []})
    ((root, nodes),) = tree(only.all[0])
    assert root == "LangGraph"
    assert sorted(nodes[:2]) == [("n1", ["ChatOpenAI"]), ("n2", ["ChatOpenAI"])]
    assert nodes[2] == "n3"
    assert {s.span_type for s in only.spans} == {"CHAIN", "TASK", "CHAT_MODEL"}
    node = only.spans[-1]
    assert (node.attributes["autolog.langgraph.node"], node.attributes["autolog.langgraph.step"]) == ("n3", 2)


def test_a_subgraph_is_in_its_node(world: World, only: Any) -> None:
    with_child(world).invoke({"x": []})
    assert tree(only.all[0]) == [("parentgraph", [("child", [("sub", ["inside"])])])]


@pytest.mark.parametrize("streamed", [False, True])
def test_an_agent(world: World, only: Any, streamed: bool) -> None:
    pytest.importorskip("langchain.agents.factory", reason="create_agent came with langchain 1.0")
    graph = agent(world, checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "T1"}}
    question: Any = {"messages": [("user", "hi")]}
    list(graph.stream(question, config)) if streamed else graph.invoke(question, config)
    (trace,) = only.all
    assert tree(trace, lambda s: f"{s.span_type} {s.name}") == [
        ("AGENT myagent", [
            ("TASK model", ["CHAT_MODEL ChatOpenAI"]),
            ("TASK tools", ["TOOL weather"]),
            ("TASK model", ["CHAT_MODEL ChatOpenAI"]),
        ])
    ]  # fmt: skip
    assert trace.session_id == "T1"
    assert trace.root.attributes["gen_ai.agent.name"] == "myagent"
    assert trace.root.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert trace.root.inputs == {"messages": [["user", "hi"]]}
    (called,) = [s for s in trace.spans if s.span_type == "TOOL"]
    assert called.attributes["gen_ai.tool.call.id"] == "call_1"
    assert trace.usage.total_tokens == 28


def test_an_interrupt_is_no_error(world: World, only: Any) -> None:
    graph = asking(world, checkpointer=InMemorySaver(), name="igraph")
    config: Any = {"configurable": {"thread_id": "T2"}}
    graph.invoke({"x": []}, config)
    graph.invoke(Command(resume="yes"), config)
    first, second = only.all
    assert [t.session_id for t in only.all] == ["T2", "T2"]
    assert {s.status for t in only.all for s in t.spans} == {"OK"}
    assert all(s.attributes["autolog.interrupted"] is True for s in first.spans)
    assert not any("autolog.interrupted" in s.attributes for s in second.spans)
    assert {"q": "ok?"} in [i["value"] for group in first.spans[1].outputs for i in group]
    assert second.root.outputs == {"x": ["yes"]}


def test_handing_over_is_no_error(world: World, only: Any) -> None:
    handing_over(world).invoke({"x": []})
    (trace,) = only.all
    assert {s.status for s in trace.spans} == {"OK"}
    assert tree(trace) == [("hparent", [("hsub", [("hsub", ["hand"])]), "after"])]
