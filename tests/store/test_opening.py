"""How a file is set up: its journal, its schema, and where it may only be read."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from store.kit import USES, journal, run, span, tid, trace

from autolog._store import Query, Store, StoreError, open_store, opening, schema
from autolog._store.filesystem import on_network
from autolog._store.text_index import backlog


def test_the_file_is_set_up_for_many_writers(store: Store) -> None:
    store.write([trace(1)])
    assert journal(store) == "wal"
    db = store._connections.writer.get()
    wanted = {"page_size": 8192, "synchronous": 1, "auto_vacuum": 2, "busy_timeout": 250}
    assert {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted} == wanted


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for such a file system is Unix's")
def test_a_file_system_without_shared_memory_gets_another_journal(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connect = opening.connect
    monkeypatch.setattr(
        opening, "connect", lambda path, *, uri=False: connect(f"{Path(path).as_uri()}?vfs=unix-dotfile", uri=True)
    )
    with caplog.at_level(logging.INFO, "autolog"):
        store.write([trace(1)])
    assert journal(store) == "delete"
    assert "is on a file system without a write-ahead log" in caplog.text
    assert store.search(Query(text="call")) == [trace(1)]


def test_a_network_file_system_gets_another_journal(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write([trace(1)])
    store.close()
    monkeypatch.setattr(opening, "on_network", lambda path: path == store.path)
    store.write([trace(2)])
    assert journal(store) == "delete"
    assert store.count(Query()) == 2


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/home/u/autolog.db", True),
        ("/home/u/local/a.db", False),
        ("/homes/a.db", False),
        ("/a.db", False),
        ("/my disk/a", True),
    ],
)
def test_network_file_systems_are_known_by_their_mount(tmp_path: Path, path: str, found: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "disk / ext4 rw 0 0\nserver:/home /home nfs4 rw 0 0\ndisk2 /home/u/local xfs rw 0 0\n"
        "share /my\\040disk cifs rw 0 0\nodd\n"
    )
    assert on_network(path, mounts=str(mounts)) is found
    assert not on_network(path, mounts=str(tmp_path / "none"))


STEP = ("ALTER TABLE spans ADD COLUMN region TEXT", "UPDATE spans SET region = 'eu'")


@pytest.mark.parametrize("use", USES)
def test_an_older_file_is_brought_up_to_date(store: Store, use: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write([trace(1)])
    store.close()
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, STEP))
    USES[use](store)
    with store._connections.reading() as db:
        assert db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()[0] == len(schema.MIGRATIONS)
        assert {r[0] for r in db.execute("SELECT region FROM spans")} <= {"eu", None}


def test_a_step_that_fails_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write([trace(1)])
    store.close()
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, (*STEP, "INSERT INTO nowhere VALUES (1)")))
        with pytest.raises(StoreError, match="no such table: nowhere"):
            store.write([trace(2)])
    with store._connections.reading() as db:
        assert "region" not in {row[1] for row in db.execute("PRAGMA table_info(spans)")}
    assert store.search(Query()) == [trace(1)]


def test_a_released_step_never_changes() -> None:
    """The tables of schema 1: if this fails, add a step to MIGRATIONS instead of changing one that files have."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    schema.migrate(db, ":memory:")
    columns = {t: " ".join(r[1] for r in db.execute(f"PRAGMA table_info({t})")) for t in ("spans", "payload", "traces")}
    db.close()
    usage = (
        "input_tokens output_tokens total_tokens cached_input_tokens cache_creation_tokens reasoning_tokens "
        "audio_input_tokens audio_output_tokens"
    )
    assert columns == {
        "payload": "span inputs outputs attributes events exception",
        "spans": "id trace span_id parent_id name span_type status outcome start_ns end_ns duration_ns model provider "
        f"integration operation error_type http_status finish_reason {usage} cost local_root first_chunk_ms counted call",
        "traces": "id trace_id name status start_ns end_ns duration_ns session_id user_id "
        f"span_count {usage} cost unpriced models root "
        "calls failed_calls speaking_ns durations first_chunks last_call_ns",
    }


AS_NOBODY = """
import os, sys
import urllib.parse  # Python may be where nobody may look
from autolog._store import Query, StoreError, open_store
from autolog._store import frame, text_index
from store.kit import trace
if os.getuid() == 0:
    os.setuid(65534)
with open_store(sys.argv[1]) as store:
    print(store.search_ids(Query()), store.search_ids(Query(text="refund")), len(store.stats(by="span_name")))
    try:
        store.write([trace(2)])
    except StoreError as e:
        print(e)
"""


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user may look into."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="permissions there are not these")
@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize("still_open", [False, True])
@pytest.mark.parametrize("folder_mode", [0o555, 0o755])
def test_a_file_that_may_only_be_read(shared: Path, indexed: bool, still_open: bool, folder_mode: int) -> None:
    store = open_store(shared / "autolog.db")
    store.write([trace(1, span(1, inputs="refund"))])
    if indexed:
        store.search(Query(text="refund"))
        with store._connections.reading() as db:
            assert backlog(db) == 0
    if not still_open:
        store.close()
    for file in shared.iterdir():
        file.chmod(0o444)
    shared.chmod(folder_mode)
    done = run(AS_NOBODY, store.path)
    shared.chmod(0o755)
    store.close()
    assert done.stderr == ""
    first, second = done.stdout.splitlines()
    assert first == f"{[tid(1)]} {[tid(1)]} 1"
    assert second == (
        f"{store.path} cannot be written: give this user write access to the file and its folder, "
        "or set AUTOLOG_STORE to another file"
    )
