"""Cells of a real kernel: streams, ``await``, a cell that is run again, and a notebook that is to stay quiet."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

nbformat: Any = pytest.importorskip("nbformat", reason="notebooks are run where nbclient and ipykernel are installed")
nbclient: Any = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("vcr")
pytest.importorskip("openai")

# What a client of a kernel leaves behind is not ours.
pytestmark = pytest.mark.filterwarnings("ignore")

ROOT = Path(__file__).resolve().parents[2]

START = """
import json
import autolog, openai
MODEL = "smollm2-135m-instruct"
autolog.configure(store=None, prices={MODEL: {"input": 0.15, "output": 0.60}})
autolog.openai.autolog()
client = openai.AsyncOpenAI(base_url="http://model.test/v1", api_key="none", max_retries=0)
common = {"model": MODEL, "temperature": 0, "seed": 42, "max_tokens": 48}
tools = [{"type": "function", "function": {"name": "get_weather", "description": "Current weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
messages = [{"role": "user", "content": "What is the weather in Paris?"}]
def recorded():
    return autolog.replay("cassettes/openai/demo.yaml", unused="ignore")
"""
ASK = """
with recorded():
    answer = await client.chat.completions.create(messages=messages, tools=tools, tool_choice="required", **common)
[call] = answer.choices[0].message.tool_calls
"""
# The stream is opened in one cell and read to its end in another.
OPEN_STREAM = """
function = {"name": call.function.name, "arguments": call.function.arguments}
told = messages + [
    {"role": "assistant", "content": None, "tool_calls": [{"id": call.id, "type": "function", "function": function}]},
    {"role": "tool", "tool_call_id": call.id,
     "content": json.dumps({"city": "Paris", "temperature": "18 C", "sky": "sunny"})},
]
tape = recorded()
await tape.__aenter__()
stream = await client.chat.completions.create(
    messages=told, tools=tools, stream=True, stream_options={"include_usage": True}, **common)
"""
READ_STREAM = """
said = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
await tape.__aexit__(None, None, None)
print("".join(said))
"""
SPAN = "with autolog.start_span({name!r}): pass"

Run = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What a kernel inherits: no setting but the store."""
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    for name in [n for n in os.environ if n.startswith("AUTOLOG_") and n != "AUTOLOG_RAISE_ERRORS"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AUTOLOG_STORE", "none")
    return monkeypatch


@pytest.fixture
def quiet(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AUTOLOG_DISPLAY", "false")


@pytest.fixture
def run(environment: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs code as a cell of one kernel, the same code as the same cell, and gives the cell's outputs."""
    book = nbformat.v4.new_notebook()
    client = nbclient.NotebookClient(
        book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )

    def run_(code: str) -> list[dict[str, Any]]:
        if not book.cells or book.cells[-1].source != code:
            book.cells.append(nbformat.v4.new_code_cell(code))
        client.execute_cell(book.cells[-1], len(book.cells) - 1)
        json.dumps(book.cells[-1])
        return list(book.cells[-1].outputs)

    with client.setup_kernel():
        yield run_


def trees(outputs: list[dict[str, Any]]) -> list[str]:
    return [o["data"]["text/plain"] for o in outputs if "text/html" in o.get("data", {})]


def test_awaits_streams_and_cells_that_are_run_again(run: Run) -> None:
    assert run(START) == []
    [first] = trees(run(ASK))
    assert "144→37" in first
    [again] = trees(run(ASK))  # its outputs are replaced, not added to
    assert "144→37" in again
    assert run(OPEN_STREAM) == [], "the stream is not at its end"
    outputs = run(READ_STREAM)
    [streamed] = trees(outputs)
    assert "222→23" in streamed and "smollm2" in streamed
    assert any("Paris" in o.get("text", "") for o in outputs)


def test_a_limit_and_quiet_cells(run: Run) -> None:
    run("import autolog; autolog.autolog()")
    assert run("autolog.display(limit=2)") == []
    [shown] = trees(run("\n".join(SPAN.format(name=n) for n in ("step one", "step two", "step three"))))
    assert "step three" in shown and "step two" in shown and "step one" not in shown
    assert "1 more trace" in shown
    run("autolog.display(enabled=False)")
    assert run(SPAN.format(name="quiet")) == []
    run("autolog.configure(display=True); autolog.autolog()")
    assert len(trees(run(SPAN.format(name="loud")))) == 1
    run("autolog.configure(display=False)")
    assert run(SPAN.format(name="quiet again")) == []


@pytest.mark.usefixtures("quiet")
def test_the_environment_keeps_a_notebook_quiet(run: Run) -> None:
    run("import autolog; autolog.autolog()")
    assert run(SPAN.format(name="quiet")) == []
    run("autolog.display(enabled=True)")
    assert len(trees(run(SPAN.format(name="loud")))) == 1
