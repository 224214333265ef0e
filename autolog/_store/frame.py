"""Traces as a pandas DataFrame or an Arrow table; :mod:`~autolog._store.chosen` reads them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from autolog._model import Trace
from autolog._store.jsontext import clean, dumps
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
    columns = _columns(traces)
    for name in ("request", "response"):
        columns[name] = [_writable(value) for value in columns[name]]
    made = {
        "start_time": pd.Series(columns["start_time"], dtype="int64").astype("datetime64[ns, UTC]"),
        **{name: pd.Series(columns[name], dtype="float64") for name in _NUMBERS},
        **{name: pd.Series(columns[name], dtype="Int64") for name in _TOKENS},
    }
    return pd.DataFrame({n: made[n] if n in made else pd.Series(v, dtype="object") for n, v in columns.items()})


def traces_arrow(traces: Iterable[Trace]) -> Any:
    """Give the same as an Arrow table; what has no fixed shape (request, response, tags, spans…) is JSON text.

    Raises ``ImportError`` naming the fix where pyarrow is missing.
    """
    try:
        pa: Any = import_module("pyarrow")
    except ImportError as e:
        raise ImportError("an Arrow table needs pyarrow: pip install pyarrow") from e
    kinds: dict[str, Any] = {
        "start_time": pa.timestamp("ns", tz="UTC"),
        **dict.fromkeys(_NUMBERS, pa.float64()),
        **dict.fromkeys(_TOKENS, pa.int64()),
    }
    columns = _columns(traces)
    for name in STRUCTURES:
        columns[name] = [None if value is None else dumps(value) for value in columns[name]]
    return pa.table({n: pa.array(v, type=kinds.get(n, pa.string())) for n, v in columns.items()})


STRUCTURES: Final = ("request", "response", "tags", "metadata", "feedback", "expectations", "spans")
_NUMBERS: Final = ("duration_ms", "cost")
_TOKENS: Final = ("input_tokens", "output_tokens", "total_tokens")


def _columns(traces: Iterable[Trace]) -> dict[str, list[Any]]:
    found = list(traces)
    roots = [t.root for t in found]
    return {
        "trace_id": [t.trace_id for t in found],
        "name": [t.name for t in found],
        "status": [t.status for t in found],
        "start_time": [t.start_time_ns for t in found],
        "duration_ms": [t.duration_ms for t in found],
        **{name: [getattr(t.usage, name) for t in found] for name in _TOKENS},
        "cost": [t.cost for t in found],
        "model": [_models(t) for t in found],
        "session_id": [t.session_id for t in found],
        "user_id": [t.user_id for t in found],
        "request": [r.inputs if r else None for r in roots],
        "response": [r.outputs if r else None for r in roots],
        "tags": [dict(t.tags) for t in found],
        "metadata": [dict(t.metadata) for t in found],
        "feedback": [[asdict(f) for f in t.feedback] for t in found],
        "expectations": [dict(t.expectations) for t in found],
        "spans": [[s.to_dict() for s in t.spans] for t in found],
    }


def _writable(value: Any) -> Any:
    """A text by itself is what a frame's ``to_csv()`` writes as it is, and UTF-8 has no lone surrogates."""
    return clean(value) if isinstance(value, str) else value


def _models(trace: Trace) -> str | None:
    names = dict.fromkeys(m for s in model_calls(trace.spans) if (m := span_model(s)))
    return ", ".join(names) or None
