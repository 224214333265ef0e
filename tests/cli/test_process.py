"""What only a process of its own shows: what is imported, closed pipes, terminals."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cli.command import python
from render.sample import agent_trace

from autolog._render.text import trace_text
from autolog._store import open_store

LOADED = """
import sys
sys.argv = ["autolog", "traces", "list"]
from autolog._cli import main
assert main() == 0
print("LOADED", *sorted(m.partition(".")[0] for m in sys.modules))
"""
HEAVY = {
    "openai",
    "pandas",
    "numpy",
    "pydantic",
    "opentelemetry",
    "genai_prices",
    "httpx",
    "httpx2",
    "asyncio",
    "wrapt",
}


def test_a_list_imports_neither_the_libraries_nor_what_traces_them(store_path: Path, tmp_path: Path) -> None:
    for colour in ("", "1"):
        result = python("-c", LOADED, cwd=tmp_path, AUTOLOG_STORE=str(store_path), FORCE_COLOR=colour)
        assert result.err == ""
        loaded = set(result.out.rpartition("LOADED")[2].split())
        assert "sqlite3" in loaded
        assert loaded & HEAVY == set()


def test_a_reader_that_had_enough_is_no_error(tmp_path: Path) -> None:
    with open_store(tmp_path / "autolog.db") as store:
        store.write([agent_trace()])
    command = [sys.executable, "-m", "autolog", "traces", "show", "--json"]
    environ = {**os.environ, "AUTOLOG_STORE": "autolog.db", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()  # before anything is written
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(60) == 0


def test_a_terminal_that_knows_ascii_alone_gets_ascii(store_path: Path, tmp_path: Path) -> None:
    result = python(
        *("-m", "autolog", "traces", "show", "0af"),
        cwd=tmp_path,
        AUTOLOG_STORE=str(store_path),
        PYTHONIOENCODING="ascii",
        COLUMNS="80",
    )
    assert (result.code, result.err) == (0, "")
    assert result.out == trace_text(agent_trace(), width=80, encoding="ascii") + "\n"


def test_a_full_disk_is_said_in_one_line(store_path: Path, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        return
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "autolog", "traces", "list"],
            env={**os.environ, "AUTOLOG_STORE": str(store_path)},
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "autolog: the output cannot be written: No space left on device\n")
