"""Waiting for a file that another program holds, in short steps: who waits can be told at any time to wait no longer."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Generator
from threading import Lock
from typing import Final, TypeVar

from autolog._store.errors import StoreError, primary_code

__all__ = ["Deadline", "acquired", "at_most", "is_busy", "patiently"]

Deadline = Callable[[], float]
"""The moment, of `time.monotonic`, after which nothing is waited for. It is asked before each step, and may change."""
T = TypeVar("T")

_STEP_SECONDS: Final = 0.25
# Some statements do not wait for the busy timeout; and SQLite asks again after 100 ms at the latest.
_PAUSE_SECONDS: Final = 0.01


def at_most(seconds: float, until: Deadline | None = None) -> Deadline:
    """Wait so long from now, and no longer than ``until`` says."""
    end = time.monotonic() + seconds
    return (lambda: end) if until is None else (lambda: min(end, until()))


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection has the file."""
    return primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def patiently(action: Callable[[], T], wait: Deadline) -> T:
    """Try until the file is free; the error of the last try where it is not in time."""
    while True:
        try:
            return action()
        except sqlite3.OperationalError as e:
            if not is_busy(e) or time.monotonic() >= wait():
                raise
        time.sleep(_PAUSE_SECONDS)


@contextlib.contextmanager
def acquired(lock: Lock, until: Deadline | None, path: str) -> Generator[None]:
    """Hold a lock that another thread may hold while it waits itself. Raises ``StoreError`` where it stays taken."""
    while not lock.acquire(timeout=-1 if until is None else _STEP_SECONDS):
        if until is not None and time.monotonic() >= until():
            raise StoreError(f"{path} is in use by another thread of this program: try again when that is done")
    try:
        yield
    finally:
        lock.release()
