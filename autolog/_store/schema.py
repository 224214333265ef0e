"""The tables, and the steps that bring an older file up to them.

``spans`` is narrow, so that lists, filters and statistics read little; what a call said is in ``payload``. Integer
ids are never used twice (``AUTOINCREMENT``), so whatever remembers one, such as the text index, can be stale but
never wrong. ``traces`` holds each trace's roll-up, recomputed from its spans in the transaction that writes them.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from autolog._store.errors import ELSEWHERE, StoreError

APPLICATION_ID: Final = 0x61757467
"""SQLite's ``application_id`` of our files: "autg"."""

USAGE_COLUMNS: Final = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_input_tokens",
    "cache_creation_tokens",
    "reasoning_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
)
"""In the order of :class:`~autolog._model.Usage`."""

_USAGE: Final = ", ".join(f"{c} INTEGER" for c in USAGE_COLUMNS)

_OPTIONAL_COLUMNS: Final = ("model", "provider", "integration", "operation", "error_type", "finish_reason", "outcome")
_CALL_COLUMNS: Final = (
    "model, provider, status, duration_ns, call, counted, "
    "input_tokens, output_tokens, cached_input_tokens, total_tokens, cost"
)

_SUMMED_COLUMNS: Final = (
    "provider, status, duration_ns, call, counted, "
    "input_tokens, output_tokens, cached_input_tokens, total_tokens, cost, first_chunk_ms"
)
_OF_CALL: Final = "s.trace = traces.id AND s.call"

_V1: Final = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    f"""CREATE TABLE traces (
        id INTEGER PRIMARY KEY AUTOINCREMENT, trace_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, status TEXT NOT NULL,
        start_ns INTEGER NOT NULL, end_ns INTEGER, duration_ns INTEGER, session_id TEXT, user_id TEXT,
        span_count INTEGER NOT NULL, {_USAGE}, cost REAL, unpriced INTEGER NOT NULL, models TEXT NOT NULL,
        root INTEGER)""",
    "CREATE INDEX traces_start ON traces (start_ns)",
    "CREATE INDEX traces_status ON traces (status, start_ns)",
    "CREATE INDEX traces_name ON traces (name, start_ns)",
    "CREATE INDEX traces_session ON traces (session_id, start_ns) WHERE session_id IS NOT NULL",
    "CREATE INDEX traces_user ON traces (user_id, start_ns) WHERE user_id IS NOT NULL",
    "CREATE INDEX traces_duration ON traces (duration_ns)",
    "CREATE INDEX traces_total_tokens ON traces (total_tokens)",
    "CREATE INDEX traces_cost ON traces (cost)",
    f"""CREATE TABLE spans (
        id INTEGER PRIMARY KEY AUTOINCREMENT, trace INTEGER NOT NULL, span_id TEXT NOT NULL, parent_id TEXT,
        name TEXT NOT NULL, span_type TEXT NOT NULL, status TEXT NOT NULL, outcome TEXT,
        start_ns INTEGER NOT NULL, end_ns INTEGER, duration_ns INTEGER,
        model TEXT, provider TEXT, integration TEXT, operation TEXT, error_type TEXT, http_status INTEGER,
        finish_reason TEXT, {_USAGE}, cost REAL, local_root INTEGER, first_chunk_ms REAL,
        counted INTEGER NOT NULL, call INTEGER NOT NULL)""",
    "CREATE UNIQUE INDEX spans_trace ON spans (trace, span_id)",
    # SQLite does not use an index WHERE x IS NOT NULL of a column that is NOT NULL anyway
    "CREATE INDEX spans_name ON spans (name, start_ns, trace)",
    "CREATE INDEX spans_span_type ON spans (span_type, start_ns, trace)",
    *(f"CREATE INDEX spans_{c} ON spans ({c}, start_ns, trace) WHERE {c} IS NOT NULL" for c in _OPTIONAL_COLUMNS),
    # All that statistics read of model calls, so that they leave the other spans alone
    f"CREATE INDEX spans_calls ON spans (start_ns, trace, {_CALL_COLUMNS}) WHERE call OR counted",
    """CREATE TABLE payload (
        span INTEGER PRIMARY KEY, inputs TEXT, outputs TEXT, attributes TEXT, events TEXT, exception TEXT)""",
    "CREATE TABLE tags (trace INTEGER, key TEXT, value TEXT, PRIMARY KEY (trace, key)) WITHOUT ROWID",
    "CREATE INDEX tags_value ON tags (key, value)",
    # `value` compares (text, or a number), `json` reads back
    "CREATE TABLE metadata (trace INTEGER, key TEXT, value, json TEXT, PRIMARY KEY (trace, key)) WITHOUT ROWID",
    "CREATE INDEX metadata_value ON metadata (key, value)",
    "CREATE TABLE blobs (sha TEXT PRIMARY KEY, mime_type TEXT NOT NULL, data BLOB NOT NULL)",
    "CREATE TABLE blob_refs (sha TEXT, span INTEGER, PRIMARY KEY (sha, span)) WITHOUT ROWID",
    "CREATE INDEX blob_refs_span ON blob_refs (span)",
)

_V2: Final = (
    # `source` is empty where nobody is named; `value` compares, `json` reads back, as in `metadata`
    """CREATE TABLE feedback (
        trace INTEGER, key TEXT, source TEXT, value, json TEXT, rationale TEXT, time_ns INTEGER NOT NULL,
        PRIMARY KEY (trace, key, source)) WITHOUT ROWID""",
    "CREATE INDEX feedback_value ON feedback (key, value)",
    "CREATE TABLE expectations (trace INTEGER, key TEXT, value, json TEXT, PRIMARY KEY (trace, key)) WITHOUT ROWID",
    "CREATE INDEX expectations_value ON expectations (key, value)",
    # In the order of the group that is asked for most, so that nothing is sorted
    "DROP INDEX spans_calls",
    f"CREATE INDEX spans_calls ON spans (model, start_ns, trace, {_SUMMED_COLUMNS}) WHERE call OR counted",
)

_V3: Final = (
    # What statistics by session, user, day and tag add up, so that they read a row a trace: see `rollup`
    *(f"ALTER TABLE traces ADD COLUMN {c}" for c in ("calls INTEGER", "failed_calls INTEGER", "speaking_ns INTEGER")),
    *(f"ALTER TABLE traces ADD COLUMN {c}" for c in ("durations TEXT", "first_chunks TEXT", "last_call_ns INTEGER")),
    f"""UPDATE traces SET
        calls = (SELECT count(*) FROM spans s WHERE {_OF_CALL}),
        failed_calls = (SELECT count(*) FROM spans s WHERE {_OF_CALL} AND s.status = 'ERROR'),
        speaking_ns = (SELECT CAST(total(s.duration_ns) AS INTEGER) FROM spans s
            WHERE s.trace = traces.id AND s.counted AND s.output_tokens),
        durations = (SELECT group_concat(s.duration_ns) FROM spans s WHERE {_OF_CALL}),
        first_chunks = (SELECT group_concat(CAST(s.first_chunk_ms * 1e3 AS INTEGER)) FROM spans s WHERE {_OF_CALL}),
        last_call_ns = (SELECT max(s.start_ns) FROM spans s WHERE s.trace = traces.id AND (s.call OR s.counted))""",
    # Groups of all spans: counted in the order of the index, which holds what is counted. Not WHERE x IS NOT NULL:
    # the spans without a value are a group too.
    *(f"DROP INDEX spans_{c}" for c in ("name", "span_type", "integration", "operation")),
    *(
        f"CREATE INDEX spans_{c} ON spans ({c}, start_ns, trace, duration_ns, status)"
        for c in ("name", "span_type", "integration", "operation")
    ),
    # Groups of model calls, and of the tokens of all spans. A model is of one provider, so this is nearly the order
    # of models too.
    "DROP INDEX spans_calls",
    "CREATE INDEX spans_calls ON spans (provider, model, start_ns, trace, status, duration_ns, call, counted, "
    "input_tokens, output_tokens, cached_input_tokens, total_tokens, cost, first_chunk_ms, "
    "integration, operation, span_type, name) WHERE call OR counted OR first_chunk_ms IS NOT NULL",
)

_V4: Final = (
    # The total of a trace whose calls sent none: their input and output. Of the traces that have one it is right already.
    """UPDATE traces SET total_tokens = (
        SELECT sum(coalesce(s.input_tokens + s.output_tokens, s.input_tokens, s.output_tokens))
        FROM spans s WHERE s.trace = traces.id AND s.counted)
    WHERE total_tokens IS NULL AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)""",
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_V1, _V2, _V3, _V4)
"""Step N brings a file of schema N to schema N + 1. A released step never changes: what comes later is a new one."""


def version(db: sqlite3.Connection, path: str) -> int:
    """Give a file's schema, 0 for an empty one. Raises ``StoreError`` for another program's file or a newer one."""
    if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return 0
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError(f"{path} is another program's SQLite file: {ELSEWHERE}")
    row = db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    found = row[0] if row else None
    if not isinstance(found, int):
        raise StoreError(f"{path} is damaged (it does not say its schema): move it away, or {ELSEWHERE}")
    if found > len(MIGRATIONS):
        raise StoreError(
            f"{path} was written by a newer autolog (schema {found}, this one knows {len(MIGRATIONS)}): "
            f"upgrade autolog-genai, or {ELSEWHERE}"
        )
    return found


def migrate(db: sqlite3.Connection, path: str) -> None:
    """Bring a file to the newest schema, in one transaction: another process sees the old one or the new one."""
    if version(db, path) == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        found = version(db, path)  # again: another process may have been first
        for step in MIGRATIONS[found:]:
            for statement in step:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", (len(MIGRATIONS),))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
