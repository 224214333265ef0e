"""Which selects answer for statistics: what every trace adds up already, an index in the order of the groups, or all.

Every select gives a group's keys and then the columns of :data:`COLUMNS`, and no two selects of one answer count the
same thing, so that whoever asks adds up the rows of the same keys.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from autolog._store.filter_sql import Sql
from autolog._store.query import Plan, where

COLUMNS: Final = (
    *("traces", "calls", "errors", "input_tokens", "output_tokens", "cached_input_tokens", "total_tokens", "cost"),
    *("unpriced", "speaking_ns", "durations", "first_chunks"),
)
TOKENS: Final = COLUMNS[3:7]

DAY: Final = "date(s.start_ns / 1000000000, 'unixepoch', 'localtime')"
_TOKENS_AND_COST: Final = COLUMNS[3:8]
_TRACES: Final = "traces t"
_MOST_DAYS: Final = 4000
_FIRST_CHUNK: Final = "CAST(s.first_chunk_ms * 1e3 AS INTEGER)"  # microseconds: whole numbers are read faster
# As Usage.counted_total has it
_TOTAL: Final = "coalesce(s.total_tokens, s.input_tokens + s.output_tokens, s.input_tokens, s.output_tokens)"
_SUMS: Final = (
    *(f"sum(CASE WHEN s.counted THEN {_TOTAL if c == 'total_tokens' else f's.{c}'} END)" for c in _TOKENS_AND_COST),
    "sum(s.counted AND s.cost IS NULL)",
    # How long the calls took that gave the output tokens
    "total(CASE WHEN s.counted AND s.output_tokens THEN s.duration_ns END)",
)
_NO_SUMS: Final = ("NULL",) * len(_TOKENS_AND_COST) + ("0", "0")
_OF_TRACE: Final = (
    *("count(*)", "sum(t.calls)", "sum(t.failed_calls)"),
    *(f"sum(t.{c})" for c in _TOKENS_AND_COST),
    *("sum(t.unpriced)", "total(t.speaking_ns)", "group_concat(t.durations)", "group_concat(t.first_chunks)"),
)
# What a partial index is of must be said as the index says it.
_CALLS: Final = "(s.call OR s.counted)"
_CALLS_AND_STREAMS: Final = "(s.call OR s.counted OR s.first_chunk_ms IS NOT NULL)"


@dataclass(frozen=True, slots=True)
class Grouping:
    """What to group by: the names, their SQL, the tags among them, and whether all spans count or model calls only."""

    names: tuple[str, ...]
    keys: tuple[str, ...]
    tags: tuple[str, ...]
    all_spans: bool

    @property
    def of_traces(self) -> bool:
        """Whether each trace is in one group as a whole."""
        return all(key.startswith(("t.", "g")) for key in self.keys)


def selects(db: sqlite3.Connection, groups: Grouping, *, since_ns: int | None, wanted: Plan) -> Iterator[Sql]:
    """Give the selects that answer for these groups."""
    only = None
    if wanted.terms:
        found = where(db, wanted, indexed_text=False)
        only = Sql(f"SELECT t.id FROM traces t {found.text}", found.params)
    if groups.of_traces:
        yield from _of_traces(groups, since_ns, only)
    elif groups.names == ("day",):
        yield from _of_days(db, groups, since_ns, only)
    elif groups.names == ("model",) and not _shared_models(db):
        yield _of_models(groups, since_ns, only)
    elif groups.all_spans and len(groups.names) == 1:
        yield from _of_all_spans(groups, since_ns, only)
    else:
        yield recount(groups, since_ns=since_ns, only=only)


def recount(groups: Grouping, *, since_ns: int | None = None, only: Sql | None = None, cut: Sql | None = None) -> Sql:
    """Give the select that counts every span by itself: of some traces, of the traces in ``cut``, or of all."""
    unit = "1" if groups.all_spans else "s.call"
    counts = ("count(DISTINCT s.trace)", f"sum({unit})", f"sum({unit} AND s.status = 'ERROR')")
    # Each group's values come as one text: a row for each would cost more than all else.
    values = (f"group_concat(CASE WHEN {unit} THEN {v} END)" for v in ("s.duration_ns", _FIRST_CHUNK))
    conditions = [Sql("1" if groups.all_spans else _CALLS), *_limits(since_ns, only)]
    if cut is not None:
        conditions.append(Sql(f"s.trace IN ({cut.text})", cut.params))
    return _select(groups, (*counts, *_SUMS, *values), conditions)


def _of_traces(groups: Grouping, since_ns: int | None, only: Sql | None) -> Iterator[Sql]:
    """Whole traces as they add up, and span by span those that began before the time and went on after it."""
    conditions = [Sql("t.last_call_ns IS NOT NULL")]
    if since_ns is not None:
        conditions.append(Sql("t.start_ns >= ?", (since_ns,)))
        yield recount(groups, since_ns=since_ns, only=only, cut=_across(None, since_ns))
    if only is not None:
        conditions.append(Sql(f"t.id IN ({only.text})", only.params))
    yield _select(groups, _OF_TRACE, conditions, table=_TRACES)


def _of_days(db: sqlite3.Connection, groups: Grouping, since_ns: int | None, only: Sql | None) -> Iterator[Sql]:
    """Day by day the whole traces as they add up, and span by span those that went on after midnight."""
    days = _days(db, since_ns)
    if days is None:
        yield recount(groups, since_ns=since_ns, only=only)
        return
    if since_ns is not None:
        yield recount(groups, since_ns=since_ns, only=only, cut=_across(None, since_ns))
    for name, begin, end in days:
        begin = begin if since_ns is None else max(begin, since_ns)
        conditions = [Sql("t.start_ns >= ? AND t.start_ns < ? AND t.last_call_ns < ?", (begin, end, end))]
        if only is not None:
            conditions.append(Sql(f"t.id IN ({only.text})", only.params))
        whole = Grouping(groups.names, ("?",), (), all_spans=False)
        yield _select(whole, _OF_TRACE, conditions, table=_TRACES, keyed=(name,))
        yield recount(groups, only=only, cut=_across(begin, end))


def _shared_models(db: sqlite3.Connection) -> bool:
    """Whether several providers gave one model, so that one trace may count for it under each of them."""
    pairs = f"SELECT DISTINCT s.provider, s.model FROM spans s WHERE {_CALLS}"
    return db.execute(f"SELECT 1 FROM ({pairs}) GROUP BY model HAVING count(*) > 1").fetchone() is not None


def _of_models(groups: Grouping, since_ns: int | None, only: Sql | None) -> Sql:
    """Model calls in the order of their index."""
    counted = recount(groups, since_ns=since_ns, only=only)
    return Sql(counted.text.replace("GROUP BY 1", "GROUP BY s.provider, s.model"), counted.params)


def _of_all_spans(groups: Grouping, since_ns: int | None, only: Sql | None) -> Iterator[Sql]:
    """Spans in the order of the group's index, which holds no tokens; these in another select, of few spans."""
    counts = ("count(DISTINCT s.trace)", "count(*)", "sum(s.status = 'ERROR')")
    limits = _limits(since_ns, only)
    yield _select(groups, (*counts, *_NO_SUMS, "group_concat(s.duration_ns)", "NULL"), limits)
    sums = ("0", "0", "0", *_SUMS, "NULL", f"group_concat({_FIRST_CHUNK})")
    # Left to itself, SQLite takes the index in the order of the groups, and each span's row for what is not in it.
    table = "spans s INDEXED BY spans_calls" if only is None else "spans s"
    yield _select(groups, sums, [Sql(_CALLS_AND_STREAMS), *limits], table=table)


def _select(
    groups: Grouping,
    columns: Sequence[str],
    conditions: Sequence[Sql],
    *,
    table: str = "spans s",
    keyed: tuple[Any, ...] = (),
) -> Sql:
    of_spans = table != _TRACES
    trace = "s.trace" if of_spans else "t.id"
    joins = [f"LEFT JOIN tags g{i} ON g{i}.trace = {trace} AND g{i}.key = ?" for i in range(len(groups.tags))]
    if of_spans and any(key.startswith("t.") for key in groups.keys):
        joins.insert(0, "JOIN traces t ON t.id = s.trace")
    places = ", ".join(str(i + 1) for i in range(len(groups.keys)))
    condition = " AND ".join(c.text for c in conditions) or "1"
    return Sql(
        f"SELECT {', '.join((*groups.keys, *columns))} FROM {table} {' '.join(joins)} "
        f"WHERE {condition} GROUP BY {places}",
        (*keyed, *groups.tags, *(v for c in conditions for v in c.params)),
    )


def _limits(since_ns: int | None, only: Sql | None) -> list[Sql]:
    found = [] if since_ns is None else [Sql("s.start_ns >= ?", (since_ns,))]
    return found if only is None else [*found, Sql(f"s.trace IN ({only.text})", only.params)]


def _across(begin: int | None, moment: int) -> Sql:
    """Give a select of the traces that began before a moment (and not before another), with a call after it."""
    after = "" if begin is None else "AND x.start_ns >= ?"
    params = (moment, moment) if begin is None else (moment, moment, begin)
    return Sql(f"SELECT x.id FROM traces x WHERE x.start_ns < ? AND x.last_call_ns >= ? {after}", params)


def _days(db: sqlite3.Connection, since_ns: int | None) -> list[tuple[str, int, int]] | None:
    """Give the local days on which traces began, with their first nanosecond and the next day's.

    ``None`` where there are very many, or where the clock of the place makes no day of them.
    """
    found: list[tuple[str, int, int]] = []
    begin = since_ns
    while len(found) <= _MOST_DAYS:
        after, params = ("", ()) if begin is None else ("WHERE start_ns >= ?", (begin,))
        start = db.execute(f"SELECT min(start_ns) FROM traces {after}", params).fetchone()[0]
        if start is None:
            return found
        day = _day(start)
        if day is None:
            return None
        found.append(day)
        begin = day[2]
    return None


def _day(moment: int) -> tuple[str, int, int] | None:
    try:
        here = time.localtime(moment // 10**9)
        first, last = (
            round(time.mktime((here.tm_year, here.tm_mon, here.tm_mday + n, 0, 0, 0, 0, 0, -1))) for n in (0, 1)
        )
        edges = [time.localtime(s)[:3] == here[:3] for s in (first - 1, first, last - 1, last)]
    except (OverflowError, ValueError, OSError):
        return None
    if edges != [False, True, True, False] or not first <= moment // 10**9 < last:
        return None  # a clock that is changed at midnight, or a day that was left out
    return f"{here.tm_year:04}-{here.tm_mon:02}-{here.tm_mday:02}", first * 10**9, last * 10**9
