"""The connections of one process to one store file: one that writes and one that reads, each behind a lock."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
import weakref
from collections.abc import Callable, Generator
from pathlib import Path
from threading import Lock
from typing import Any, Final

from autolog._store import opening
from autolog._store.errors import primary_code, translated
from autolog._store.opening import MEMORY, STEP_SECONDS, open_empty, open_for_reading, open_for_writing
from autolog._store.waiting import Deadline, acquired, at_most, is_busy, patiently

_FORK_WAIT_SECONDS: Final = 1.0
_CLOSE_WAIT_SECONDS: Final = 1.0
_STEP_SECONDS: Final = 0.4
_PAUSE_SECONDS: Final = 0.11  # a process that found the file locked tries again after 100 ms at the latest
_BROKEN: Final = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY)

_abandoned: list[sqlite3.Connection] = []


class Slot:
    """One connection, opened when first used, and again when its file was deleted or replaced."""

    def __init__(self, path: str, opener: Callable[[str], sqlite3.Connection]) -> None:
        self.path = path
        self.pid = os.getpid()
        self.lock = Lock()
        self._opener = opener
        self._db: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        _alive.add(self)

    def get(self) -> sqlite3.Connection:
        """Give the open connection; the caller holds the lock."""
        if self._db is not None and _identity(self.path) == self._file:
            return self._db
        self.drop()
        self._db = self._opener(self.path)
        self._file = _identity(self.path)
        return self._db

    @contextlib.contextmanager
    def transaction(self, begin: str, until: Deadline | None = None) -> Generator[sqlite3.Connection]:
        """Give the connection inside a transaction, which is committed at the end and rolled back on any exception."""
        with acquired(self.lock, until, self.path), translated(self.path):
            wait = at_most(opening.BUSY_SECONDS, until)
            try:
                db = patiently(lambda: self._begun(begin), wait)
                with _transaction(db, wait):
                    yield db
            except sqlite3.Error as e:
                if primary_code(e) in _BROKEN:
                    self.drop()  # the next call opens anew: the file may have been repaired or replaced
                raise

    def run(self, statement: str) -> list[Any]:
        """Run a statement that may not stand in a transaction, such as a vacuum."""
        with self.lock, translated(self.path):
            return patiently(lambda: self.get().execute(statement).fetchall(), at_most(opening.BUSY_SECONDS))

    def drop_if_free(self, timeout_s: float = 0.0) -> None:
        """Close the connection, unless somebody uses it: under its user's hands SQLite would crash.

        Without a timeout it never waits, for a finalizer runs in any thread, also in one that holds the lock. What is
        left open then is closed by whoever shuts down later, or with the process.
        """
        if self.lock.acquire(timeout=timeout_s):
            try:
                self.drop()
            finally:
                self.lock.release()

    def _begun(self, begin: str) -> sqlite3.Connection:
        db = self.get()
        db.execute(begin)
        return db

    def drop(self) -> None:
        """Close the connection; the caller holds the lock.

        Not one of another process, nor one whose file is gone: see :func:`abandon`.
        """
        db, self._db = self._db, None
        if db is None:
            return
        if os.getpid() == self.pid and _identity(self.path) == self._file:
            db.close()
        else:
            abandon(db)


class Connections:
    """What a process holds open of a store. SQLite forbids carrying a connection across a fork, even to close it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.writer = Slot(path, open_for_writing)
        self.reader = self.writer if path == MEMORY else Slot(path, open_for_reading)

    def writing(self, until: Deadline | None = None) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        """Give the writing connection inside a transaction that waits its turn among all processes."""
        return self.writer.transaction("BEGIN IMMEDIATE", until)

    @contextlib.contextmanager
    def writing_if_free(self) -> Generator[sqlite3.Connection | None]:
        """Give the writing connection inside a transaction; ``None``, at once, where somebody else is writing."""
        if not self.writer.lock.acquire(blocking=False):
            yield None
            return
        try:
            with translated(self.path):
                db = self.writer.get()
                try:
                    _begin_if_free(db, "BEGIN IMMEDIATE")
                    with _transaction(db, at_most(opening.BUSY_SECONDS)):
                        yield db
                except _BusyError:
                    yield None
        finally:
            self.writer.lock.release()

    @contextlib.contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Give a connection that sees one state of the store throughout, and does not hold up the writer."""
        if self.path == MEMORY or Path(self.path).exists():
            with self.reader.transaction("BEGIN") as db:
                yield db
            return
        with translated(self.path), contextlib.closing(open_empty(self.path)) as db:
            yield db

    def in_steps(self, step: Callable[[sqlite3.Connection], bool]) -> None:
        """Do long work in transactions between which others write; ``step`` does a little and says if that was all."""
        done = False
        while not done:
            until = time.monotonic() + _STEP_SECONDS
            with self.writing() as db:
                while not (done := step(db)) and time.monotonic() < until:
                    pass
            if not done:
                time.sleep(_PAUSE_SECONDS)

    def maintain(self, statement: str) -> list[Any]:
        """Run a statement that may not stand in a transaction, such as a vacuum."""
        return self.writer.run(statement)

    def close(self) -> None:
        """Close both, each when nobody is using it; one that somebody uses for long stays open."""
        for slot in (self.reader, self.writer):
            slot.drop_if_free(_CLOSE_WAIT_SECONDS)

    def release(self) -> None:
        """Close both when their owner is gone, each unless somebody is using it still."""
        for slot in (self.reader, self.writer):
            slot.drop_if_free()


def abandon(db: sqlite3.Connection) -> None:
    """Keep a connection that must never be closed here, also not at the end of the interpreter.

    Closing one after a fork, or after its file was replaced, can remove the log of a file that others are using.
    """
    _abandoned.append(db)
    try:
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(db))
    except (ImportError, AttributeError):  # an interpreter without C calls has no fork either
        pass


class _BusyError(Exception):
    """Another process has the file."""


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection, wait: Deadline) -> Generator[None]:
    """End what has begun: with a commit, or where it fails as if nothing had been."""
    try:
        yield
        patiently(lambda: db.execute("COMMIT"), wait)
    except BaseException:
        if db.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
        raise


def _begin_if_free(db: sqlite3.Connection, begin: str) -> None:
    db.execute("PRAGMA busy_timeout = 0")
    try:
        db.execute(begin)
    except sqlite3.OperationalError as e:
        if is_busy(e):
            raise _BusyError from None
        raise
    finally:
        db.execute(f"PRAGMA busy_timeout = {round(STEP_SECONDS * 1000)}")


def _identity(path: str) -> tuple[int, int] | None:
    if path == MEMORY:
        return None
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


_alive: weakref.WeakSet[Slot] = weakref.WeakSet()
_held: list[Lock] = []


def before_fork() -> None:
    """Let no thread be inside SQLite while the process forks: the child would find SQLite's own locks held for ever."""
    for slot in list(_alive):
        if slot.pid == os.getpid() and slot.lock.acquire(timeout=_FORK_WAIT_SECONDS):
            _held.append(slot.lock)  # noqa: PERF401  (each as soon as it is held)


def after_fork() -> None:
    while _held:
        _held.pop().release()


# Where there is a pipeline it must stop first, or its worker waits for a lock of ours while we wait for it: then
# `autolog._control` calls these.
registered: Final = "autolog._control" not in sys.modules and hasattr(os, "register_at_fork")
if registered:
    os.register_at_fork(before=before_fork, after_in_parent=after_fork, after_in_child=after_fork)
