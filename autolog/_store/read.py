"""Traces out of the tables."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Final

from autolog._model import Feedback, Span, Trace
from autolog._store.errors import StoreError
from autolog._store.jsontext import clean, loads
from autolog._store.rows import LIGHT_COLUMNS, PAYLOAD_COLUMNS, GetBlob, whole_span
from autolog._store.write import chunks, marks

_AT_ONCE: Final = 200
_LIGHT: Final = len(LIGHT_COLUMNS)
_SPANS: Final = (
    f"SELECT s.trace, {', '.join(f's.{c}' for c in LIGHT_COLUMNS)}, {', '.join(f'p.{c}' for c in PAYLOAD_COLUMNS)} "
    "FROM spans s LEFT JOIN payload p ON p.span = s.id WHERE s.trace IN "
)


def load_traces(db: sqlite3.Connection, ids: Sequence[int], *, blobs: bool) -> list[Trace]:
    """Give whole traces, in the order of the row ids; without ``blobs`` long base64 text stays a marker."""
    get_blob = blob_reader(db) if blobs else None
    found: dict[int, Trace] = {}
    for some in chunks(ids, _AT_ONCE):
        tags, metadata = load_labels(db, some)
        feedback, expectations = _load_verdicts(db, some)
        select = f"SELECT id, trace_id, session_id, user_id FROM traces WHERE id IN ({marks(some)})"
        heads = {row[0]: row for row in db.execute(select, some)}
        spans: defaultdict[int, list[Span]] = defaultdict(list)
        for row in db.execute(f"{_SPANS}({marks(some)}) ORDER BY s.id", some):
            spans[row[0]].append(whole_span(heads[row[0]][1], row[1:], row[1 + _LIGHT :], get_blob))
        for number, trace_id, session_id, user_id in heads.values():
            found[number] = Trace(
                trace_id,
                tuple(spans[number]),
                tags[number],
                metadata[number],
                session_id,
                user_id,
                tuple(feedback[number]),
                expectations[number],
            )
    return [found[number] for number in ids if number in found]


def load_labels(
    db: sqlite3.Connection, ids: Sequence[int]
) -> tuple[defaultdict[int, dict[str, str]], defaultdict[int, dict[str, Any]]]:
    """Give the tags and the metadata of traces by row id."""
    tags: defaultdict[int, dict[str, str]] = defaultdict(dict)
    metadata: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for trace, key, value in db.execute(f"SELECT trace, key, value FROM tags WHERE trace IN ({marks(ids)})", ids):
        tags[trace][key] = value
    for trace, key, text in db.execute(f"SELECT trace, key, json FROM metadata WHERE trace IN ({marks(ids)})", ids):
        metadata[trace][key] = loads(text)
    return tags, metadata


def _load_verdicts(
    db: sqlite3.Connection, ids: Sequence[int]
) -> tuple[defaultdict[int, list[Feedback]], defaultdict[int, dict[str, Any]]]:
    """Give the feedback, in order of time, and the expectations of traces by row id."""
    feedback: defaultdict[int, list[Feedback]] = defaultdict(list)
    expectations: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    select = "SELECT trace, key, json, rationale, source, time_ns FROM feedback"
    for trace, *given in db.execute(f"{select} WHERE trace IN ({marks(ids)}) ORDER BY time_ns", ids):
        name, text, rationale, source, time_ns = given
        feedback[trace].append(Feedback(name, loads(text), rationale, source or None, time_ns))
    for trace, key, text in db.execute(f"SELECT trace, key, json FROM expectations WHERE trace IN ({marks(ids)})", ids):
        expectations[trace][key] = loads(text)
    return feedback, expectations


def load_blob(db: sqlite3.Connection, sha: str) -> bytes | None:
    """Give a blob's bytes."""
    row = db.execute("SELECT data FROM blobs WHERE sha = ?", (sha,)).fetchone()
    return row[0] if row else None


def blob_reader(db: sqlite3.Connection) -> GetBlob:
    """Give a function that reads blobs, each once."""
    return cache(partial(load_blob, db))


def find_trace(db: sqlite3.Connection, wanted: str, path: str) -> int | None:
    """Give the row id of a trace by its id, by the unique beginning of one, or by ``@last`` and ``@-N``.

    Raises ``StoreError`` where several ids begin so, and where what follows an ``@`` is neither.
    """
    wanted = clean(wanted)
    if wanted.startswith("@"):
        back = "1" if wanted == "@last" else wanted[2:] if wanted[1:2] == "-" else ""
        if not (back.isascii() and back.isdigit() and int(back[:9]) > 0):
            raise StoreError(f"no trace can be called {wanted!r}: @last is the newest, @-2 the one before it")
        newest = "SELECT id FROM traces ORDER BY start_ns DESC, id DESC LIMIT 1 OFFSET ?"
        row = db.execute(newest, (int(back[:9]) - 1,)).fetchone()
        return row[0] if row else None
    row = db.execute("SELECT id FROM traces WHERE trace_id = ?", (wanted,)).fetchone()
    if row or not wanted:
        return row[0] if row else None
    start = wanted.lower()
    between = "SELECT id, trace_id FROM traces WHERE trace_id >= ? AND trace_id < ? ORDER BY trace_id LIMIT 3"
    rows = db.execute(between, (start, start + "\U0010ffff")).fetchall()
    if len(rows) > 1:
        some = ", ".join(trace_id for _, trace_id in rows[:2])
        raise StoreError(f"several traces in {path} begin with {wanted!r} ({some}...): give more of the id")
    return rows[0][0] if rows else None


def trace_ids_of(db: sqlite3.Connection, ids: Sequence[int]) -> list[str]:
    """Give the trace ids of row ids, in their order."""
    found: dict[int, str] = {}
    for some in chunks(ids, _AT_ONCE):
        found.update(db.execute(f"SELECT id, trace_id FROM traces WHERE id IN ({marks(some)})", some))
    return [found[number] for number in ids if number in found]
