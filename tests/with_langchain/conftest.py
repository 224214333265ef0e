"""A program over the fake API, and both libraries traced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fake_api import FakeApi
from openai_fixtures import api, fake, quiet_failures

import autolog

pytest.importorskip("langchain_core")

__all__ = ["api", "both", "fake", "quiet_failures", "world"]


@pytest.fixture(autouse=True)
def no_langsmith(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangSmith is off whatever the machine's variables say."""
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
        monkeypatch.setenv(name, "false")


@pytest.fixture
def world(api: FakeApi) -> Iterator[Any]:
    """Models, chains, tools and a vector store."""
    pytest.importorskip("langchain_openai")
    from langchain_world import World

    made = World(api)
    yield made
    made.close()


@pytest.fixture
def both(traces: Any) -> Any:
    """Trace LangChain and the client below it."""
    autolog.openai.autolog()
    autolog.langchain.autolog()
    return traces
