"""A store with a few traces, and the command line as a function."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.command import Cli, Result, sample_traces

from autolog._cli import main
from autolog._store import open_store


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither colours nor a width from the terminal that runs the tests; times in UTC."""
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "TERM", "OTEL_EXPORTER_OTLP_ENDPOINT", "AUTOLOG_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def store_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the path of a filled store, which is the default one too."""
    path = tmp_path / "autolog.db"
    with open_store(path) as store:
        store.write(sample_traces())
    monkeypatch.setenv("AUTOLOG_STORE", str(path))
    return path


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        capsys.readouterr()
        code = main(words)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return run
