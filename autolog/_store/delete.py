"""Traces out of the store, with everything that belongs to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from autolog._store import text_index
from autolog._store.connection import Connections
from autolog._store.write import chunks, marks

_AT_ONCE: Final = 100
_PAGES_AT_ONCE: Final = 2000


def delete_traces(connections: Connections, ids: Sequence[int]) -> int:
    """Delete traces by row id and give the room back to the disk; says how many there were."""
    waiting = chunks(ids, _AT_ONCE)
    deleted = 0

    def step(db: sqlite3.Connection) -> bool:
        nonlocal deleted
        some = next(waiting, None)
        if some is not None:
            deleted += _delete(db, some)
        return some is None

    connections.in_steps(step)
    while deleted and connections.maintain("PRAGMA freelist_count")[0][0]:
        connections.maintain(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
    return deleted


def _delete(db: sqlite3.Connection, traces: Sequence[int]) -> int:
    text_index.forget(db, traces)
    here = f"IN ({marks(traces)})"
    spans = f"IN (SELECT id FROM spans WHERE trace {here})"
    blobs = db.execute(f"SELECT DISTINCT sha FROM blob_refs WHERE span {spans}", traces).fetchall()
    for table in ("payload", "blob_refs"):
        db.execute(f"DELETE FROM {table} WHERE span {spans}", traces)
    for table in ("spans", "tags", "metadata", "feedback", "expectations"):
        db.execute(f"DELETE FROM {table} WHERE trace {here}", traces)
    # Several spans may share a blob: it goes with the last of them
    unused = "DELETE FROM blobs WHERE sha = ? AND NOT EXISTS (SELECT 1 FROM blob_refs r WHERE r.sha = blobs.sha)"
    db.executemany(unused, blobs)
    return db.execute(f"DELETE FROM traces WHERE id {here}", traces).rowcount
