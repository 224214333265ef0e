"""Recorded programs, played: their trees, and their tokens as they stand in the recorded answers."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

pytest.importorskip("langchain_openai")
pytest.importorskip("vcr")

from langchain_world import tree
from scenarios_frameworks import LANGCHAIN as SCENARIOS
from scenarios_frameworks import Scenario, find
from wire_oracle import usage_on_the_wire

import autolog
from autolog._replay.format import load

# What langchain-openai below 0.3.9 does with embeddings.
pytestmark = pytest.mark.filterwarnings("ignore:The `dict` method is deprecated")


def _recorded_tokens(scenario: Scenario) -> int:
    total = 0
    for each in load(scenario.cassette).interactions:
        response = each.response
        body = (
            response.body.decode() if response.events is None else "\n".join(f"data: {e.data}" for e in response.events)
        )
        total += usage_on_the_wire(body).get("total_tokens", 0)
    return total


def _in_the_client_alone(scenario: Scenario) -> int:
    """Tokens of embeddings, which LangChain is not told."""
    found = 0
    for each in load(scenario.cassette).interactions:
        if each.request.uri.endswith("/embeddings"):
            found += json.loads(each.response.body)["usage"]["total_tokens"]
    return found


@pytest.mark.parametrize("on", [s for n in (1, 2) for s in itertools.combinations(("openai", "langchain"), n)])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_tokens(traces: Any, scenario: Scenario, on: tuple[str, ...]) -> None:
    for library in on:
        getattr(autolog, library).autolog()
    assert _run(scenario)
    counted = sum(t.usage.total_tokens or 0 for t in traces.all)
    assert counted > 0
    assert counted == _recorded_tokens(scenario) - (0 if "openai" in on else _in_the_client_alone(scenario))


def _run(scenario: Scenario) -> str:
    """Play a scenario, where what it imports is installed."""
    needs = {"agent": "langchain.agents.factory", "graph": "langgraph.graph", "rag": "numpy"}
    if scenario.name in needs:
        pytest.importorskip(needs[scenario.name])
    with autolog.replay(scenario.cassette):
        return scenario.run()


def _kind(span: autolog.Span) -> str:
    return f"{span.span_type} {span.name}"


MODEL = ("CHAT_MODEL ChatOpenAI", ["CHAT_MODEL chat smollm2-135m-instruct"])
EMBEDDINGS = ("EMBEDDING OpenAIEmbeddings", ["EMBEDDING embeddings all-minilm-l6-v2"])
TREES: dict[str, list[Any]] = {
    "rag": [
        [EMBEDDINGS],
        [("CHAIN RunnableSequence", [
            ("CHAIN RunnableParallel<context,question>", [
                ("CHAIN RunnableSequence", [("RETRIEVER VectorStoreRetriever", [EMBEDDINGS]), "CHAIN RunnableLambda"]),
                "CHAIN RunnablePassthrough",
            ]),
            "CHAIN ChatPromptTemplate",
            MODEL,
            "PARSER StrOutputParser",
        ])],
    ],
    "stream": [[("CHAIN RunnableSequence", ["CHAIN ChatPromptTemplate", MODEL, "PARSER StrOutputParser"])]],
    "agent": [[("AGENT forecaster", [("TASK model", [MODEL]), ("TASK tools", ["TOOL get_weather"]), ("TASK model", [MODEL])])]],
    "graph": [
        [("CHAIN letters", [("TASK write", [MODEL]), "TASK review"])],
        [("CHAIN letters", ["TASK review", ("TASK name", [MODEL])])],
    ],
}  # fmt: skip


def _in_order(node: Any) -> Any:
    # What runs in parallel starts in any order.
    if isinstance(node, str):
        return node
    name, children = node
    done = [_in_order(child) for child in children]
    return (name, sorted(done, key=str) if "Parallel" in name else done)


@pytest.mark.parametrize("name", TREES)
def test_tree(both: Any, name: str) -> None:
    _run(find(f"langchain/{name}"))
    assert [[_in_order(n) for n in tree(t, _kind)] for t in both.all] == [
        [_in_order(n) for n in wanted] for wanted in TREES[name]
    ]
    assert {s.status for s in both.spans} == {"OK"}


def test_details(both: Any) -> None:
    for name in ("rag", "graph"):
        _run(find(f"langchain/{name}"))
    rag = next(t for t in both.all if t.session_id == "reader-7")
    assert dict(rag.tags) == {"example": "true"}
    (retrieval,) = rag.search_spans(span_type="RETRIEVER")
    assert len(retrieval.attributes["gen_ai.retrieval.documents"]) == 2
    letters = [t for t in both.all if t.session_id == "letter-1"]
    assert [t.root.attributes.get("autolog.interrupted") for t in letters] == [True, None]
