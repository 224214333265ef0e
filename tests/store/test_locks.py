"""A file or a connection that somebody else holds: waited for no longer than is allowed, never closed under his hands."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from store.kit import command, environment, run, tid, trace

from autolog._store import Query, Store, StoreError, open_store


@pytest.fixture
def other(store: Store) -> Iterator[sqlite3.Connection]:
    """Another program that holds the file."""
    store.write([trace(1)])
    db = sqlite3.connect(store.path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    yield db
    db.close()


# Waiting for the file


def test_a_file_is_waited_for_as_long_as_is_allowed(store: Store, other: sqlite3.Connection) -> None:
    allowed = [math.inf, math.inf, 0.0]
    with pytest.raises(StoreError, match="is locked by another program"):
        store.write([trace(2)], until=lambda: allowed.pop(0))
    assert allowed == []
    assert store.count(Query()) == 1


def test_a_file_that_becomes_free_is_written(store: Store, other: sqlite3.Connection) -> None:
    def until() -> float:
        if other.in_transaction:
            other.execute("ROLLBACK")
        return math.inf

    store.write([trace(2)], until=until)
    assert store.count(Query()) == 2


def test_a_new_file_that_somebody_holds_is_not_waited_for_either(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "autolog.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    with open_store(tmp_path / "autolog.db") as store:
        with pytest.raises(StoreError, match="is locked by another program"):
            store.write([trace(1)], until=lambda: 0.0)
        db.execute("ROLLBACK")
        db.close()
        store.write([trace(1)])
        assert store.count(Query()) == 1


def test_another_thread_is_waited_for_as_long_as_is_allowed(store: Store) -> None:
    with store._connections.writer.lock, pytest.raises(StoreError, match="in use by another thread of this program"):
        store.write([trace(1)], until=lambda: 0.0)
    store.write([trace(1)])
    assert store.count(Query()) == 1


HELD_UP = """
import os, sys, warnings
import autolog
warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads
def work(name):
    with autolog.start_span(name):
        pass
work("first")
print(autolog.flush(0.2))
if os.fork() == 0:
    os._exit(0)
os.wait()
autolog.configure(sample_rate=1.0)
work("second")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_program_is_not_held_up_by_a_file_that_another_one_holds(
    store: Store, other: sqlite3.Connection, tmp_path: Path
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    environ = {**environment(), "AUTOLOG_STORE": store.path, "TMPDIR": str(aside)}
    # Less than the half minute that a write in the background may wait
    done = subprocess.run(command(HELD_UP), env=environ, capture_output=True, text=True, timeout=25)
    assert (done.returncode, done.stdout) == (0, "False\n")
    kept = [json.loads(line)["name"] for file in aside.iterdir() for line in file.read_text().splitlines()]
    assert sorted(kept) == ["first", "second"], "each is in a file beside the store"
    assert "is locked by another program" in done.stderr
    assert all(str(file) in done.stderr for file in aside.iterdir())


# A connection that is in use


def test_a_connection_in_use_is_not_closed(store: Store) -> None:
    connections = store._connections
    with connections.writing() as db, connections.reading() as reader:
        connections.release()
        db.execute("SELECT 1").close()  # a closed one would say so
        reader.execute("SELECT 1").close()
    connections.release()
    for closed in (db, reader):
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            closed.execute("SELECT 1")
    store.write([trace(1)])
    assert store.get_trace(tid(1)) == trace(1)


IN_THE_MIDDLE = """
import atexit, os, sys, threading
import autolog
from autolog import _control
from autolog._store import store as room
entered, go_on = threading.Event(), threading.Event()
write = room.write_fragments
def slow(db, batch):
    write(db, batch)
    entered.set()
    assert go_on.wait(20)
    write(db, batch)
room.write_fragments = slow
_control.pipeline()
atexit.register(go_on.set)  # before the pipeline's own end; after the finalizer of the store, which is made later
with autolog.start_span("in the middle"):
    pass
assert entered.wait(20)
"""


def test_at_the_exit_nothing_is_closed_that_is_being_written(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOLOG_STORE", store.path)
    done = run(IN_THE_MIDDLE)
    assert (done.returncode, done.stderr) == (0, "")
    assert [t.name for t in store.search(Query())] == ["in the middle"]
    store.close()
    assert [p.name for p in Path(store.path).parent.iterdir()] == ["autolog.db"], "it was closed at last"


ONLY_READ = """
import sys
import autolog
print(len(autolog.search_traces(return_type="list")))
"""


def test_a_store_that_was_only_read_is_closed_at_the_exit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write([trace(1)])
    store.close()
    monkeypatch.setenv("AUTOLOG_STORE", store.path)
    assert run(ONLY_READ).stdout == "1\n"
    assert [p.name for p in Path(store.path).parent.iterdir()] == ["autolog.db"]
