"""Programs that use LangChain, LangGraph and LlamaIndex at once, over a fake API."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
from openai_fixtures import api, fake, quiet_failures

__all__ = ["api", "fake", "quiet_failures"]

_NEEDED = ("llama_index", "langgraph", "langchain_openai")
if any(find_spec(name) is None for name in _NEEDED) or find_spec("llama_index.llms.openai") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True)
def no_langsmith(monkeypatch: pytest.MonkeyPatch) -> None:
    """LangSmith is off whatever the machine's variables say."""
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
        monkeypatch.setenv(name, "false")


@pytest.fixture
def programs(api: Any) -> Any:
    from together_programs import Programs

    made = Programs(api)
    yield made
    made.close()
