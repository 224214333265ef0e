"""A fake API for the whole run, and programs that call it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from callers import Caller
from fake_api import FakeApi


@pytest.fixture(autouse=True)
def small_heap() -> None:
    """Take what the library and earlier tests made, a million objects, out of this test's collections."""
    gc.freeze()


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
