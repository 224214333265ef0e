"""The modes for cassettes that are there: ``stale`` records the old ones again, ``verify`` only looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fake_api import FakeApi

from autolog._replay.format import load, save

if TYPE_CHECKING:
    from replay.plugin_kit import Project

pytest_plugins = ["pytester", "replay.plugin_kit"]

OLD_AND_NEW = """
@pytest.mark.llm_replay
def test_old():
    assert ask("hello")

@pytest.mark.llm_replay
def test_new():
    assert ask("hello") == "kept"
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


def recorded_before(
    project: Project, api: FakeApi, name: str, pairs: list[tuple[str, str]], days: int | None = None
) -> Path:
    """Write a cassette of the server's that says when it was recorded, or does not."""
    path = project.record(name, pairs)
    cassette = load(path)
    here = f"{api.base_url}/chat/completions"
    interactions = tuple(replace(i, request=replace(i.request, uri=here)) for i in cassette.interactions)
    day = {} if days is None else {"recorded_at": (datetime.now(UTC) - timedelta(days=days)).date().isoformat()}
    save(replace(cassette, interactions=interactions, metadata=day))
    return path


@pytest.mark.parametrize("days", [31, None])
def test_stale_records_what_is_old_or_of_unknown_age_again(project: Project, api: FakeApi, days: int | None) -> None:
    recorded_before(project, api, "test_it/test_old.yaml", [("hello", "gone")], days)
    new = recorded_before(project, api, "test_it/test_new.yaml", [("hello", "kept")], 29)
    before = new.read_bytes()
    project.write(OLD_AND_NEW)
    result = project.run("--llm-record=stale")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["autolog: stale (--llm-record), network open", "*test_old.yaml:", "*saved 1 interaction*"]
    )
    assert len(api.sent) == 1
    ((prompt, answer),) = project.recorded("test_it/test_old.yaml")
    assert prompt == "hello"
    assert answer != "gone"
    assert new.read_bytes() == before


@pytest.mark.parametrize("how", ["flag", "ini", "marker"])
def test_what_is_old_is_said_by_flag_ini_value_or_marker(project: Project, api: FakeApi, how: str) -> None:
    recorded_before(project, api, "test_it/test_hello.yaml", [("hello", "gone")], 10)
    project.write(f"""
@pytest.mark.llm_replay({'max_age="7d"' if how == "marker" else ""})
def test_hello():
    assert ask("hello")
""")
    if how == "ini":
        project.pytester.makeini("[pytest]\nllm_max_age = 7d\n")
    project.run("--llm-record=stale", *["--llm-max-age=7d"] if how == "flag" else []).assert_outcomes(passed=1)
    assert len(api.sent) == 1


def test_a_stale_cassette_stays_if_its_test_fails(project: Project, api: FakeApi) -> None:
    path = recorded_before(project, api, "test_it/test_hello.yaml", [("hello", "gone")], 40)
    before = path.read_bytes()
    project.write('@pytest.mark.llm_replay\ndef test_hello():\n    assert ask("hello") == "something else"\n')
    project.run("--llm-record=stale").assert_outcomes(failed=1)
    assert path.read_bytes() == before


HELLO = """
@pytest.mark.llm_replay
def test_hello():
    assert ask("hello")
"""


def recorded(project: Project, tests: str = HELLO, *, name: str = "test_it/test_hello.yaml") -> Path:
    project.write(tests)
    result = project.run("--llm-record=missing")
    assert result.parseoutcomes().keys() == {"passed"}
    return project.path / "cassettes" / name


def test_verify_calls_and_leaves_the_cassette_alone(project: Project, api: FakeApi) -> None:
    path = recorded(project)
    before, sent = path.read_bytes(), len(api.sent)
    result = project.run("--llm-record=verify")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["autolog: verify (--llm-record), network open"])
    assert len(api.sent) == sent + 1
    assert path.read_bytes() == before


def test_verify_fails_where_the_answers_have_another_shape(project: Project) -> None:
    path = recorded(project)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("finish_reason: stop", "finish_reason: length"), encoding="utf-8")
    before = path.read_bytes()
    result = project.run("--llm-record=verify")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*test_hello.yaml is no longer what is answered:*", "*finish reason length is now stop"]
    )
    assert path.read_bytes() == before


def test_verify_tells_of_what_was_not_asked_for_but_not_in_a_shared_cassette(project: Project, api: FakeApi) -> None:
    recorded_before(project, api, "test_it/test_hello.yaml", [("hello", "hi"), ("never", "asked")])
    project.write(HELLO)
    result = project.run("--llm-record=verify")
    result.stdout.fnmatch_lines(["*#2 POST /v1/chat/completions: was not asked for*"])
    shared = """
@pytest.mark.llm_replay("shared.yaml")
@pytest.mark.parametrize("number", range(2))
def test_many(number):
    assert ask(f"question {number}")
"""
    recorded(project, shared, name="shared.yaml")
    project.run("--llm-record=verify").assert_outcomes(passed=2)
