"""Traces as one line each: their roll-up and their root's request and response, read without their spans."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from autolog._model import Span, SpanType, Status, Trace, Usage
from autolog._store.jsontext import loads
from autolog._store.read import blob_reader, load_labels
from autolog._store.rows import content
from autolog._store.schema import USAGE_COLUMNS
from autolog._store.write import chunks, marks

_AT_ONCE: Final = 200
_NO_SPAN: Final = "0" * 16  # what W3C trace context calls an invalid id
_COLUMNS: Final = (
    *("t.id", "t.trace_id", "t.name", "t.status", "t.start_ns", "t.end_ns", "t.duration_ns", "t.span_count"),
    *("t.cost", "t.unpriced", "t.models", "t.session_id", "t.user_id"),
    *("s.span_id", "s.span_type", "p.inputs", "p.outputs"),
    *(f"t.{c}" for c in USAGE_COLUMNS),
)
_SELECT: Final = (
    f"SELECT {', '.join(_COLUMNS)} FROM traces t LEFT JOIN spans s ON s.id = t.root "
    "LEFT JOIN payload p ON p.span = t.root WHERE t.id IN "
)


@dataclass(frozen=True, slots=True)
class Summary:
    """A trace's totals, each counted once, and what its root was asked and answered.

    ``cost`` is US dollars of the calls that have a price, ``None`` where none has; ``unpriced`` counts the calls
    without one. ``models`` are those of the model calls, in order of start.
    """

    trace_id: str
    name: str
    status: Status
    start_time_ns: int
    end_time_ns: int | None
    duration_ms: float | None
    span_count: int
    usage: Usage
    cost: float | None
    unpriced: int
    models: tuple[str, ...]
    session_id: str | None
    user_id: str | None
    tags: dict[str, str]
    metadata: dict[str, Any]
    root_id: str | None
    root_type: str
    request: Any
    response: Any

    def as_trace(self) -> Trace:
        """Give a trace of one span that stands for all: the root's name and content, the totals of the trace."""
        stand_in = Span(
            span_id=self.root_id or _NO_SPAN,
            trace_id=self.trace_id,
            parent_id=None,
            name=self.name,
            span_type=self.root_type,
            status=self.status,
            start_time_ns=self.start_time_ns,
            end_time_ns=self.end_time_ns,
            inputs=self.request,
            outputs=self.response,
            usage=self.usage or None,
            cost=self.cost,
        )
        return Trace(self.trace_id, (stand_in,), self.tags, self.metadata, self.session_id, self.user_id)


def load_summaries(db: sqlite3.Connection, ids: Sequence[int], *, blobs: bool) -> list[Summary]:
    """Give summaries in the order of the row ids; without ``blobs`` long base64 text stays a marker."""
    get_blob = blob_reader(db) if blobs else None
    found: dict[int, Summary] = {}
    for some in chunks(ids, _AT_ONCE):
        tags, metadata = load_labels(db, some)
        for row in db.execute(f"{_SELECT}({marks(some)})", some):
            number, trace_id, name, status, start, end, duration, spans, cost, unpriced, models = row[:11]
            session_id, user_id, root_id, root_type, request, response = row[11:17]
            found[number] = Summary(
                trace_id=trace_id,
                name=name,
                status=status,
                start_time_ns=start,
                end_time_ns=end,
                duration_ms=None if duration is None else duration / 1e6,
                span_count=spans,
                usage=Usage(*row[17:]),
                cost=cost,
                unpriced=unpriced,
                models=tuple(loads(models)),
                session_id=session_id,
                user_id=user_id,
                tags=tags[number],
                metadata=metadata[number],
                root_id=root_id,
                root_type=root_type or SpanType.UNKNOWN,
                request=content(request, get_blob),
                response=content(response, get_blob),
            )
    return [found[number] for number in ids if number in found]
