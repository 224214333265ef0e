"""Fragments of traces into the tables, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from autolog._model import Trace
from autolog._store.blobs import Blob
from autolog._store.jsontext import dumps, integer, real, text_or_none
from autolog._store.rollup import ROLLUP_COLUMNS, Rollup, rollup
from autolog._store.rows import LIGHT_COLUMNS, PAYLOAD_COLUMNS, SPAN_COLUMNS, SpanRow, span_rows

_T = TypeVar("_T")
_VARIABLES: Final = 500  # of one statement; every SQLite takes 999


def _insert(table: str, columns: Sequence[str], verb: str = "INSERT") -> str:
    return f"{verb} INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


_TRACE: Final = _insert("traces", ("id", "trace_id", "session_id", "user_id", "root", *ROLLUP_COLUMNS))
_SPAN: Final = _insert("spans", ("id", "trace", "counted", "call", *SPAN_COLUMNS))
_PAYLOAD: Final = _insert("payload", ("span", *PAYLOAD_COLUMNS))
_TAG: Final = _insert("tags", ("trace", "key", "value"), "INSERT OR REPLACE")
_METADATA: Final = _insert("metadata", ("trace", "key", "value", "json"), "INSERT OR REPLACE")
_FEEDBACK: Final = _insert(
    "feedback", ("trace", "key", "source", "value", "json", "rationale", "time_ns"), "INSERT OR REPLACE"
)
_EXPECTATION: Final = _insert("expectations", ("trace", "key", "value", "json"), "INSERT OR REPLACE")
_BLOB: Final = _insert("blobs", ("sha", "mime_type", "data"), "INSERT OR IGNORE")
_BLOB_REF: Final = _insert("blob_refs", ("sha", "span"), "INSERT OR IGNORE")
_UPDATE: Final = (
    f"UPDATE traces SET {', '.join(f'{c} = ?' for c in ROLLUP_COLUMNS)}, root = ?, "
    "session_id = coalesce(?, session_id), user_id = coalesce(?, user_id) WHERE id = ?"
)


@dataclass(slots=True)
class Fragment:
    """What one batch brings of one trace, ready to be written."""

    trace_id: str
    spans: dict[str, SpanRow] = field(default_factory=dict[str, SpanRow])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    metadata: dict[str, tuple[Any, str]] = field(default_factory=dict[str, tuple[Any, str]])
    feedback: dict[tuple[str, str], tuple[Any, ...]] = field(default_factory=dict[tuple[str, str], tuple[Any, ...]])
    expectations: dict[str, tuple[Any, str]] = field(default_factory=dict[str, tuple[Any, str]])
    session_id: str | None = None
    user_id: str | None = None


def fragments(traces: Iterable[Trace]) -> list[Fragment]:
    """Make everything ready that needs no database: the file is locked for a short time only."""
    found: dict[str, Fragment] = {}
    for trace in traces:
        trace_id = text_or_none(trace.trace_id) or ""
        fragment = found.get(trace_id)
        if fragment is None:
            fragment = found[trace_id] = Fragment(trace_id)
        for row in span_rows(trace.spans):
            fragment.spans[row.span_id] = row
        if trace.tags:
            fragment.tags.update((text_or_none(k) or "", text_or_none(v) or "") for k, v in trace.tags.items())
        if trace.metadata:
            fragment.metadata.update((text_or_none(k) or "", _metadata(v)) for k, v in trace.metadata.items())
        for given in trace.feedback:
            key = (text_or_none(given.name) or "", text_or_none(given.source) or "")
            rationale = text_or_none(given.rationale)
            fragment.feedback[key] = (*_metadata(given.value), rationale, integer(given.time_ns) or 0)
        if trace.expectations:
            fragment.expectations.update((text_or_none(k) or "", _metadata(v)) for k, v in trace.expectations.items())
        fragment.session_id = text_or_none(trace.session_id) or fragment.session_id
        fragment.user_id = text_or_none(trace.user_id) or fragment.user_id
    return list(found.values())


def write_fragments(db: sqlite3.Connection, batch: Sequence[Fragment]) -> None:
    """Write a batch; the caller's transaction is open."""
    known = dict(
        row
        for some in chunks([f.trace_id for f in batch], _VARIABLES)
        for row in db.execute(f"SELECT trace_id, id FROM traces WHERE trace_id IN ({marks(some)})", some)
    )
    used: dict[str, int] = dict(db.execute("SELECT name, seq FROM sqlite_sequence"))
    rows = _Rows(next_trace=used.get("traces", 0) + 1, next_span=used.get("spans", 0) + 1)
    for fragment in batch:
        trace = known.get(fragment.trace_id)
        if trace is None:
            rows.add_new(fragment)
        else:
            _merge(db, trace, fragment, rows)
    rows.insert(db)


def write_blobs(db: sqlite3.Connection, blobs: Iterable[Blob]) -> None:
    """Keep blobs that no span refers to yet."""
    db.executemany(_BLOB, [(b.sha, b.mime_type, b.data) for b in blobs])


def chunks(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Give the values in pieces that fit into one statement."""
    return (values[i : i + size] for i in range(0, len(values), size))


def marks(values: Sequence[object]) -> str:
    """Give as many parameter marks as there are values."""
    return ", ".join("?" * len(values))


@dataclass(slots=True)
class _Rows:
    """The rows of a batch, with the ids that they will have."""

    next_trace: int
    next_span: int
    traces: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    spans: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    payload: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    tags: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    metadata: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    feedback: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    expectations: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])
    blobs: dict[str, Blob] = field(default_factory=dict[str, Blob])
    blob_refs: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def add_new(self, fragment: Fragment) -> None:
        """A trace that the store does not have: all there is to know is in the fragment."""
        trace, self.next_trace = self.next_trace, self.next_trace + 1
        sums = rollup(fragment.trace_id, (row.values for row in fragment.spans.values()))
        root = self.add_spans(trace, fragment, sums).get(sums.root or "")
        self.traces.append((trace, fragment.trace_id, fragment.session_id, fragment.user_id, root, *sums.values))
        self.add_labels(trace, fragment)

    def add_spans(self, trace: int, fragment: Fragment, sums: Rollup) -> dict[str, int]:
        """Add the fragment's spans; gives their ids."""
        ids: dict[str, int] = {}
        for span_id, row in fragment.spans.items():
            ids[span_id] = span = self.next_span
            self.next_span += 1
            self.spans.append((span, trace, span_id in sums.counted, span_id in sums.calls, *row.values))
            self.payload.append((span, *row.payload))
            for blob in row.blobs:
                self.blobs[blob.sha] = blob
                self.blob_refs.append((blob.sha, span))
        return ids

    def add_labels(self, trace: int, fragment: Fragment) -> None:
        """Add what the fragment is labelled with."""
        self.tags.extend((trace, k, v) for k, v in fragment.tags.items())
        self.metadata.extend((trace, k, *v) for k, v in fragment.metadata.items())
        self.feedback.extend((trace, *k, *v) for k, v in fragment.feedback.items())
        self.expectations.extend((trace, k, *v) for k, v in fragment.expectations.items())

    def insert(self, db: sqlite3.Connection) -> None:
        """Write everything that was added."""
        db.executemany(_TRACE, self.traces)
        db.executemany(_SPAN, self.spans)
        db.executemany(_PAYLOAD, self.payload)
        for statement, rows in (
            (_TAG, self.tags),
            (_METADATA, self.metadata),
            (_FEEDBACK, self.feedback),
            (_EXPECTATION, self.expectations),
            (_BLOB_REF, self.blob_refs),
        ):
            if rows:
                db.executemany(statement, rows)
        if self.blobs:
            write_blobs(db, self.blobs.values())


def _merge(db: sqlite3.Connection, trace: int, fragment: Fragment, rows: _Rows) -> None:
    """Add to a trace that the store has: its roll-up comes from all its spans, old and new."""
    found = db.execute(f"SELECT id, counted, call, {', '.join(LIGHT_COLUMNS)} FROM spans WHERE trace = ?", (trace,))
    stored: dict[str, tuple[Any, ...]] = {row[3]: row for row in found}
    replaced = [(stored[s][0],) for s in fragment.spans if s in stored]
    if replaced:
        # A new id rather than the same one: the text index then sees the span again
        db.executemany("DELETE FROM spans WHERE id = ?", replaced)
        db.executemany("DELETE FROM payload WHERE span = ?", replaced)
        db.executemany("DELETE FROM blob_refs WHERE span = ?", replaced)
    kept = {s: row for s, row in stored.items() if s not in fragment.spans}
    lights = [row[3:] for row in kept.values()] + [row.values for row in fragment.spans.values()]
    sums = rollup(fragment.trace_id, lights)
    # A span that was the deepest of its kind may have got a deeper one
    flags = [
        (s in sums.counted, s in sums.calls, row[0])
        for s, row in kept.items()
        if (row[1], row[2]) != (s in sums.counted, s in sums.calls)
    ]
    db.executemany("UPDATE spans SET counted = ?, call = ? WHERE id = ?", flags)
    ids = {s: row[0] for s, row in kept.items()} | rows.add_spans(trace, fragment, sums)
    root = ids.get(sums.root or "")
    db.execute(_UPDATE, (*sums.values, root, fragment.session_id, fragment.user_id, trace))
    rows.add_labels(trace, fragment)


def _metadata(value: Any) -> tuple[Any, str]:
    """Give a metadata value as what filters compare, and as JSON."""
    text = dumps(value)
    if isinstance(value, str):
        return text_or_none(value), text
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = integer(value) if isinstance(value, int) else real(value)
        return (text if number is None else number), text
    return (None if value is None else text), text
