"""Answers the demo's calls from its cassette."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

__all__ = ["play"]

_HERE = Path(__file__).resolve().parent
_BACKENDS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def _cassette(name: str) -> Path:
    shipped = _HERE / "cassettes" / f"{name}.yaml"
    return shipped if shipped.is_file() else _HERE.parents[1] / "cassettes" / name / "demo.yaml"  # in a checkout


def _backends() -> list[str]:
    """The hosts that the demo's trace is to be sent to while it runs."""
    hosts = (urlsplit(os.environ.get(name, "")).hostname for name in _BACKENDS)
    return [host for host in hosts if host]


@contextmanager
def play(name: str) -> Generator[None]:
    """Answer all HTTP calls in the block from the demo's cassette."""
    from autolog._replay.tape import replay

    with replay(_cassette(name), mode="replay", allow_hosts=_backends()):
        yield
