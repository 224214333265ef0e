"""What a trace adds up to, as the trace model adds it up, and which spans count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from autolog._model import Span, SpanType, Trace, counted_spans
from autolog._store.jsontext import dumps, integer
from autolog._store.rows import span_model, usage_counts
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
)

_CALLS: Final = frozenset({SpanType.CHAT_MODEL, SpanType.LLM, SpanType.EMBEDDING})


@dataclass(frozen=True, slots=True)
class Rollup:
    """The totals of a trace: ``values`` of :data:`ROLLUP_COLUMNS`, and the ids of spans: see :func:`rollup`."""

    values: tuple[Any, ...]
    root: str | None
    counted: frozenset[str]
    calls: frozenset[str]


def rollup(trace_id: str, spans: Sequence[Span]) -> Rollup:
    """Give a trace's totals, its root, the spans whose usage counts, and those that are model calls.

    A model call is each deepest span that names a model, carries usage or has the type of a model's span: a
    framework's span around a client's is the same call. It differs from a span whose usage counts where the inner
    one carries none, as after an error.
    """
    trace = Trace(trace_id, tuple(spans))
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
    )
    return Rollup(
        values,
        root.span_id if root else None,
        frozenset(s.span_id for s in counted),
        frozenset(s.span_id for s in calls),
    )


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
