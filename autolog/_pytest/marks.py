"""What the markers of a test ask for, and whether others use its cassette."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autolog._pytest.keys import SHARED
from autolog._pytest.options import MARKER_OPTIONS
from autolog._replay.nearmiss import Hints

__all__ = ["hints_for", "is_shared", "marked_options"]


def marked_options(item: pytest.Item) -> tuple[str | None, dict[str, Any]]:
    """Give the path and the options of a test's markers; the closest to the test wins, option by option.

    Raises ``pytest.UsageError`` for what the marker does not take.
    """
    path: str | None = None
    options: dict[str, Any] = {}
    for mark in item.iter_markers("llm_replay"):
        unknown = sorted(set(mark.kwargs) - MARKER_OPTIONS)
        if unknown:
            raise pytest.UsageError(
                f"{item.nodeid}: llm_replay takes no {', '.join(unknown)}; it takes: {', '.join(sorted(MARKER_OPTIONS))}"
            )
        if len(mark.args) > 1 or not all(isinstance(arg, (str, Path)) for arg in mark.args):
            raise pytest.UsageError(f"{item.nodeid}: llm_replay takes one path, and was given {mark.args!r}")
        if mark.args and path is None:
            path = str(mark.args[0])
        options = {**mark.kwargs, **options}
    return path, options


def is_shared(item: pytest.Item, given: str | None) -> bool:
    """Whether other tests use the same cassette, or may: those that are not part of this run count too."""
    if given is None:
        return False
    shared = item.config.stash.get(SHARED, None)
    if (shared is not None and shared[given] > 1) or any("::" in arg for arg in item.config.args):
        return True
    return sum(_mentions(file, given) for file in _neighbours(item)) > 1


def _neighbours(item: pytest.Item) -> Iterator[Path]:
    """The files whose tests can name the same cassette: those of this folder, or where all share one, of all."""
    if not item.config.getini("llm_cassette_dir"):
        yield from item.path.parent.glob("*.py")
        return
    for folder in item.config.getini("testpaths") or [item.path.parent]:
        yield from (item.config.rootpath / folder).rglob("*.py")


def _mentions(file: Path, text: str) -> int:
    try:
        return file.read_text(encoding="utf-8", errors="replace").count(text)
    except OSError:
        return 0


def hints_for(item: pytest.Item) -> Hints:
    """Give what a miss proposes to type."""
    test = shlex.quote(item.nodeid)
    return Hints(
        accept=f"pytest {test} --llm-record=all",
        missing=f"pytest {test} --llm-record=missing",
        ignore="@pytest.mark.llm_replay(ignore={paths})",
        normalize='@pytest.mark.llm_replay(normalize="dates")',
        order='@pytest.mark.llm_replay(order="any")',
        repeats="@pytest.mark.llm_replay(repeats=True)",
    )
