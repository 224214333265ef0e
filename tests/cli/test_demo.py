from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from cli.command import Cli, python

import autolog
from autolog._demo.programs import missing


def _demo(monkeypatch: pytest.MonkeyPatch, run: object) -> None:
    module = ModuleType("autolog._demo")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "autolog._demo", module)
    monkeypatch.setattr(autolog, "_demo", module, raising=False)


def _run(name: str) -> None:
    print("running", name)  # noqa: T201
    with autolog.start_span("demo of " + name):
        pass


def test_the_demo_runs_and_its_trace_can_be_had_as_json(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _demo(monkeypatch, _run)
    assert cli("demo", "openai", "--store", "demo.db").out == "running openai\n"
    result = cli("demo", "--json", "--store", "demo.db")
    assert json.loads(result.out)["name"] == "demo of openai"
    assert result.err == "running openai\n"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            ModuleNotFoundError("No module named 'openai'", name="openai"),
            "the demo needs openai: pip install 'autolog-genai[demo]'",
        ),
        (ImportError("autolog.openai.autolog() needs openai"), "autolog.openai.autolog() needs openai"),
        (ValueError("there is no demo 'x'; there are: openai"), "there is no demo 'x'; there are: openai"),
    ],
)
def test_what_the_demo_lacks_is_said(cli: Cli, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str) -> None:
    def fails(name: str) -> None:
        raise error

    _demo(monkeypatch, fails)
    result = cli("demo")
    assert (result.code, result.out, result.err) == (2, "", f"autolog: {says}\n")


def test_a_demo_that_left_no_trace_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _demo(monkeypatch, lambda name: None)
    monkeypatch.setattr(autolog, "get_last_active_trace_id", lambda: None)
    result = cli("demo", "--json")
    assert (result.code, result.err) == (1, "autolog: the demo left no trace in the store: see `autolog doctor`\n")


def _stored(folder: Path) -> list[autolog.Trace]:
    autolog.configure(store=folder / "demo.db")
    found = autolog.search_traces(max_results=100, return_type="list")
    return sorted(found, key=lambda trace: trace.start_time_ns)


@pytest.mark.parametrize(
    ("name", "needs", "roots"),
    [
        ("openai", "openai", ["weather assistant"]),
        (
            "langchain",
            "langchain_openai",
            ["OpenAIEmbeddings", "RunnableSequence", "RunnableSequence", "forecaster", "letters", "letters"],
        ),
        (
            "llama-index",
            "llama_index.llms.openai_like",
            [
                "OpenAIEmbedding.get_text_embedding_batch",
                "RetrieverQueryEngine.query",
                "OpenAIEmbedding.get_text_embedding_batch",
                "RetrieverQueryEngine.aquery",
                "AgentWorkflow",
            ],
        ),
    ],
)
def test_a_demo_plays_what_was_recorded(tmp_path: Path, name: str, needs: str, roots: list[str]) -> None:
    if missing({needs: needs}):
        pytest.skip(f"{needs} is not installed")
    # The user's own variables, which a recorded program must not follow.
    strange = {"OPENAI_BASE_URL": "http://elsewhere.test", "CHAT_MODEL": "gpt-x", "LANGSMITH_TRACING": "true"}
    done = python("-m", "autolog", "demo", name, "--json", "--store", "demo.db", cwd=tmp_path, **strange)
    assert done.code == 0, done.err
    if name == "langchain" and missing({"langchain.agents.middleware": "langchain"}):
        assert "is left out: pip install langchain\n" in done.err
        roots.remove("forecaster")
    traces = _stored(tmp_path)
    assert [trace.name for trace in traces] == roots
    assert {trace.status for trace in traces} == {"OK"}
    for trace in traces:
        assert f"trace {trace.trace_id}" in done.err  # its tree was printed
        assert trace.usage.total_tokens
    assert json.loads(done.out)["trace_id"] in {trace.trace_id for trace in traces}


@pytest.mark.parametrize(
    ("name", "absent", "says"),
    [
        ("openai", ["openai"], "the demo needs openai: pip install 'autolog-genai[demo]'"),
        ("all", ["openai"], "the demo needs openai: pip install 'autolog-genai[demo]'"),
        (
            "langchain",
            ["openai", "langchain_core", "langchain_openai", "langchain", "langgraph", "numpy"],
            "the demo needs openai and langchain-core and langchain-openai: pip install 'autolog-genai[demo]' "
            "langchain-core langchain-openai numpy langchain langgraph",
        ),
        (
            "llama_index",
            ["llama_index"],
            "the demo needs llama-index-core and llama-index-llms-openai-like and llama-index-embeddings-openai: "
            "pip install llama-index-core llama-index-llms-openai-like llama-index-embeddings-openai",
        ),
    ],
)
def test_what_has_to_be_installed_is_one_command(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, absent: list[str], says: str
) -> None:
    _without(monkeypatch, absent)
    result = cli("demo", name)
    assert (result.code, result.out, result.err) == (2, "", f"autolog: {says}\n")


def test_all_plays_what_is_installed_and_tells_of_the_rest(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, ["langchain_core", "langchain_openai", "langchain", "langgraph", "numpy", "llama_index"])
    out = cli("demo", "all", "--store", "demo.db").out
    assert "weather assistant  OK" in out
    assert "langchain is left out: the demo needs langchain-core and langchain-openai: pip install" in out
    assert "llama-index is left out: the demo needs llama-index-core" in out


def _without(monkeypatch: pytest.MonkeyPatch, names: list[str]) -> None:
    for name in [m for m in sys.modules if m.split(".")[0] in names]:
        monkeypatch.delitem(sys.modules, name)
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)
