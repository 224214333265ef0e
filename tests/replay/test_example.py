"""The agent in ``examples`` and its tests, as somebody who copies them runs them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from replay.plugin_kit import Project

pytest_plugins = ["pytester", "replay.plugin_kit"]

EXAMPLE = Path(__file__).parents[2] / "examples" / "agent"


def test_the_example_passes_in_ci(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXAMPLE, project.path, dirs_exist_ok=True)
    monkeypatch.setenv("CI", "true")
    result = project.run()
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["autolog: replay (the default), 5 tests with cassettes, network refused"])


def test_a_changed_prompt_says_what_changed(project: Project) -> None:
    shutil.copytree(EXAMPLE, project.path, dirs_exist_ok=True)
    agent = project.path / "agent.py"
    agent.write_text(agent.read_text().replace("Current weather in a city.", "Current weather of a city."))
    result = project.run("tests/test_agent.py::test_weather")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*tools[[]0].function.description", '*now: *"Current weather of a city."', "*--llm-record=all"]
    )
