"""Calls, errors, latency, tokens and cost by model, session, day and so on."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from autolog._store.columns import closest
from autolog._store.errors import FilterError
from autolog._store.filter_sql import Sql
from autolog._store.jsontext import clean
from autolog._store.query import Plan
from autolog._store.stats_sql import DAY, TOKENS, Grouping, selects

_OF_CALLS: Final = {
    "model": "s.model",
    "provider": "s.provider",
    "session": "t.session_id",
    "user": "t.user_id",
    "day": DAY,
}
_OF_SPANS: Final = {
    "integration": "s.integration",
    "operation": "s.operation",
    "span_name": "s.name",
    "span_type": "s.span_type",
}
_ALIASES: Final = {"session_id": "session", "user_id": "user", "span.name": "span_name", "span.type": "span_type"}
GROUPS: Final = (*_OF_CALLS, *_OF_SPANS, "tag:KEY")

_SLOW: Final = {f"p{p}_ms": p for p in (50, 95, 99)}
_FIRST_CHUNK: Final = {f"first_chunk_p{p}_ms": p for p in (50, 95)}
_FEW: Final = 100
_SORTED_WHOLE: Final = 20_000
_SAMPLE: Final = 5000
_AROUND: Final = 0.03  # of the sample on either side: four times the standard error of a median of 5,000


def grouping(by: str | Sequence[str]) -> Grouping:
    """Read ``by``: one of :data:`GROUPS`, or several in a list or with commas.

    A tag may also be written as filters write it, ``tag.KEY``. Raises ``FilterError`` naming what exists.
    """
    names: list[str] = []
    keys: list[str] = []
    tags: list[str] = []
    for part in _parts(by):
        name = _ALIASES.get(part.strip(), part.strip())
        name = f"tag:{name[4:]}" if name.startswith("tag.") else name
        kind, colon, tag = name.partition(":")
        if kind in ("tag", "tags") and not tag:
            raise FilterError(f"a tag is named with its key, as in 'tag:env'. There are: {', '.join(GROUPS)}")
        if kind == "tag" and colon:
            keys.append(f"g{len(tags)}.value")
            tags.append(clean(tag))
        elif name in _OF_CALLS or name in _OF_SPANS:
            keys.append(_OF_CALLS.get(name) or _OF_SPANS[name])
        else:
            near = closest(name, to=(*_OF_CALLS, *_OF_SPANS))
            raise FilterError(f"there are no statistics by {name or 'nothing'}.{near} There are: {', '.join(GROUPS)}")
        names.append(name)
    return Grouping(tuple(names), tuple(keys), tuple(tags), any(n in _OF_SPANS for n in names))


def _parts(by: object) -> list[str]:
    if isinstance(by, str):
        return by.split(",")
    several = list(cast("Iterable[object]", by)) if isinstance(by, (list, tuple)) else []
    if not several or not all(isinstance(part, str) for part in several):
        raise FilterError(f"by is a text or a list of texts, not {by!r}. There are: {', '.join(GROUPS)}")
    return cast("list[str]", several)


def load_stats(db: sqlite3.Connection, groups: Grouping, *, since_ns: int | None, wanted: Plan) -> list[dict[str, Any]]:
    """Give one row a group, the busiest first, days in order.

    By what is a span's own (name, type, integration, operation) every span is a call; else the model calls are, each
    once however many frameworks are around it. Tokens and cost are always counted once, so that rows add up.
    """
    rows = add_up(db, groups, selects(db, groups, since_ns=since_ns, wanted=wanted))
    if groups.names[0] == "day":
        return sorted(rows, key=lambda r: tuple(str(r[n]) for n in groups.names))
    return sorted(rows, key=lambda r: (-r["calls"], tuple(str(r[n]) for n in groups.names)))


def add_up(db: sqlite3.Connection, groups: Grouping, parts: Iterable[Sql]) -> list[dict[str, Any]]:
    """Give one row a group of what several selects count of it."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    width = len(groups.names)
    for part in parts:
        for row in db.execute(part.text, part.params):
            sums = found.get(row[:width])
            if sums is None:
                found[row[:width]] = [*row[width:]]
            else:
                sums[:-2] = map(_plus, sums, row[width:-2])
                sums[-2:] = (",".join(filter(None, pair)) for pair in zip(sums[-2:], row[-2:], strict=True))
    return [_row(groups.names, keys, sums) for keys, sums in found.items()]


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """Give a percentile of sorted values, interpolated between the two nearest (as numpy does); ``None`` of none."""
    if not ordered:
        return None
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def percentiles(values: list[int], percents: Sequence[float]) -> list[float | None]:
    """Give several percentiles, in ascending order, of values in any order.

    Of many values only those are sorted that a sample says are near; where the sample was wrong, all are.
    """
    count = len(values)
    if count <= _SORTED_WHOLE:
        values.sort()
        return [percentile(values, p) for p in percents]
    # By chance, not every so many: traces of one shape have their long spans at regular distances
    sample = sorted(random.Random(count).choices(values, k=_SAMPLE))  # noqa: S311
    found: list[float | None] = []
    rest = values
    for percent in percents:
        place = (count - 1) * percent / 100
        below = int(place)
        low, high = (sample[max(0, min(len(sample) - 1, round(len(sample) * s)))] for s in _share_around(percent))
        rest = [v for v in rest if v >= low]
        near = sorted([v for v in rest if v <= high] if percent < 100 - 100 * _AROUND else rest)
        first = below - (count - len(rest))
        if first < 0 or first + 1 >= len(near):
            ordered = sorted(values)
            return [percentile(ordered, p) for p in percents]
        found.append(near[first] + (near[first + 1] - near[first]) * (place - below))
    return found


def _share_around(percent: float) -> tuple[float, float]:
    return percent / 100 - _AROUND, percent / 100 + _AROUND


def _plus(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else one + other


def _row(names: tuple[str, ...], keys: tuple[Any, ...], sums: Sequence[Any]) -> dict[str, Any]:
    traces, calls, errors, *tokens, cost, unpriced, speaking_ns, durations, first_chunks = sums
    output_tokens = tokens[1]
    row: dict[str, Any] = dict(zip(names, keys, strict=True))
    row["traces"], row["calls"], row["errors"] = traces, calls, errors
    row["error_rate"] = errors / calls if calls else 0.0
    _add_percentiles(row, _SLOW, durations, 1e6)
    row.update(zip(TOKENS, tokens, strict=True))
    row["cost"], row["unpriced_calls"] = cost, unpriced
    row["tokens_per_second"] = output_tokens / (speaking_ns / 1e9) if output_tokens and speaking_ns else None
    _add_percentiles(row, _FIRST_CHUNK, first_chunks, 1e3)
    return row


def _add_percentiles(row: dict[str, Any], columns: Mapping[str, int], values: str | None, unit: float) -> None:
    if values:
        # Of many numbers, JSON is the fastest reader there is here
        several = values.split(",", _FEW)
        numbers = list(map(int, several)) if len(several) <= _FEW else json.loads(f"[{values}]")
        found = percentiles(numbers, tuple(columns.values()))
        row.update((name, None if value is None else value / unit) for name, value in zip(columns, found, strict=True))
    else:
        row.update(dict.fromkeys(columns))
