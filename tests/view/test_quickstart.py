"""The example notebook runs from top to bottom, offline, and its traces are under its cells."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

nbformat: Any = pytest.importorskip("nbformat", reason="notebooks are run where nbclient and ipykernel are installed")
nbclient: Any = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("vcr")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


# What a client of a kernel leaves behind is not ours.
@pytest.mark.filterwarnings("ignore")
def test_the_quickstart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    for name in [n for n in os.environ if n.startswith("AUTOLOG_") and n != "AUTOLOG_RAISE_ERRORS"]:
        monkeypatch.delenv(name)
    book = nbformat.read(EXAMPLES / "quickstart.ipynb", 4)
    assert not any(cell.get("outputs") for cell in book.cells), "the notebook is kept without outputs"
    before = len(nbformat.writes(book))
    nbclient.NotebookClient(
        book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(EXAMPLES)}}
    ).execute()
    shown = [
        (i, o["data"])
        for i, c in enumerate(book.cells)
        for o in c.get("outputs", ())
        if "text/html" in o.get("data", {})
    ]
    trees = [data["text/plain"] for _, data in shown]
    assert len(trees) == 3, "one for the call, one for the agent, one for the cell whose value is a trace"
    assert "144→37" in trees[0]
    assert all(word in trees[1] for word in ("assistant", "get_weather", "222→23", "366"))
    assert trees[2] == trees[1]
    assert not any("stderr" in o.get("name", "") for c in book.cells for o in c.get("outputs", ()))
    assert len(nbformat.writes(book)) - before < 60_000 * len(trees)
    assert all("srcdoc=" in data["text/html"] for _, data in shown)
    json.dumps(book)
