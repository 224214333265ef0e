"""When something of ours breaks, an exporter, the store, a reader, the program does not notice."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from call_styles import M
from callers import Caller

import autolog
from autolog._pipeline.exporters import StoreExporter


class Broken:
    """An exporter that raises where it can."""

    def __init__(self, *where: str) -> None:
        self.where = where
        self.calls = 0

    def _do(self, what: str) -> None:
        self.calls += 1
        if what in self.where:
            raise OSError(f"no {what} today")

    def export(self, traces: Any) -> None:
        self._do("export")

    def flush(self, timeout_s: float) -> bool:
        self._do("flush")
        return True

    def close(self) -> None:
        self._do("close")


@pytest.mark.parametrize("where", ["export", "flush", "close"])
def test_an_exporter_that_breaks_harms_neither_the_program_nor_the_other_exporters(
    where: str, caller: Caller, quiet_failures: Any, caplog: Any
) -> None:
    memory, broken = autolog.MemoryExporter(), Broken(where)
    autolog.configure(store=None, exporters=[broken, memory])
    autolog.autolog()
    client = caller.client()
    for _ in range(3):
        assert caller.run(lambda: client.chat.completions.create(model="m", messages=M)).model == "m-2024"
        assert autolog.flush() is (where != "flush")
    autolog.configure(exporters=[])
    assert len(memory.traces) == 3
    assert broken.calls >= 7
    messages = [record.getMessage() for record in caplog.records if record.name == "autolog"]
    assert len([message for message in messages if f"OSError: no {where} today" in message]) == 1


def test_exporters_that_cannot_be_made_harm_nobody(caller: Caller, quiet_failures: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(StoreExporter, "__init__", lambda *_: 1 / 0)
    autolog.configure(store=":memory:")
    autolog.autolog()
    client = caller.client()
    for _ in range(2):
        assert caller.run(lambda: client.chat.completions.create(model="m", messages=M)).model == "m-2024"
    autolog.flush()
    assert [type(failure) for failure in quiet_failures()] == [ZeroDivisionError]


@pytest.fixture
def unwritable(tmp_path: Path) -> Iterator[str]:
    """A store where there can be none, whoever runs the tests: below a file."""
    (tmp_path / "file").write_text("no folder")
    yield str(tmp_path / "file" / "autolog.db")


def test_a_store_that_cannot_be_opened_harms_nobody(
    unwritable: str, caller: Caller, quiet_failures: Any, caplog: Any
) -> None:
    autolog.configure(store=unwritable)
    autolog.autolog()
    client = caller.client()
    for _ in range(2):
        assert caller.run(lambda: client.chat.completions.create(model="m", messages=M)).model == "m-2024"
        autolog.flush()
    warnings = [record for record in caplog.records if record.name == "autolog" and record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    with pytest.raises(autolog.StoreError):
        autolog.search_traces(return_type="list")


def test_a_wrong_setting_is_an_error_and_changes_nothing(traces: Any) -> None:
    with pytest.raises(ValueError, match=r"sample_rate is a number from 0 to 1, not 2"):
        autolog.configure(capture_content=False, sample_rate=2)
    with pytest.raises(TypeError, match=r"configure\(\) has no setting 'stor'; it has: enabled, "):
        autolog.configure(stor="x")  # type: ignore[call-arg]
    with autolog.start_span("mine") as span:
        span.set_inputs("kept")
    assert traces.span.inputs == "kept"


class Mine:
    """An object of the program's."""


def test_failures_of_ours_do_not_keep_the_program_s_frames(
    caller: Caller, traces: Any, quiet_failures: Any, monkeypatch: Any
) -> None:
    import autolog_openai._calls as calls

    def fail(*_: Any) -> None:
        raise LookupError("a mistake of ours")

    monkeypatch.setattr(calls, "_fail", fail)
    autolog.autolog()
    client = caller.client()
    kept: list[weakref.ref[Any]] = []

    def use() -> None:
        mine = Mine()
        kept.append(weakref.ref(mine))
        caller.outcome(lambda: client.chat.completions.create(model="err400", messages=M, user=str(mine)))

    use()
    gc.collect()
    assert len(quiet_failures()) == 1
    assert kept[0]() is None
