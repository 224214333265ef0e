"""The two errors of the store, and every SQLite error turned into one sentence that names the file and the fix."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ELSEWHERE: Final = "set AUTOLOG_STORE to another file"


class StoreError(Exception):
    """The store cannot be read or written; the message names the file and what to do."""


class FilterError(ValueError):
    """A filter, an order or a grouping that the store does not understand; the message shows where and what exists."""


@contextmanager
def translated(path: str) -> Generator[None]:
    """Let nothing of SQLite's own out of the room: its errors leave as :class:`StoreError`."""
    try:
        yield
    except sqlite3.Error as e:
        raise StoreError(explain(e, path)) from e


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code of an error; 0 where the error is of Python's module rather than of SQLite."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def explain(error: sqlite3.Error, path: str) -> str:
    """Say in one sentence what is wrong with the file, and what to do about it."""
    match primary_code(error):
        case sqlite3.SQLITE_NOTADB:
            return f"{path} is not an autolog store (not a SQLite file): move it away, or {ELSEWHERE}"
        case sqlite3.SQLITE_CORRUPT:
            return (
                f"{path} is damaged: move it away and autolog starts a new one "
                f"(what is left can be read with `sqlite3 FILE .recover`), or {ELSEWHERE}"
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return f"{path} cannot be written: give this user write access to the file and its folder, or {ELSEWHERE}"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{path} is locked by another program: close it there (often a database browser) and try again"
        case sqlite3.SQLITE_FULL:
            return (
                f"no room left on the disk for {path}: free some, delete old traces "
                f"(`autolog traces delete --older-than 30d`), or {ELSEWHERE}"
            )
        case sqlite3.SQLITE_CANTOPEN:
            return cannot_open(path)
        case sqlite3.SQLITE_IOERR:
            return f"the disk that holds {path} reports an error ({error}): check the disk, or {ELSEWHERE}"
        case _:
            return f"{path}: SQLite says: {error}"


def cannot_open(path: str) -> str:
    """Say why a file cannot be opened."""
    folder = Path(path).parent
    if Path(path).is_dir():
        return f"{path} is a folder: give the name of a file in it, such as {Path(path, 'autolog.db')}"
    if not folder.is_dir():
        return f"the folder {folder} does not exist: create it (mkdir -p {folder}), or {ELSEWHERE}"
    return f"{path} cannot be opened: give this user permission for the file and its folder, or {ELSEWHERE}"
