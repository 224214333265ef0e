from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest
from cli.command import Cli

import autolog


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
