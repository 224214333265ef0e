"""A server that answers, a place for a cassette, an environment without switches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from replay.loopback import Loopback
from replay.rivals import EITHER, Tape


@pytest.fixture
def server() -> Iterator[Loopback]:
    loopback = Loopback()
    yield loopback
    loopback.close()


@pytest.fixture(params=EITHER)
def tape(request: pytest.FixtureRequest) -> Tape:
    """A cassette of this library, and one of vcrpy, with which the same test has to fail."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.yaml"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "AUTOLOG_RECORD"):
        monkeypatch.delenv(name, raising=False)
