"""What a trace adds up to, as the trace model adds it up, and which spans count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from autolog._model import Span, SpanType, Trace, counted_spans
from autolog._store.jsontext import dumps, integer
from autolog._store.rows import LIGHT_COLUMNS, light_span, span_model, usage_counts
from autolog._store.schema import USAGE_COLUMNS

ROLLUP_COLUMNS: Final = (
    "name",
    "status",
    "start_ns",
    "end_ns",
    "duration_ns",
    "span_count",
    *USAGE_COLUMNS,
    "cost",
    "unpriced",
    "models",
    "calls",
    "failed_calls",
    "speaking_ns",
    "durations",
    "first_chunks",
    "last_call_ns",
)
"""The last six are of the model calls: ``durations`` and ``first_chunks`` each call's nanoseconds and microseconds with
commas between, ``speaking_ns`` how long the calls took that gave output tokens, ``last_call_ns`` when the last began."""

_DURATION: Final = LIGHT_COLUMNS.index("duration_ns")
_FIRST_CHUNK: Final = LIGHT_COLUMNS.index("first_chunk_ms")

_CALLS: Final = frozenset({SpanType.CHAT_MODEL, SpanType.LLM, SpanType.EMBEDDING})


@dataclass(frozen=True, slots=True)
class Rollup:
    """The totals of a trace: ``values`` of :data:`ROLLUP_COLUMNS`, and the ids of spans: see :func:`rollup`."""

    values: tuple[Any, ...]
    root: str | None
    counted: frozenset[str]
    calls: frozenset[str]


def rollup(trace_id: str, rows: Iterable[Sequence[Any]]) -> Rollup:
    """Give a trace's totals, its root, the spans whose usage counts, and those that are model calls.

    ``rows`` are the columns of :data:`LIGHT_COLUMNS` of each span; what a row holds after them does not matter.
    A model call is each deepest span that names a model, carries usage or has the type of a model's span: a
    framework's span around a client's is the same call. It differs from a span whose usage counts where the inner
    one carries none, as after an error.
    """
    by_id = {row[0]: row for row in rows}
    trace = Trace(trace_id, tuple(light_span(trace_id, row) for row in by_id.values()))
    root, start, end = trace.root, trace.start_time_ns, trace.end_time_ns
    counted = list(counted_spans(trace.spans))
    usage = trace.usage
    costs = [s.cost for s in counted if s.cost is not None]
    calls = model_calls(trace.spans)
    models = dict.fromkeys(m for s in calls if (m := span_model(s)))
    values = (
        trace.name,
        trace.status,
        start,
        end,
        None if end is None or root is None else integer(end - root.start_time_ns),
        len(trace.spans),
        *(integer(n) for n in usage_counts(usage)),
        sum(costs) if costs else None,
        len(counted) - len(costs),
        dumps(list(models)),
        len(calls),
        sum(s.status == "ERROR" for s in calls),
        _sum(by_id[s.span_id][_DURATION] for s in counted if s.usage and s.usage.output_tokens),
        _joined(by_id[s.span_id][_DURATION] for s in calls),
        _joined(_microseconds(by_id[s.span_id][_FIRST_CHUNK]) for s in calls),
        max((s.start_time_ns for s in (*calls, *counted)), default=None),
    )
    return Rollup(
        values,
        root.span_id if root else None,
        frozenset(s.span_id for s in counted),
        frozenset(s.span_id for s in calls),
    )


def _sum(values: Iterable[int | None]) -> int | None:
    given = [v for v in values if v is not None]
    return integer(sum(given)) if given else None


def _joined(values: Iterable[int | None]) -> str | None:
    return ",".join([str(v) for v in values if v is not None]) or None


def _microseconds(milliseconds: float | None) -> int | None:
    """Give whole microseconds, as SQLite makes them of the same number."""
    return None if milliseconds is None else max(-(2**63), min(int(milliseconds * 1e3), 2**63 - 1))


def model_calls(spans: Iterable[Span]) -> list[Span]:
    """Give the deepest spans that are model calls."""
    by_id = {s.span_id: s for s in spans}
    calling = [s for s in by_id.values() if s.usage or s.span_type in _CALLS or span_model(s)]
    around: set[str] = set()
    for span in calling:
        parent = by_id.get(span.parent_id or "")
        while parent is not None and parent.span_id not in around:
            around.add(parent.span_id)
            parent = by_id.get(parent.parent_id or "")
    return [s for s in calling if s.span_id not in around]
