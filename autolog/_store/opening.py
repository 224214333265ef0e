"""How a store file is opened: to write, to read, read-only, or not there yet."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from autolog._store import schema
from autolog._store.errors import StoreError, cannot_open, primary_code
from autolog._store.filesystem import on_network

MEMORY: Final = ":memory:"
BUSY_SECONDS: Final = 30.0
"""How long a file that another program holds is waited for."""
STEP_SECONDS: Final = 0.25
"""How long SQLite waits at a time where it writes: it cannot be called back before that is over."""
_JOURNAL_SECONDS: Final = 0.25

_log = logging.getLogger("autolog")


def connect(path: str, *, uri: bool = False) -> sqlite3.Connection:
    """Open a file with transactions in our own hands, for any thread (callers hold a lock)."""
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=uri)


def open_for_writing(path: str) -> sqlite3.Connection:
    """Open a file and bring it into our shape: page size, journal, schema."""
    db = connect(path)
    try:
        db.execute(f"PRAGMA busy_timeout = {round(STEP_SECONDS * 1000)}")
        _prepare(db, path)
    except BaseException:
        db.close()
        raise
    return db


def open_for_reading(path: str) -> sqlite3.Connection:
    """Open an existing file without changing it, unless its schema is older; one that may only be read, as it lies."""
    names = [path]
    if not (os.access(path, os.W_OK) and os.access(Path(path).parent, os.W_OK)):
        uri = Path(path).as_uri()
        # A write-ahead log wants an index beside it, which a read-only folder has no room for. Where there is no log,
        # nobody is writing, and the file can be read as it is.
        names = [f"{uri}?mode=ro"] + ([] if Path(f"{path}-wal").exists() else [f"{uri}?mode=ro&immutable=1"])
    while True:
        name = names.pop(0)
        db = connect(name, uri=name != path)
        try:
            if schema.version(db, path) < len(schema.MIGRATIONS):
                _prepare(db, path)
            return db
        except sqlite3.OperationalError:
            db.close()
            if not names:
                raise
        except BaseException:
            db.close()
            raise


def open_empty(path: str) -> sqlite3.Connection:
    """Give an empty store in memory: a file that was never written reads as empty, and reading does not create it."""
    if not Path(path).parent.is_dir():
        raise StoreError(cannot_open(path))
    db = connect(MEMORY)
    schema.migrate(db, path)
    return db


def _prepare(db: sqlite3.Connection, path: str) -> None:
    if schema.version(db, path) == 0:  # raises for another program's file before anything is changed in it
        db.execute("PRAGMA page_size = 8192")
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    if path != MEMORY:
        _set_journal(db, path)
    db.execute("PRAGMA synchronous = NORMAL")
    schema.migrate(db, path)


def _set_journal(db: sqlite3.Connection, path: str) -> None:
    """Use a write-ahead log, and a rollback journal where the file system cannot carry one."""
    wanted = "DELETE" if on_network(path) else "WAL"
    deadline = time.monotonic() + _JOURNAL_SECONDS
    while True:
        try:
            mode = db.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
            break
        except sqlite3.OperationalError as e:
            if primary_code(e) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)  # changing the journal does not wait for the busy timeout as other statements do
            elif wanted == "WAL":
                wanted = "DELETE"
            else:
                raise
    if mode != "wal":
        _log.info("%s is on a file system without a write-ahead log: writing is slower there", path)
