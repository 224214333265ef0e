"""The recorded programs, replayed: one tree each, and the tokens that the wire says."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from llamaindex_kit import QUIET, shape
from scenarios_frameworks import LLAMA_INDEX as SCENARIOS
from scenarios_frameworks import Scenario, find

import autolog

pytest.importorskip("llama_index.llms.openai_like")
pytestmark = [pytest.mark.filterwarnings(mark) for mark in QUIET]

TREES: dict[str, list[Any]] = {
    "query": [
        "OpenAIEmbedding.get_text_embedding_batch",
        [
            "RetrieverQueryEngine.query",
            ["VectorIndexRetriever.retrieve", "OpenAIEmbedding.get_query_embedding"],
            ["CompactAndRefine.synthesize", "OpenAILike.chat"],
        ],
    ],
    "streaming": [
        "OpenAIEmbedding.get_text_embedding_batch",
        [
            "RetrieverQueryEngine.aquery",
            ["VectorIndexRetriever.aretrieve", "OpenAIEmbedding.aget_query_embedding"],
            ["CompactAndRefine.asynthesize", "OpenAILike.astream_chat"],
        ],
    ],
    "agent": [
        [
            "AgentWorkflow",
            ["Forecaster", "OpenAILike.astream_chat"],
            "get_weather",
            ["Forecaster", "OpenAILike.astream_chat"],
        ]
    ],
}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_tree(traces: Any, scenario: Scenario) -> None:
    autolog.llama_index.autolog()
    with autolog.replay(scenario.cassette):
        answer = scenario.run()
    assert [tree for trace in traces.all for tree in shape(trace)] == TREES[scenario.name]
    root = traces.all[-1].root
    assert root.outputs["response"] == answer
    assert {s.outcome for s in traces.spans} == {"completed"}


@pytest.mark.parametrize("integrations", [("openai",), ("llama_index",), ("openai", "llama_index")], ids="+".join)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_tokens_are_those_of_the_wire(traces: Any, scenario: Scenario, integrations: tuple[str, ...]) -> None:
    for name in integrations:
        getattr(autolog, name).autolog()
    with autolog.replay(scenario.cassette) as tape:
        scenario.run()
    found = sum((t.usage for t in traces.all), autolog.Usage())
    # LlamaIndex tells no counts of embeddings: with it alone there are those of the chats.
    wire = [usage_of(call) for call in tape.calls if "openai" in integrations or "/chat/" in call.request.uri]
    assert found.input_tokens == sum(u["prompt_tokens"] for u in wire)
    assert (found.output_tokens or 0) == sum(u.get("completion_tokens", 0) for u in wire)
    assert found.total_tokens == sum(u["total_tokens"] for u in wire)


def usage_of(call: Any) -> dict[str, int]:
    """The usage in a response as it was sent: of a stream, in the last event that has one."""
    body = call.response.body.decode()
    if body.startswith("{"):
        return json.loads(body)["usage"]
    events = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]
    return [e["usage"] for e in events if e.get("usage")][-1]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_the_example_runs(tmp_path: Any, scenario: Scenario) -> None:
    settings = {"PATH": "", "AUTOLOG_STORE": str(tmp_path / "traces.db"), "HOME": str(tmp_path)}
    command = [sys.executable, "-W", "ignore", str(scenario.example)]
    done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "OK" in done.stdout
    assert (tmp_path / "traces.db").exists()


def test_find() -> None:
    assert find("llama_index/agent").cassette.is_file()
    with pytest.raises(KeyError, match="there are langchain/rag, "):
        find("nothing")
