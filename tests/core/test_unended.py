"""What is open when a process ends is kept, without a word on the screen; whether anything was recorded before or not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import autolog

PRELUDE = """
import asyncio, threading
import autolog

@autolog.trace
def talk():
    with autolog.start_span("inside"):
        yield "a"
        yield "b"

@autolog.trace
async def atalk():
    yield "a"
    yield "b"

async def abegin():
    global open_one
    open_one = atalk()
    await open_one.__anext__()

def stay():
    with autolog.start_span("outer"), autolog.start_span("inner"):
        started.set()
        threading.Event().wait()

started = threading.Event()
"""
FIRST = "with autolog.start_span('first'): pass\nautolog.flush()\n"
PROGRAMS = {
    "generator": ("open_one = talk(); next(open_one)", [("talk", "abandoned", ["a"]), ("inside", None, None)]),
    "async generator": ("asyncio.run(abegin())", [("atalk", "abandoned", ["a"])]),
    "client": ("autolog.Client().start_trace('root')", [("root", None, None)]),
    "daemon": (
        "threading.Thread(target=stay, daemon=True).start(); started.wait()",
        [("outer", None, None), ("inner", None, None)],
    ),
}


@pytest.mark.parametrize("first", ["", FIRST], ids=["alone", "after others"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_open_at_the_end_is_kept(tmp_path: Path, name: str, first: str) -> None:
    program, expected = PROGRAMS[name]
    store = tmp_path / "autolog.db"
    environment = {**os.environ, "AUTOLOG_STORE": str(store)}
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + first + program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    autolog.configure(store=store)
    traces: list[Any] = autolog.search_traces("name != 'first'", return_type="list")
    assert [(s.name, s.outcome, s.outputs) for trace in traces for s in trace.spans] == expected
    assert {s.status for trace in traces for s in trace.spans if s.outcome is None} <= {"IN_PROGRESS"}
