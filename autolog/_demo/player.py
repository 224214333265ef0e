"""Answers the demo's calls from its cassette."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["play"]

_HERE = Path(__file__).resolve().parent


def _cassette(name: str) -> Path:
    shipped = _HERE / "cassettes" / f"{name}.yaml"
    return shipped if shipped.is_file() else _HERE.parents[1] / "cassettes" / name / "demo.yaml"  # in a checkout


@contextmanager
def play(name: str) -> Generator[None]:
    """Answer all HTTP calls in the block from the demo's cassette."""
    vcr: Any = import_module("vcr")
    player = vcr.VCR(record_mode="none", match_on=["method", "path", "query", "same_json"])
    player.register_matcher("same_json", _same_json)
    with player.use_cassette(str(_cassette(name))):
        yield


def _same_json(now: Any, recorded: Any) -> None:
    if json.loads(now.body or b"null") != json.loads(recorded.body or b"null"):
        raise AssertionError("another request than the recorded one")
