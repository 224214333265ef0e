"""What the tests of the store share: traces that are quick to write down, and programs run beside the test."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autolog import semconv
from autolog._model import ExceptionInfo, Outcome, Span, Status, Trace, Usage
from autolog._store import Query, Store, schema

START = 1_795_000_000_000_000_000
"""2026-11-18 11:06:40 UTC"""

MS = 1_000_000


def tid(number: int) -> str:
    """Give a trace id that begins differently for each number."""
    return f"{number:04x}{number * 2654435761 % 2**112:028x}"


def span(
    number: int,
    *,
    parent: int | None = None,
    trace: int = 1,
    name: str = "call",
    kind: str = "TASK",
    status: Status = "OK",
    outcome: Outcome | None = "completed",
    at: float = 0,
    ms: float | None = 100,
    model: str | None = None,
    usage: Usage | None = None,
    cost: float | None = None,
    inputs: Any = None,
    outputs: Any = None,
    error: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Span:
    """Give a span that starts ``at`` milliseconds after its trace, which starts at its number in seconds."""
    start = START + trace * 1000 * MS + round(at * MS)
    found = dict(attributes or {})
    if model is not None:
        found[semconv.RESPONSE_MODEL] = model
    return Span(
        span_id=f"{number:016x}",
        trace_id=tid(trace),
        parent_id=None if parent is None else f"{parent:016x}",
        name=name,
        span_type=kind,
        status="ERROR" if error else status,
        start_time_ns=start,
        end_time_ns=None if ms is None else start + round(ms * MS),
        outcome="error" if error else outcome,
        inputs=inputs,
        outputs=outputs,
        attributes=found,
        usage=usage,
        cost=cost,
        exception=ExceptionInfo(error, f"{error} happened", "Traceback ...") if error else None,
    )


def trace(number: int, *spans: Span, **more: Any) -> Trace:
    """Give a trace of these spans, of one span if there are none."""
    return Trace(tid(number), spans or (span(number, trace=number),), **more)


def chat(number: int, *, trace: int = 1, parent: int | None = None, tokens: int = 10, **more: Any) -> Span:
    """Give a model's span with ``tokens`` input and half as many output tokens."""
    more.setdefault("model", "gpt-4o")
    usage = Usage(input_tokens=tokens, output_tokens=tokens // 2, total_tokens=tokens + tokens // 2)
    return span(number, trace=trace, parent=parent, name="chat", kind="CHAT_MODEL", usage=usage, **more)


def journal(store: Store) -> str:
    """Give the journal mode of a store's file."""
    with store._connections.reading() as db:
        found: str = db.execute("PRAGMA journal_mode").fetchone()[0]
    return found


_V3_INDEXED = ("name", "span_type", "integration", "operation")


def to_schema_2(path: str) -> None:
    """Make a file what it was before sums of calls were kept. Needs an SQLite that drops columns (3.35)."""
    sums = ("calls", "failed_calls", "speaking_ns", "durations", "first_chunks", "last_call_ns")
    former = [s for s in schema._V1 if any(f"INDEX spans_{c} " in s for c in _V3_INDEXED)]
    with sqlite3.connect(path) as db:
        for statement in (
            *(f"DROP INDEX spans_{c}" for c in (*_V3_INDEXED, "calls")),
            *(f"ALTER TABLE traces DROP COLUMN {c}" for c in sums),
            *(*former, schema._V2[-1], "UPDATE meta SET value = 2 WHERE key = 'schema'"),
        ):
            db.execute(statement)
    db.close()


USES: dict[str, Callable[[Store], object]] = {
    "write": lambda s: s.write([trace(1)]),
    "get": lambda s: s.get_trace("@last"),
    "search": lambda s: s.search(Query()),
    "text": lambda s: s.search(Query(text="x")),
    "summaries": lambda s: s.summaries(Query()),
    "count": lambda s: s.count(Query()),
    "stats": lambda s: s.stats(by="model"),
    "delete": lambda s: s.delete(older_than_ns=2**62),
    "blob": lambda s: s.get_blob("x"),
    "blobs": lambda s: s.write_blobs([]),
}
"""Every method of a store, called so that it answers with nothing."""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program that can import what this test can; more than a minute is a deadlock."""
    return subprocess.run(command(program, *arguments), env=environment(), capture_output=True, text=True, timeout=60)


def command(program: str, *arguments: str) -> Sequence[str]:
    """Give the command line of a program."""
    return [sys.executable, "-c", program, *arguments]


def environment() -> dict[str, str]:
    """Give an environment in which a program imports what this test can."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
