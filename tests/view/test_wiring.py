"""The view where people meet it: ``autolog.display``, turning a library on in a notebook, the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import autolog
from autolog import Trace, _control, _registry
from autolog._cli import main
from autolog._store import open_store
from autolog._view import notebook

ROOT = Path(autolog.__file__).parent


@pytest.fixture
def callbacks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a played IPython kernel calls after each cell."""
    registered: list[Any] = []
    events = SimpleNamespace(
        register=lambda _event, callback: registered.append(callback),
        unregister=lambda _event, callback: registered.remove(callback),
        callbacks={"post_run_cell": registered},
    )
    ipython = ModuleType("IPython")
    vars(ipython)["get_ipython"] = lambda: SimpleNamespace(events=events)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return registered


def test_display_is_public() -> None:
    assert autolog.display is notebook.display


@pytest.mark.parametrize("turn_on", [autolog.autolog, lambda: autolog.openai.autolog()], ids=["all", "one"])
def test_turning_on_in_a_kernel_shows_traces_and_turning_off_leaves_nothing(callbacks: list[Any], turn_on: Any) -> None:
    turn_on()
    turn_on()
    assert len(callbacks) == 1
    with autolog.start_span("seen"):
        pass
    autolog.flush()
    assert [t.name for t in notebook.arrivals.take()[0]] == ["seen"]
    autolog.autolog(log_traces=False)
    assert callbacks == []


def test_nothing_of_it_is_loaded_without_a_notebook() -> None:
    code = "import sys, autolog; autolog.autolog(); autolog.flush(); print([m for m in sys.modules if '_view' in m])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_what_stands_below_does_not_know_the_view() -> None:
    below = [p for p in ROOT.glob("*.py") if p.name not in ("__init__.py", "_model.py")]
    below += [
        p for room in ("_tracing", "_patching", "_pipeline", "_store", "_render") for p in (ROOT / room).glob("*.py")
    ]
    assert len(below) > 30
    assert [p.name for p in below if "_view" in p.read_text("utf-8")] == []


def test_what_fails_when_it_is_told_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Exception] = []
    monkeypatch.setattr(_registry, "report", lambda _where, e: told.append(e))
    monkeypatch.setattr(_control, "on_switch", [lambda on: 1 / on])
    autolog.autolog()
    autolog.autolog(log_traces=False)
    assert [type(e) for e in told] == [ZeroDivisionError]


@pytest.fixture
def stored(rich: Trace, hostile: Trace, tmp_path: Path) -> str:
    path = str(tmp_path / "traces.db")
    store = open_store(path)
    store.write([rich])
    store.close()
    return path


def test_the_command_writes_a_file(stored: str, rich: Trace, tmp_path: Path) -> None:
    target = tmp_path / "out.html"
    assert main(["traces", "show", rich.trace_id[:8], "--html", str(target), "--store", stored]) == 0
    text = target.read_text("utf-8")
    assert rich.trace_id in text
    image = next(
        p["content"] for m in rich.spans[3].attributes["gen_ai.input.messages"] for p in m["parts"] if "mime_type" in p
    )
    assert image in text  # a page shows pictures


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["@last", "@last"], "add --html FILE"),
        (["@last", "--messages", "--html", "x.html"], "leave out"),
        (["@last", "--html", "no/such/folder/x.html"], "cannot be written"),
    ],
)
def test_the_command_says_what_is_wrong(
    stored: str, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["traces", "show", *arguments, "--store", stored]) == 2
    assert complaint in capsys.readouterr().err
