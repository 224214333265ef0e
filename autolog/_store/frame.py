"""Traces as a pandas DataFrame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from autolog._model import Trace
from autolog._store.rollup import model_calls
from autolog._store.rows import span_model

if TYPE_CHECKING:
    import pandas as pd


def traces_frame(traces: Iterable[Trace]) -> pd.DataFrame:
    """Give one row a trace: identity, status, time, tokens, cost, the root's request and response, tags, spans.

    ``start_time`` is UTC, tokens are nullable integers, an unknown cost is NaN, ``model`` names all models of the
    trace, ``spans`` holds plain dictionaries. Raises ``ImportError`` naming the extra where pandas is missing.
    """
    try:
        import pandas as pd
    except ImportError as e:
        raise ImportError("a DataFrame needs pandas: pip install 'autolog-genai[pandas]'") from e
    found = list(traces)

    def objects(values: Iterable[Any]) -> pd.Series[Any]:
        return pd.Series(list(values), dtype="object")

    def tokens(name: str) -> pd.Series[Any]:
        return pd.Series([getattr(t.usage, name) for t in found], dtype="Int64")

    return pd.DataFrame(
        {
            "trace_id": objects(t.trace_id for t in found),
            "name": objects(t.name for t in found),
            "status": objects(t.status for t in found),
            "start_time": pd.Series([t.start_time_ns for t in found], dtype="int64").astype("datetime64[ns, UTC]"),
            "duration_ms": pd.Series([t.duration_ms for t in found], dtype="float64"),
            "input_tokens": tokens("input_tokens"),
            "output_tokens": tokens("output_tokens"),
            "total_tokens": tokens("total_tokens"),
            "cost": pd.Series([t.cost for t in found], dtype="float64"),
            "model": objects(_models(t) for t in found),
            "session_id": objects(t.session_id for t in found),
            "user_id": objects(t.user_id for t in found),
            "request": objects(t.root.inputs if t.root else None for t in found),
            "response": objects(t.root.outputs if t.root else None for t in found),
            "tags": objects(dict(t.tags) for t in found),
            "metadata": objects(dict(t.metadata) for t in found),
            "spans": objects([s.to_dict() for s in t.spans] for t in found),
        }
    )


def _models(trace: Trace) -> str | None:
    names = dict.fromkeys(m for s in model_calls(trace.spans) if (m := span_model(s)))
    return ", ".join(names) or None
