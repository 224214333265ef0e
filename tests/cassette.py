"""Plays the repository's own cassettes, by their names, as ``autolog.replay`` plays any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scenarios import Scenario, supported

import autolog
from autolog._replay.tape import Replaying

__all__ = ["CASSETTES", "file_of", "marked", "play"]

CASSETTES = Path(__file__).resolve().parents[1] / "cassettes"


def file_of(name: str) -> Path:
    """The cassette of a name; raises FileNotFoundError without such a file."""
    path = CASSETTES / f"{name}.yaml"
    if not path.is_file():
        raise FileNotFoundError(f"no cassette {path}: record it with cassettes/recorder/record.py")
    return path


def play(name: str) -> Replaying:
    """A block whose HTTP calls are answered from ``cassettes/NAME.yaml``: all of it, and nothing else."""
    return autolog.replay(file_of(name), mode="replay")


def marked(**options: Any) -> list[Any]:
    """The scenarios as parameters of a test, each with the marker that replays its cassette."""
    return [_parameter(scenario, options) for scenario in supported()]


def _parameter(scenario: Scenario, options: dict[str, Any]) -> Any:
    # Several tests share a cassette, and each needs all of it.
    options = {"unused": "error", **options}
    return pytest.param(
        scenario, id=scenario.name, marks=pytest.mark.llm_replay(f"{scenario.cassette}.yaml", **options)
    )
