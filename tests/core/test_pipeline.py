"""From the end of a span to its exporter: all of it, in order, bounded, and whatever happens to the process."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from call_styles import M
from callers import instant_client

import autolog
from autolog import _control
from autolog._pipeline import worker

CHAT = {"model": "m", "messages": M}


# Everything that ended is there after a flush


def test_a_burst_is_kept_whole(traced: Any) -> None:
    client = instant_client()

    def burst(n: int) -> None:
        for _ in range(n):
            client.chat.completions.create(**CHAT)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(burst, [500] * 4))
    assert len(traced.all) == 2_000
    assert len({span.span_id for span in traced.spans}) == 2_000
    assert {span.outcome for span in traced.spans} == {"completed"}


def test_spans_come_before_their_root_and_are_joined(traces: Any) -> None:
    with autolog.start_span("root"):
        with autolog.start_span("first"):
            pass
        assert [trace.status for trace in traces.all] == ["IN_PROGRESS"]
        with autolog.start_span("second"):
            pass
    (trace,) = traces.all
    assert [span.name for span in trace.spans] == ["root", "first", "second"]
    assert trace.status == "OK"


def test_flush_waits_for_no_more_than_it_is_allowed(caplog: Any) -> None:
    gate = Gate()
    autolog.configure(store=None, exporters=[gate])
    with autolog.start_span("held"):
        pass
    assert gate.entered.wait(20)
    assert autolog.flush(timeout=0.05) is False
    gate.open.set()
    assert autolog.flush() is True
    assert gate.names == ["held"]


def test_flush_does_not_wait_for_the_exporter_that_it_hands_the_spans_to(caplog: Any) -> None:
    gate = Gate()
    autolog.configure(store=None, exporters=[gate], flush_interval_ms=60_000)
    with autolog.start_span("held"):
        pass
    assert autolog.flush(timeout=0.05) is False
    assert gate.names == []
    gate.open.set()
    assert autolog.flush() is True
    assert gate.names == ["held"]


class Gate:
    """An exporter that waits until it is let through."""

    def __init__(self) -> None:
        self.open, self.entered, self.closed = threading.Event(), threading.Event(), threading.Event()
        self.traces: list[autolog.Trace] = []

    @property
    def names(self) -> list[str]:
        return [span.name for trace in self.traces for span in trace.spans]

    def export(self, traces: Sequence[autolog.Trace]) -> None:
        self.entered.set()
        assert self.open.wait(20)
        self.traces.extend(traces)

    def flush(self, timeout_s: float) -> bool:
        return self.open.is_set()

    def close(self) -> None:
        self.closed.set()


def test_what_cannot_be_taken_in_time_is_dropped_as_whole_traces(caplog: Any) -> None:
    gate = Gate()
    autolog.configure(store=None, exporters=[gate], max_pending_mb=1)
    with autolog.start_span("first"):
        pass
    assert gate.entered.wait(20)
    for n in range(1_000):
        with autolog.start_span("root"), autolog.start_span(f"child {n}"):
            pass
    dropped = _control.status()["dropped_traces"]
    gate.open.set()
    assert autolog.flush()

    roots = [trace for trace in gate.traces if trace.name == "root" and trace.status == "OK"]
    assert 200 < len(roots) < 500  # a megabyte, at what a span of the program's own holds
    assert dropped == 1_000 - len(roots)
    assert len(gate.names) == 2 * len(roots) + 1, "never a part of a trace"
    (warning,) = [record.getMessage() for record in caplog.records if record.name == "autolog"]
    assert "drops whole traces" in warning and "AUTOLOG_MAX_PENDING_MB" in warning
    with autolog.start_span("after"):
        pass
    assert autolog.flush()
    assert gate.names[-1] == "after"
    autolog.configure(exporters=[])
    assert f"autolog dropped {dropped} whole traces in this process" in caplog.text


def test_large_calls_weigh_what_they_hold(caplog: Any) -> None:
    gate = Gate()
    autolog.configure(store=None, exporters=[gate], max_pending_mb=1)
    autolog.autolog()
    client = instant_client()
    client.chat.completions.create(**CHAT)
    assert gate.entered.wait(20)
    for _ in range(20):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x" * 300_000}])
    gate.open.set()
    assert autolog.flush()
    assert len(gate.names) == 1 + 4
    assert _control.status()["dropped_traces"] == 16


def test_large_arguments_weigh_what_they_hold(caplog: Any) -> None:
    gate = Gate()
    autolog.configure(store=None, exporters=[gate], max_pending_mb=1)

    @autolog.trace
    def read(text: str, n: int) -> str:
        return text

    read("first", 0)
    assert gate.entered.wait(20)
    for n in range(20):
        read("x" * 100_000, n)
    gate.open.set()
    assert autolog.flush()
    assert _control.status()["dropped_traces"] == 15  # of 5 and more, each with its text in and out, a megabyte is full


def test_one_endless_trace_is_bounded_too(caplog: Any) -> None:
    """A program that runs in one root span: its trace is cut, for memory must not grow without end."""
    gate = Gate()
    autolog.configure(store=None, exporters=[gate], max_pending_mb=1)
    with autolog.start_span("root"):
        with autolog.start_span("child"):
            pass
        assert gate.entered.wait(20)
        for _ in range(5_000):
            with autolog.start_span("child"):
                pass
    gate.open.set()
    assert autolog.flush()
    assert 200 < len(gate.names) < 2_000
    assert _control.status()["dropped_traces"] == 1
    assert "drops whole traces" in caplog.text


# A pipeline that another one replaces


def test_a_replaced_pipeline_leaves_nothing_behind() -> None:
    old: list[weakref.ref[Any]] = []
    for _ in range(5):
        autolog.configure(store=None, exporters=[autolog.MemoryExporter()])
        with autolog.start_span("a"):
            pass
        old.append(weakref.ref(_control.pipeline()))
    autolog.configure(exporters=[])
    with autolog.start_span("b"):
        pass
    gc.collect()
    assert [p for p in old if p() is not None] == []
    assert [t.name for t in threading.enumerate()].count("autolog") == 1


def test_settings_change_while_an_exporter_takes_its_time(monkeypatch: Any) -> None:
    monkeypatch.setattr(worker, "_REPLACED_TIMEOUT_S", 0.05)
    slow, memory = Gate(), autolog.MemoryExporter()
    autolog.configure(store=None, exporters=[slow])
    for name in ("first", "second"):
        with autolog.start_span(name):
            pass
        assert slow.entered.wait(20)
    autolog.configure(exporters=[memory])
    with autolog.start_span("third"):
        pass
    assert autolog.flush()
    assert [trace.name for trace in memory.traces] == ["third"]
    assert not slow.closed.is_set()
    slow.open.set()
    assert slow.closed.wait(20)
    assert slow.names == ["first", "second"]
