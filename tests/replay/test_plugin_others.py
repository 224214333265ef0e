"""The plugin beside others: xdist, pytest-recording, inline-snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_api import FakeApi

if TYPE_CHECKING:
    from replay.plugin_kit import Project

pytest_plugins = ["pytester", "replay.plugin_kit"]


MANY = """
@pytest.mark.llm_replay("shared.yaml")
@pytest.mark.parametrize("number", range(8))
def test_many(number):
    assert ask(f"question {number}")
"""


def test_processes_record_into_one_cassette(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xdist")
    server = FakeApi()
    monkeypatch.setenv("FAKE_URL", server.base_url)
    try:
        project.write(MANY)
        recorded = project.run("-p", "xdist.plugin", "-n2", "--llm-record=missing", separate=True)
        recorded.assert_outcomes(passed=8)
    finally:
        server.close()
    assert {prompt for prompt, _ in project.recorded("shared.yaml")} == {f"question {n}" for n in range(8)}
    replayed = project.run("-p", "xdist.plugin", "-n2", "--llm-report", separate=True)
    replayed.assert_outcomes(passed=8)
    replayed.stdout.fnmatch_lines(["autolog: replay (the default), network refused", "in all: 8 replayed in 8 tests*"])


def test_pytest_recording_does_what_it_does(project: Project) -> None:
    pytest.importorskip("pytest_recording")
    project.write("""
@pytest.mark.llm_replay
def test_ours():
    assert ask("hello") == "hi"

@pytest.mark.vcr
def test_theirs(vcr):
    assert ask("hello") == "ho"
    assert vcr.play_count == 1

@pytest.mark.llm_replay("test_it/test_ours.yaml")
@pytest.mark.block_network
def test_both_refuse():
    assert ask("hello") == "hi"
""")
    project.record("test_it/test_ours.yaml", [("hello", "hi")])
    theirs = project.path / "cassettes/test_it/test_theirs.yaml"
    theirs.write_text("""
version: 1
interactions:
- request:
    method: POST
    uri: http://model.test/v1/chat/completions
    body: null
    headers: {}
  response:
    status: {code: 200, message: OK}
    headers: {content-type: [application/json]}
    body: {string: '{"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices":
      [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ho"}}]}'}
""")
    result = project.run("-p", "pytest_recording.plugin", "--strict-markers")
    result.assert_outcomes(passed=3)


def test_a_snapshot_is_filled_with_a_tree(project: Project) -> None:
    pytest.importorskip("inline_snapshot")
    project.write("""
from inline_snapshot import snapshot

@pytest.mark.llm_replay
def test_hello(traces):
    ask("hello")
    assert traces.tree() == snapshot()
""")
    project.record("test_it/test_hello.yaml", [("hello", "hi")])
    project.run("-p", "inline_snapshot.pytest_plugin", "--inline-snapshot=create", separate=True)
    assert '"name": "chat m"' in (project.path / "test_it.py").read_text().replace("'", '"')
    project.run("-p", "inline_snapshot.pytest_plugin", separate=True).assert_outcomes(passed=1)
