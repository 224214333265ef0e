"""Recording: what is saved and when, what is said of it, and that CI does not record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from fake_api import FakeApi

if TYPE_CHECKING:
    from replay.plugin_kit import Project

pytest_plugins = ["pytester", "replay.plugin_kit"]

HELLO = """
@pytest.mark.llm_replay
def test_hello():
    assert ask("hello")
"""


@pytest.fixture(scope="module")
def api() -> Iterator[FakeApi]:
    server = FakeApi()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def address(project: Project, monkeypatch: pytest.MonkeyPatch, api: FakeApi) -> None:
    monkeypatch.setenv("FAKE_URL", api.base_url)
    api.clear()


def test_what_a_passing_test_calls_is_saved_and_replayed(project: Project, api: FakeApi) -> None:
    project.write(HELLO)
    result = project.run("--llm-record=missing")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["autolog: missing (--llm-record), network open", "*cassettes/test_it/test_hello.yaml:", "*1 interaction*"]
    )
    assert len(project.recorded("test_it/test_hello.yaml")) == 1
    sent = len(api.sent)
    project.run().assert_outcomes(passed=1)
    assert len(api.sent) == sent


@pytest.mark.parametrize(
    "ending",
    ["assert False", "pytest.skip()", "pytest.xfail()", "raise SystemExit", 'ask("more"); raise ValueError'],
)
def test_what_any_other_test_calls_is_not_saved(project: Project, ending: str) -> None:
    project.write(HELLO + f"    {ending}\n")
    project.run("--llm-record=missing")
    assert not (project.path / "cassettes").exists()


def test_a_cassette_is_replaced_only_by_a_passing_test(project: Project) -> None:
    path = project.record("test_it/test_hello.yaml", [("old", "recording")])
    before = path.read_bytes()
    project.write(HELLO + "    assert False\n")
    project.run("--llm-record=all").assert_outcomes(failed=1)
    assert path.read_bytes() == before
    project.write(HELLO)
    project.run("--llm-record=all").assert_outcomes(passed=1)
    assert [prompt for prompt, _ in project.recorded("test_it/test_hello.yaml")] == ["hello"]


@pytest.mark.parametrize(("flag", "variable"), [(None, "all"), ("--llm-record=all", None)])
def test_in_ci_only_the_flag_records(
    project: Project, monkeypatch: pytest.MonkeyPatch, flag: str | None, variable: str | None
) -> None:
    monkeypatch.setenv("CI", "true")
    if variable:
        monkeypatch.setenv("AUTOLOG_RECORD", variable)
    project.write(HELLO)
    result = project.run(*[flag] if flag else [])
    result.assert_outcomes(passed=1 if flag else 0, failed=0 if flag else 1)
    said = "all (--llm-record), network open" if flag else "replay (CI is set; AUTOLOG_RECORD asks for all*"
    result.stdout.fnmatch_lines([f"autolog: {said}"])


def test_a_report_tells_what_was_replayed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAKE_URL")
    project.write("""
@pytest.mark.llm_replay
def test_hello():
    assert ask("hello") == "hi"
    assert ask("again") == "ho"

@pytest.mark.llm_replay(unused="ignore")
def test_half():
    assert ask("hello") == "hi"
""")
    for name in ("hello", "half"):
        project.record(f"test_it/test_{name}.yaml", [("hello", "hi"), ("again", "ho")])
    result = project.run("--llm-report", "--llm-report-file=report.json")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "test_it.py::test_hello: 2 replayed, 0 live, 0 missed, 30 tokens not paid for (cassettes/test_it/test_hello.yaml)",
            "in all: 3 replayed in 2 tests, 45 tokens not paid for",
        ]
    )
    report = json.loads((project.path / "report.json").read_text())
    assert report["root"] == str(project.path)
    found = {test["test"]: (test["interactions"], test["unused"], test["passed"]) for test in report["tests"]}
    assert found == {"test_it.py::test_hello": (2, [], True), "test_it.py::test_half": (2, [2], True)}


def test_without_a_flag_nothing_is_reported(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAKE_URL")
    project.write(HELLO)
    project.record("test_it/test_hello.yaml", [("hello", "hi")])
    result = project.run()
    result.assert_outcomes(passed=1)
    assert "= autolog =" not in result.stdout.str()


def test_a_secret_in_a_recording_fails_the_test_and_is_not_written(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_API_TOKEN", "correct-horse-battery")
    project.write("""
@pytest.mark.llm_replay
def test_hello():
    assert ask("say correct-horse-battery")
""")
    result = project.run("--llm-record=missing")
    result.assert_outcomes(passed=1, errors=1)
    text = result.stdout.str()
    assert "MY_API_TOKEN" in text
    assert "correct-horse-battery" not in text.replace('ask("say correct-horse-battery")', "")
    assert not list(project.path.rglob("*.yaml"))
