"""One program is one trace, whatever frameworks it goes through, and each call is where it was made."""

from __future__ import annotations

from typing import Any

import pytest
from llamaindex_kit import QUIET
from together_programs import ASYNC, SYNC, TREES, Programs

import autolog

pytestmark = [pytest.mark.filterwarnings(mark) for mark in QUIET]

# Of LangChain what a model, a tool, a graph and a chain are; its prompts and parsers are its own tests' business.
_LEFT_OUT = ("ChatPromptTemplate", "StrOutputParser")


@pytest.fixture
def everything(traces: Any) -> Any:
    for name in ("openai", "langchain", "llama_index"):
        getattr(autolog, name).autolog()
    return traces


def frameworks_tree(trace: autolog.Trace, span: autolog.Span | None) -> list[Any]:
    found: list[Any] = []
    for child in trace.children(span):
        if child.attributes.get("autolog.integration") == "openai" or child.name in _LEFT_OUT:
            continue
        below = frameworks_tree(trace, child)
        found.append([child.name, *below] if below else child.name)
    return found


def misplaced(trace: autolog.Trace) -> list[str]:
    """Calls of the client that are not below a model's span, or the program's own below another span than they say."""
    by_id = {s.span_id: s for s in trace.spans}
    wrong: list[str] = []
    for span in trace.spans:
        if span.attributes.get("autolog.integration") != "openai":
            continue
        parent = by_id[span.parent_id or ""]
        model = span.attributes["gen_ai.request.model"]
        if model == "m":
            said = span.attributes["gen_ai.input.messages"][-1]["parts"][0]["content"]
            right = said == f"direct:{parent.name}"
        else:
            by = {"lc": "langchain"}.get(model, "llama_index")
            right = parent.attributes["autolog.integration"] == by
            right = right and parent.span_type in ("CHAT_MODEL", "EMBEDDING")
        if not right:
            wrong.append(f"{span.name} under {parent.name}")
    return wrong


def check(traces: Any, name: str) -> None:
    (trace,) = traces.all
    assert misplaced(trace) == []
    assert [(s.name, s.outcome, s.exception) for s in trace.spans if s.outcome != "completed"] == []
    if name in TREES:
        assert frameworks_tree(trace, trace.root) == [TREES[name]]


@pytest.mark.parametrize("name", SYNC)
def test_sync(programs: Programs, everything: Any, name: str) -> None:
    with autolog.start_span("around"):
        SYNC[name](programs)
    check(everything, name)


@pytest.mark.parametrize("name", ASYNC)
async def test_async(programs: Programs, everything: Any, name: str) -> None:
    with autolog.start_span("around"):
        await ASYNC[name](programs)
    check(everything, name)


@pytest.mark.parametrize("name", ["query_as_a_tool", "query_in_a_node"])
def test_without_a_span_of_the_program(programs: Programs, everything: Any, name: str) -> None:
    SYNC[name](programs)
    (trace,) = everything.all
    assert frameworks_tree(trace, None) == [TREES[name]]


def test_calls_between_chunks_are_beside_the_stream(programs: Programs, everything: Any) -> None:
    with autolog.start_span("around"):
        SYNC["chain_between_chunks"](programs)
    (trace,) = everything.all
    assert {s.name for s in trace.children(trace.root)} == {"RetrieverQueryEngine.query", "RunnableSequence"}


@pytest.mark.parametrize("off", ["openai", "langchain", "llama_index"])
def test_one_off_leaves_the_others_joined(programs: Programs, everything: Any, off: str) -> None:
    getattr(autolog, off).autolog(log_traces=False)
    with autolog.start_span("around"):
        SYNC["query_as_a_tool"](programs)
    (trace,) = everything.all
    assert off not in {s.attributes.get("autolog.integration") for s in trace.spans}
    names = {s.name for s in trace.spans}
    assert ("search" in names) is (off != "langchain")
    assert ("RetrieverQueryEngine.query" in names) is (off != "llama_index")
