"""Tracing for the time of one test: everything on, into memory, with the same ids and times on every run."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from typing import Final

import autolog
from autolog import _control, _registry
from autolog._replay.expect import Traces
from autolog._tracing import sources

__all__ = ["Session", "fixed_sources", "tracing"]

_START_NS: Final = 1_767_225_600_000_000_000  # 2026-01-01 00:00:00 UTC
_TICK_NS: Final = 1_000_000
_BACKENDS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Session:
    """Tracing of one test while it runs."""

    def __init__(self, exporter: autolog.MemoryExporter) -> None:
        self._exporter = exporter
        self.traces = Traces(exporter)

    @property
    def connected(self) -> bool:
        """Whether traces still come here: a test may configure autolog itself, or turn it off."""
        now = _control.settings()
        on = any(status.on for status in autolog.integrations().values())
        return now.enabled and on and self._exporter in now.exporters


@contextmanager
def fixed_sources() -> Generator[None]:
    """Count ids from 1, and let every look at the clock take a millisecond, from the first of January 2026 on."""
    before = sources.now_ns, sources.new_trace_id, sources.new_span_id
    # The steps of `count` are indivisible: no lock is needed for threads.
    sources.now_ns = count(_START_NS, _TICK_NS).__next__
    sources.new_trace_id = count(1).__next__
    sources.new_span_id = count(1).__next__
    try:
        yield
    finally:
        sources.now_ns, sources.new_trace_id, sources.new_span_id = before


def _keep_private(exporter: autolog.MemoryExporter) -> None:
    """Open the exporters without the backend that the environment names: what a test does is sent nowhere."""
    named = {name: os.environ.pop(name) for name in _BACKENDS if name in os.environ}
    if not named:
        return
    try:
        with autolog.start_span("opening"):  # exporters are opened for the first span
            pass
        autolog.flush()
    finally:
        os.environ.update(named)
    exporter.clear()


@contextmanager
def tracing() -> Generator[Session]:
    """Trace every integration that is not traced yet, and put everything back at the end."""
    exporter = autolog.MemoryExporter()
    before = _control.settings().as_dict()
    were_on = [name for name, status in autolog.integrations().items() if status.on]
    autolog.configure(
        enabled=True,
        integrations=None,
        store=None,
        capture_content=True,
        sample_rate=1.0,
        tracer_provider=None,
        exporters=[exporter],
    )
    _keep_private(exporter)
    try:
        with fixed_sources():
            autolog.autolog(exclude=were_on)
            try:
                yield Session(exporter)
            finally:
                for name, status in autolog.integrations().items():
                    if status.on and name not in were_on:
                        _registry.module(name).autolog(log_traces=False)
                autolog.flush()
    finally:
        _control.configure(before)
