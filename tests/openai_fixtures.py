"""Fixtures around the fake API, for the ``conftest.py`` of every folder whose tests call the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from callers import Caller
from fake_api import FakeApi

from autolog._tracing import guard

__all__ = ["api", "caller", "fake", "quiet_failures"]


@pytest.fixture(scope="session")
def fake() -> Iterator[FakeApi]:
    """One server for all tests."""
    server = FakeApi()
    yield server
    server.close()


@pytest.fixture
def api(fake: FakeApi) -> Iterator[FakeApi]:
    """The fake API with nothing sent yet."""
    fake.clear()
    yield fake
    fake.clear()


@pytest.fixture(params=["sync", "async"])
def caller(api: FakeApi, request: pytest.FixtureRequest) -> Iterator[Caller]:
    """A sync and an async program."""
    made = Caller(api, asynchronous=request.param == "async")
    yield made
    made.close()


@pytest.fixture
def quiet_failures(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[BaseException]]]:
    """Swallow our own failures as in a user's program; what is given tells which there were."""
    monkeypatch.setenv("AUTOLOG_RAISE_ERRORS", "0")
    monkeypatch.setattr(guard, "_told", set())

    def failures() -> list[BaseException]:
        return list(guard.reported)

    yield failures
    guard.reported.clear()
