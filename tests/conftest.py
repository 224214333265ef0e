"""What every test gets: no network, nothing patched and no span open afterwards, our own errors raised."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

import autolog
from autolog import _control, _registry
from autolog._replay.expect import Traces
from autolog._tracing import guard
from autolog._tracing.span import LiveSpan, runtime

os.environ["AUTOLOG_RAISE_ERRORS"] = "1"
os.environ.setdefault("AUTOLOG_STORE", "none")

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Turn everything off after the test, and fail it where a span is open or a failure of ours was swallowed.

    The collector runs only where it is asked to: an abandoned stream of openai is in a cycle, traced or not, and where
    the collector closes it while the same thread is in httpcore's connection pool, that thread waits for itself
    (httpcore 1.0: its lock is not re-entrant).
    """
    guard.reported.clear()
    gc.freeze()  # what the libraries and earlier tests made, a million objects, is not looked through again
    gc.disable()
    yield
    gc.enable()
    autolog.autolog(log_traces=False)
    assert not any(status.on for status in autolog.integrations().values())
    gc.collect()
    left_open = [o for o in gc.get_objects() if type(o) is LiveSpan and o.end_time_ns is None]
    swallowed = list(guard.reported)
    guard.reported.clear()
    _control.reset()
    assert not left_open, f"spans left open: {left_open}"
    assert not swallowed, f"autolog failed inside: {swallowed}"


@pytest.fixture
def exporter() -> autolog.MemoryExporter:
    """Keep traces in memory only."""
    memory = autolog.MemoryExporter()
    autolog.configure(store=None, exporters=[memory])
    return memory


@pytest.fixture
def traces(exporter: autolog.MemoryExporter) -> Traces:
    """Look at what was traced. The plugin's fixture also turns everything on, which here is what is tested."""
    return Traces(exporter)


@pytest.fixture
def traced(traces: Traces) -> Iterator[Traces]:
    """The same with the OpenAI client traced."""
    autolog.openai.autolog()
    assert _registry.integrations()["openai"].on
    assert runtime.bridge is None
    yield traces
