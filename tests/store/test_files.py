"""Files that are not as they should be: one clear sentence each, and nothing of SQLite's own."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from store.kit import USES, journal, span, trace

from autolog._store import Query, Store, StoreError, open_store, opening, schema
from autolog._store.errors import explain

WRITING = ("write", "blobs")


def not_a_database(path: Path) -> str:
    path.write_bytes(b"These are my notes. " * 100)
    return r"autolog.db is not an autolog store \(not a SQLite file\): move it away, or set AUTOLOG_STORE to another"


def cut_off(path: Path) -> str:
    with open_store(path) as store:
        store.write([trace(n, span(n, trace=n, inputs="x" * 500)) for n in range(1, 50)])
    with path.open("r+b") as file:
        file.truncate(8192)
    return r"autolog.db is damaged: move it away and autolog starts a new one \(.*recover.*\), or set AUTOLOG_STORE"


def without_its_schema(path: Path) -> str:
    with open_store(path) as store:
        store.write([trace(1)])
    change(path, "DELETE FROM meta")
    return r"autolog.db is damaged \(it does not say its schema\)"


def newer(path: Path) -> str:
    with open_store(path) as store:
        store.write([trace(1)])
    change(path, f"UPDATE meta SET value = {len(schema.MIGRATIONS) + 7} WHERE key = 'schema'")
    return (
        rf"autolog.db was written by a newer autolog \(schema {len(schema.MIGRATIONS) + 7}, this one knows "
        rf"{len(schema.MIGRATIONS)}\): upgrade autolog-genai, or set AUTOLOG_STORE to another file"
    )


def another_programs(path: Path) -> str:
    change(path, "CREATE TABLE spans (x)")
    return "autolog.db is another program's SQLite file: set AUTOLOG_STORE to another file"


def a_folder(path: Path) -> str:
    path.mkdir()
    return "autolog.db is a folder: give the name of a file in it, such as .*autolog.db.autolog.db"


def change(path: Path, statement: str) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(statement)
    db.close()


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("spoil", [not_a_database, cut_off, without_its_schema, newer, another_programs, a_folder])
def test_a_file_that_cannot_be_used(tmp_path: Path, spoil: Callable[[Path], str], use: str) -> None:
    path = tmp_path / "autolog.db"
    message = spoil(path)
    before = path.read_bytes() if path.is_file() else b""
    with open_store(path) as store:
        if spoil is cut_off and use in ("get", "search", "text", "summaries", "count", "stats", "blob", "delete"):
            try:  # what needs none of the lost pages is still read
                USES[use](store)
            except StoreError as e:
                assert "is damaged" in str(e)
            return
        for _ in range(2):
            with pytest.raises(StoreError, match=message) as caught:
                USES[use](store)
            assert "\n" not in str(caught.value)
            assert str(path) in str(caught.value)
    if spoil is not cut_off and path.is_file():
        assert path.read_bytes() == before


@pytest.mark.parametrize("use", USES)
def test_a_folder_that_is_missing(tmp_path: Path, use: str) -> None:
    store = open_store(tmp_path / "no" / "autolog.db")
    message = r"the folder .*no does not exist: create it \(mkdir -p .*no\), or set AUTOLOG_STORE to another file"
    with pytest.raises(StoreError, match=message):
        USES[use](store)
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("use", [u for u in USES if u not in WRITING])
def test_a_file_that_is_not_there_reads_as_empty_and_is_not_made(store: Store, use: str) -> None:
    assert not USES[use](store)
    assert not Path(store.path).exists()


@pytest.mark.parametrize("use", USES)
def test_an_empty_file_is_an_empty_store(store: Store, use: str) -> None:
    Path(store.path).touch()
    assert not USES[use](store)


def test_a_file_that_was_repaired_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "autolog.db"
    not_a_database(path)
    with open_store(path) as store:
        with pytest.raises(StoreError):
            store.write([trace(1)])
        path.unlink()
        store.write([trace(1)])
        assert store.count(Query()) == 1


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted there")
def test_a_file_deleted_under_us_is_made_again(store: Store) -> None:
    store.write([trace(1)])
    assert store.count(Query()) == 1
    for name in Path(store.path).parent.iterdir():
        name.unlink()
    assert store.count(Query()) == 0
    store.write([trace(2)])
    assert store.search(Query()) == [trace(2)]
    with open_store(store.path) as other:
        assert other.search(Query()) == [trace(2)]


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted there")
def test_a_file_replaced_under_us_keeps_its_log(store: Store) -> None:
    store.write([trace(1)])
    for name in Path(store.path).parent.iterdir():
        name.unlink()
    with open_store(store.path) as other:
        other.write([trace(2)])
        before = Path(f"{store.path}-wal").stat()
        store.write([trace(3)])
        store.close()
        assert Path(f"{store.path}-wal").stat().st_ino == before.st_ino
        assert other.search(Query()) == [trace(3), trace(2)]


def test_a_lock_that_is_not_released(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.05)
    store.write([trace(1)])
    store.close()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"autolog.db is locked by another program: close it there .* and try again"):
        store.write([trace(2)])
    assert store.search(Query()) == [trace(1)]  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    store.write([trace(2)])
    assert store.count(Query()) == 2


def test_a_file_in_use_while_its_journal_changes_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(opening, "on_network", lambda _: True)
        store.write([trace(2)])
        store.close()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM traces").fetchall()
    tries: list[float] = []

    def released(seconds: float) -> None:
        tries.append(seconds)
        if len(tries) == 3:
            other.execute("ROLLBACK")
            other.close()

    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.01)
    monkeypatch.setattr(opening, "_JOURNAL_SECONDS", 60)
    monkeypatch.setattr(opening.time, "sleep", released)
    store.write([trace(1)])
    assert len(tries) == 3
    assert journal(store) == "wal"


def test_a_full_disk_loses_nothing_that_was_written(store: Store) -> None:
    store.write([trace(1)])
    db = store._connections.writer.get()
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages + 2}")
    big = trace(2, span(2, trace=2, inputs="x" * 100_000))
    with pytest.raises(StoreError, match=r"no room left on the disk for .*autolog.db: free some, delete old traces"):
        store.write([trace(3), big])
    assert store.search(Query()) == [trace(1)]
    db.execute("PRAGMA max_page_count = 1000000")
    store.write([trace(3), big])
    assert store.search(Query()) == [trace(3), big, trace(1)]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (sqlite3.SQLITE_IOERR, "the disk that holds x.db reports an error (odd): check the disk"),
        (sqlite3.SQLITE_IOERR_READ, "the disk that holds x.db reports an error"),
        (sqlite3.SQLITE_CANTOPEN, "x.db cannot be opened: give this user permission"),
        (sqlite3.SQLITE_PERM, "x.db cannot be written: give this user write access to the file and its folder"),
        (sqlite3.SQLITE_TOOBIG, "x.db: SQLite says: odd"),
        (None, "x.db: SQLite says: odd"),
    ],
)
def test_sqlites_errors_in_words(code: int | None, message: str) -> None:
    error = sqlite3.OperationalError("odd")
    if code is not None:
        error.sqlite_errorcode = code
    assert explain(error, "x.db").startswith(message)


@pytest.mark.parametrize("target", ["postgresql://host/db", "http://x/y"])
def test_a_url_is_no_file(target: str) -> None:
    with pytest.raises(StoreError, match=f"a store is a file, and {target} is a URL: give a path such as autolog.db"):
        open_store(target)


@pytest.mark.parametrize(
    ("target", "name"), [(None, "autolog.db"), ("x.db", "x.db"), (Path("x.db"), "x.db"), ("sqlite:///y.db", "y.db")]
)
def test_a_path_stays_where_it_was_given(
    target: str | Path | None, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store(target)
    monkeypatch.chdir("/")
    assert store.path == str(tmp_path / name)
    assert repr(store) == f"<Store {tmp_path / name}>"


def test_home_is_understood() -> None:
    assert open_store("~/x.db").path == str(Path.home() / "x.db")
