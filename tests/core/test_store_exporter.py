"""From the pipeline to the store: one that cannot be written, one that comes back, and a fork in between."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import autolog
from autolog import _control
from autolog._pipeline.exporters import StoreExporter
from autolog._store import Query


class Unwritable:
    def __init__(self, error: type[Exception]) -> None:
        self.error: type[Exception] | None = error
        self.written: list[str] = []

    def write(self, traces: Sequence[autolog.Trace], *, until: Any = None) -> None:
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


def test_what_waits_at_a_fork_is_the_parents_to_write(monkeypatch: Any, caplog: Any) -> None:
    store: Any = Unwritable(autolog.StoreError)
    exporter = StoreExporter(store)
    autolog.configure(store=None, exporters=[exporter])
    with autolog.start_span("of the parent"):
        pass
    assert autolog.flush() is False
    monkeypatch.setattr(exporter, "_pid", -1)  # as a child sees it
    store.error = None
    with autolog.start_span("of the child"):
        pass
    assert autolog.flush()
    assert store.written == ["of the child"]


def test_what_a_fork_interrupts_is_written_after_it(caplog: Any, tmp_path: Path) -> None:
    autolog.configure(store=tmp_path / "autolog.db")
    with autolog.start_span("first"):
        pass
    assert autolog.flush()
    other = sqlite3.connect(tmp_path / "autolog.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with autolog.start_span("held up"):
        pass
    assert autolog.flush(timeout=0.05) is False  # the worker waits for the file
    pipeline = _control.pipeline()
    pipeline.before_fork()
    assert pipeline._held
    pipeline.after_fork_in_parent()
    other.execute("ROLLBACK")
    other.close()
    assert autolog.flush()
    assert [trace.name for trace in _control.store().search(Query())] == ["held up", "first"]
    assert caplog.text == ""


def test_the_store_of_the_settings_gets_the_traces(tmp_path: Path) -> None:
    autolog.configure(store=tmp_path / "autolog.db")
    with autolog.start_span("stored") as span:
        pass
    found = autolog.get_trace(span.trace_id)
    assert found is not None and found.name == "stored"
    assert logging.getLogger("autolog").handlers == []
