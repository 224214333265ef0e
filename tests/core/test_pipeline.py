"""From the end of a span to its exporter: all of it, in order, bounded, and whatever happens to the process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from call_styles import M
from callers import instant_client

import autolog
from autolog import _control
from autolog._pipeline.exporters import StoreExporter

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


class Gate:
    """An exporter that waits until it is let through."""

    def __init__(self) -> None:
        self.open, self.entered = threading.Event(), threading.Event()
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
        pass


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


# A store that cannot be written


class Unwritable:
    def __init__(self, error: type[Exception]) -> None:
        self.error: type[Exception] | None = error
        self.written: list[str] = []

    def write(self, traces: Sequence[autolog.Trace]) -> None:
        if self.error is not None:
            raise self.error("the disk is full")
        self.written += [trace.name for trace in traces]

    def index_soon(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_traces_wait_for_a_store_that_comes_back(caplog: Any) -> None:
    store: Any = Unwritable(autolog.StoreError)
    autolog.configure(store=None, exporters=[StoreExporter(store)])
    for name in ("a", "b"):
        with autolog.start_span(name):
            pass
        assert autolog.flush() is False
    store.error = None
    with autolog.start_span("c"):
        pass
    assert autolog.flush() is True
    assert store.written == ["a", "b", "c"]
    assert [record.levelname for record in caplog.records if record.name == "autolog"] == ["WARNING"]
    assert "the disk is full" in caplog.text


def test_what_could_not_be_stored_is_saved_beside_it(caplog: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store: Any = Unwritable(autolog.StoreError)
    autolog.configure(store=None, exporters=[StoreExporter(store)])
    with autolog.start_span("a") as span:
        span.set_inputs({"said": "ünïcödé"})
    autolog.configure(exporters=[])

    (file,) = tmp_path.glob("autolog-unsaved-*.jsonl")
    assert [autolog.Trace.from_json(line).root.inputs for line in file.read_text().splitlines()] == [
        {"said": "ünïcödé"}
    ]
    assert file.stat().st_mode & 0o077 == 0, "what was said is for nobody else"
    assert str(file) in caplog.text


def test_what_waits_for_a_store_is_bounded(monkeypatch: Any, caplog: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(StoreExporter, "KEPT", 5)
    store: Any = Unwritable(autolog.StoreError)
    exporter = StoreExporter(store)
    autolog.configure(store=None, exporters=[exporter])
    for n in range(12):
        with autolog.start_span(f"{n}"):
            pass
        autolog.flush()
    assert exporter.lost == 7
    store.error = None
    assert autolog.flush()
    assert store.written == ["7", "8", "9", "10", "11"]


def test_the_store_of_the_settings_gets_the_traces(tmp_path: Path) -> None:
    autolog.configure(store=tmp_path / "autolog.db")
    with autolog.start_span("stored") as span:
        pass
    found = autolog.get_trace(span.trace_id)
    assert found is not None and found.name == "stored"
    assert logging.getLogger("autolog").handlers == []
