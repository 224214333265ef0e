"""Answers the demo's calls from its cassette."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

__all__ = ["file", "play"]

_HERE = Path(__file__).resolve().parent
_BACKENDS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
# What would have the programs ask another server for another model, or show a key of the user's to anybody.
_NOT_IN_A_DEMO: Final = (
    "CHAT_MODEL",
    "EMBEDDING_MODEL",
    "EMBED_MODEL",
    "LANGCHAIN_TRACING",
    "LANGCHAIN_TRACING_V2",
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "OPENAI_API_BASE",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_PROXY",
)


def file(*path: str) -> Path:
    """Give a file of the demo's by its path in the repository, also where only the wheel is installed."""
    shipped = _HERE.joinpath(*path)
    return shipped if shipped.is_file() else _HERE.parents[1].joinpath(*path)


def _backends() -> list[str]:
    """The hosts that the demo's trace is to be sent to while it runs."""
    hosts = (urlsplit(os.environ.get(name, "")).hostname for name in _BACKENDS)
    return [host for host in hosts if host]


@contextmanager
def play(library: str, name: str = "demo") -> Generator[None]:
    """Answer all HTTP calls in the block from ``cassettes/LIBRARY/NAME.yaml``, whatever the user's variables say."""
    from autolog._replay.tape import replay

    taken = {variable: os.environ.pop(variable) for variable in _NOT_IN_A_DEMO if variable in os.environ}
    try:
        with replay(file("cassettes", library, f"{name}.yaml"), mode="replay", allow_hosts=_backends()):
            yield
    finally:
        os.environ.update(taken)
