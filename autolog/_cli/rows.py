"""A trace as one record: for JSON lists, CSV and Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from autolog._cli.output import json_text
from autolog._model import Trace, counted_spans
from autolog._store.jsontext import text_or_none

if TYPE_CHECKING:
    from autolog._store import Summary

__all__ = ["flat", "summary_dict", "trace_row"]

_COUNTS: Final = ("input_tokens", "output_tokens", "total_tokens", "cached_input_tokens", "reasoning_tokens")


def summary_dict(summary: Summary) -> dict[str, Any]:
    """Give a summary as plain values, without what was said."""
    return {
        "trace_id": summary.trace_id,
        "name": summary.name,
        "status": summary.status,
        "start_time_ns": summary.start_time_ns,
        "end_time_ns": summary.end_time_ns,
        "duration_ms": summary.duration_ms,
        "span_count": summary.span_count,
        "usage": summary.usage.to_dict(),
        "cost": summary.cost,
        "unpriced_calls": summary.unpriced,
        "models": list(summary.models),
        "session_id": summary.session_id,
        "user_id": summary.user_id,
        "tags": dict(summary.tags),
        "metadata": dict(summary.metadata),
    }


def flat(values: dict[str, Any]) -> dict[str, Any]:
    """Give values for one row: the usual counts as columns of their own, other structures as JSON text."""
    usage = values["usage"]
    row: dict[str, Any] = {}
    for name, value in values.items():
        if name == "usage":
            row |= {c: usage.get(c) for c in _COUNTS}
        elif isinstance(value, (dict, list)):
            row[name] = json_text(value) if value else None
        else:
            row[name] = text_or_none(value) if isinstance(value, str) else value
    return row


def trace_row(trace: Trace) -> dict[str, Any]:
    """Give a whole trace as one row, with what its root was asked and answered as JSON text."""
    from autolog._store.rollup import model_calls
    from autolog._store.rows import span_model

    root = trace.root
    return flat(
        {
            "trace_id": trace.trace_id,
            "name": trace.name,
            "status": trace.status,
            "start_time_ns": trace.start_time_ns,
            "end_time_ns": trace.end_time_ns,
            "duration_ms": trace.duration_ms,
            "span_count": len(trace.spans),
            "usage": trace.usage.to_dict(),
            "cost": trace.cost,
            "unpriced_calls": sum(s.cost is None for s in counted_spans(trace.spans)),
            "models": list(dict.fromkeys(m for s in model_calls(trace.spans) if (m := span_model(s)))),
            "session_id": trace.session_id,
            "user_id": trace.user_id,
            "tags": dict(trace.tags),
            "metadata": dict(trace.metadata),
            "request": root.inputs if root else None,
            "response": root.outputs if root else None,
        }
    )
