"""Calls, errors, latency, tokens and cost by model, session, day and so on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from autolog._store.columns import closest
from autolog._store.errors import FilterError
from autolog._store.filter_sql import Sql
from autolog._store.query import Plan, where

_OF_CALLS: Final = {
    "model": "s.model",
    "provider": "s.provider",
    "session": "t.session_id",
    "user": "t.user_id",
    "day": "date(s.start_ns / 1000000000, 'unixepoch', 'localtime')",
}
_OF_SPANS: Final = {
    "integration": "s.integration",
    "operation": "s.operation",
    "span_name": "s.name",
    "span_type": "s.span_type",
}
_ALIASES: Final = {"session_id": "session", "user_id": "user", "span.name": "span_name", "span.type": "span_type"}
GROUPS: Final = (*_OF_CALLS, *_OF_SPANS, "tag:KEY")

_TOKENS: Final = ("input_tokens", "output_tokens", "cached_input_tokens", "total_tokens")
_PERCENTILES: Final = (50, 95, 99)
_FIRST_CHUNK_PERCENTILES: Final = (50, 95)
_DURATION: Final = "s.duration_ns"
_FIRST_CHUNK: Final = "CAST(s.first_chunk_ms * 1e3 AS INTEGER)"  # microseconds: whole numbers are read faster
# How long the calls took that gave the output tokens
_SPEAKING_NS: Final = "sum(CASE WHEN s.counted AND s.output_tokens THEN s.duration_ns END)"


@dataclass(frozen=True, slots=True)
class Grouping:
    """What to group by: the names, their SQL, the tags among them, and whether all spans count or model calls only."""

    names: tuple[str, ...]
    keys: tuple[str, ...]
    tags: tuple[str, ...]
    all_spans: bool


def grouping(by: str) -> Grouping:
    """Read ``by``: one of :data:`GROUPS` or several with commas. Raises ``FilterError`` naming what exists."""
    names: list[str] = []
    keys: list[str] = []
    tags: list[str] = []
    for part in by.split(","):
        name = _ALIASES.get(part.strip(), part.strip())
        kind, colon, tag = name.partition(":")
        if kind == "tag" and colon and tag:
            keys.append(f"g{len(tags)}.value")
            tags.append(tag)
        elif name in _OF_CALLS or name in _OF_SPANS:
            keys.append(_OF_CALLS.get(name) or _OF_SPANS[name])
        else:
            near = closest(name, to=(*_OF_CALLS, *_OF_SPANS))
            raise FilterError(f"there are no statistics by {name or 'nothing'}.{near} There are: {', '.join(GROUPS)}")
        names.append(name)
    return Grouping(tuple(names), tuple(keys), tuple(tags), any(n in _OF_SPANS for n in names))


def load_stats(db: sqlite3.Connection, groups: Grouping, *, since_ns: int | None, wanted: Plan) -> list[dict[str, Any]]:
    """Give one row a group, the busiest first, days in order.

    By what is a span's own (name, type, integration, operation) every span is a call; else the model calls are, each
    once however many frameworks are around it. Tokens and cost are always counted once, so that rows add up.
    """
    unit = "1" if groups.all_spans else "s.call"
    source = _source(db, groups, since_ns=since_ns, wanted=wanted, unit=unit)
    keys = ", ".join(groups.keys)
    places = ", ".join(str(i + 1) for i in range(len(groups.keys)))
    sums = ", ".join(f"sum(CASE WHEN s.counted THEN s.{c} END)" for c in (*_TOKENS, "cost"))
    # Each group's values come as one text: a row for each would cost more than all else.
    values = ", ".join(f"group_concat(CASE WHEN {unit} THEN {v} END)" for v in (_DURATION, _FIRST_CHUNK))
    select = (
        f"SELECT {keys}, count(DISTINCT s.trace), sum({unit}), sum({unit} AND s.status = 'ERROR'), {sums}, "
        f"sum(s.counted AND s.cost IS NULL), {_SPEAKING_NS}, {values} {source.text} GROUP BY {places}"
    )
    rows = [_row(groups.names, row) for row in db.execute(select, source.params)]
    if groups.names[0] == "day":
        return sorted(rows, key=lambda r: tuple(str(r[n]) for n in groups.names))
    return sorted(rows, key=lambda r: (-r["calls"], tuple(str(r[n]) for n in groups.names)))


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """Give a percentile of sorted values, interpolated between the two nearest (as numpy does); ``None`` of none."""
    if not ordered:
        return None
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _source(db: sqlite3.Connection, groups: Grouping, *, since_ns: int | None, wanted: Plan, unit: str) -> Sql:
    tables = [f"g{i}" for i in range(len(groups.tags))]
    joins = " ".join(f"LEFT JOIN tags {g} ON {g}.trace = s.trace AND {g}.key = ?" for g in tables)
    if any(key.startswith("t.") for key in groups.keys):
        joins = f"JOIN traces t ON t.id = s.trace {joins}"
    conditions = ["1" if unit == "1" else "(call OR counted)"]
    params: list[Any] = list(groups.tags)
    if since_ns is not None:
        conditions.append("s.start_ns >= ?")
        params.append(since_ns)
    if wanted.terms:
        only, _ = where(db, wanted, indexed_text=False)
        conditions.append(f"s.trace IN (SELECT t.id FROM traces t {only.text})")
        params.extend(only.params)
    return Sql(f"FROM spans s {joins} WHERE {' AND '.join(conditions)}", tuple(params))


def _row(names: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    traces, calls, errors, *tokens, cost, unpriced, speaking_ns, durations, first_chunks = row[len(names) :]
    took, waited = _ordered(durations), _ordered(first_chunks)
    output_tokens = tokens[1]
    return {
        **dict(zip(names, row, strict=False)),
        "traces": traces,
        "calls": calls,
        "errors": errors,
        "error_rate": errors / calls if calls else 0.0,
        **{f"p{p}_ms": _share(percentile(took, p), 1e6) for p in _PERCENTILES},
        **dict(zip(_TOKENS, tokens, strict=True)),
        "cost": cost,
        "unpriced_calls": unpriced,
        "tokens_per_second": output_tokens / (speaking_ns / 1e9) if output_tokens and speaking_ns else None,
        **{f"first_chunk_p{p}_ms": _share(percentile(waited, p), 1e3) for p in _FIRST_CHUNK_PERCENTILES},
    }


def _ordered(values: str | None) -> list[int]:
    """Read what SQLite joined with commas. As JSON, which is the fastest reader of numbers there is here."""
    return sorted(json.loads(f"[{values}]")) if values else []


def _share(value: float | None, unit: float) -> float | None:
    return None if value is None else value / unit
