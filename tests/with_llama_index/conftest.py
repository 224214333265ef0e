"""Programs on LlamaIndex that call a fake API. The folder is not named as the library: tests are on the path."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from openai_fixtures import api, fake, quiet_failures

import autolog

__all__ = ["api", "fake", "quiet_failures"]

if find_spec("llama_index") is None or find_spec("llama_index.llms.openai") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def program(api: Any) -> Any:
    """What a program on LlamaIndex has: a model, an embedding model, an index."""
    from llamaindex_kit import Program

    return Program(api.base_url)


@pytest.fixture
def alone(traces: Any) -> Iterator[Any]:
    """LlamaIndex traced, and nothing else."""
    autolog.llama_index.autolog()
    yield traces


@pytest.fixture
def both(traces: Any) -> Iterator[Any]:
    """LlamaIndex and the OpenAI client below it."""
    autolog.llama_index.autolog()
    autolog.openai.autolog()
    yield traces
