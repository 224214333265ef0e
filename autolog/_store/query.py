"""What a search asks for, and the traces (row ids) that answer it.

SQLite keeps no statistics here, so the way to the answer is chosen by looking: if some condition holds for few rows
(an index counts up to a limit in no time), the search begins with those; otherwise traces are looked at newest first
until there are enough, which is soon, because no condition is rare.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from autolog._store.columns import TRACE_COLUMNS
from autolog._store.filter import And, Compare, Node, Value, parse_filter
from autolog._store.filter_sql import Sql, condition, matches, newest
from autolog._store.jsontext import clean
from autolog._store.order import NEWEST_FIRST, order_sql
from autolog._store.text_search import Term, index_rows, parse_text, text_condition

# To gather so many rows and sort them takes as long as to walk some ten thousand traces, among which a condition of more
# rows finds its hundred.
FEW: Final = 8000
_LOOKED_AT_ONE_BY_ONE: Final = 20


@dataclass(frozen=True)
class Query:
    """A search: every condition that is given must hold.

    ``filter_string`` is in the filter language, ``text`` are words and "quoted phrases" that one span must hold, times
    are nanoseconds since 1970 of the trace's start (``until_ns`` itself excluded). ``order_by`` is newest first if not
    given; ``max_results=None`` is all. Without ``include_spans`` a trace has one span that stands for all of them.
    """

    filter_string: str | None = None
    text: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    order_by: str | Sequence[str] | None = None
    max_results: int | None = 100
    offset: int = 0
    include_spans: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """A query understood: its conditions, its order, its words. Made before any lock is taken."""

    terms: tuple[Node, ...]
    words: tuple[Term, ...]
    order: Sql
    limit: int
    offset: int


def plan(query: Query) -> Plan:
    """Understand a query. Raises ``FilterError`` saying what is wrong with it."""
    node = parse_filter(query.filter_string) if query.filter_string else None
    terms = list[Node](node.terms) if isinstance(node, And) else [] if node is None else [node]
    for name, value in (("session_id", query.session_id), ("user_id", query.user_id)):
        if value is not None:
            terms.append(_compare(name, "=", clean(str(value))))
    for operator, moment in ((">=", query.since_ns), ("<", query.until_ns)):
        if moment is not None:
            terms.append(_compare("start_time", operator, moment))
    return Plan(
        terms=tuple(terms),
        words=parse_text(query.text or ""),
        order=order_sql(query.order_by),
        limit=-1 if query.max_results is None else max(0, query.max_results),
        offset=max(0, query.offset),
    )


def find(db: sqlite3.Connection, wanted: Plan, *, indexed_text: bool) -> list[int]:
    """Give the row ids of the traces that a query finds, in its order."""
    rows, parts = _way(db, wanted, indexed_text=indexed_text)
    if rows is not None and parts and wanted.limit >= 0:
        return _first_that_hold(db, wanted, rows, _all_of(parts))
    only = _where(parts, rows)
    by = "INDEXED BY traces_start" if rows is None and wanted.order == NEWEST_FIRST else ""
    statement = f"SELECT t.id FROM traces t {by} {only.text} ORDER BY {wanted.order.text} LIMIT ? OFFSET ?"
    values = (*only.params, *wanted.order.params, wanted.limit, wanted.offset)
    return [row[0] for row in db.execute(statement, values)]


def _first_that_hold(db: sqlite3.Connection, wanted: Plan, rows: Sql, rest: Sql) -> list[int]:
    """Look at the traces of a select in the query's order, some at a time, until enough meet the other conditions."""
    select = f"SELECT t.id FROM traces t WHERE t.id IN ({rows.text}) ORDER BY {wanted.order.text}"
    waiting = [row[0] for row in db.execute(select, (*rows.params, *wanted.order.params))]
    end = wanted.offset + wanted.limit
    found: list[int] = []
    done, size = 0, 2 * end + _LOOKED_AT_ONE_BY_ONE
    while done < len(waiting) and len(found) < end:
        some = waiting[done : done + size]
        done, size = done + size, 2 * size
        among = f"SELECT t.id FROM traces t WHERE t.id IN ({', '.join(map(str, some))}) AND {rest.text}"
        held = {row[0] for row in db.execute(among, rest.params)}
        found += [trace for trace in some if trace in held]
    return found[wanted.offset : end]


def count(db: sqlite3.Connection, wanted: Plan, *, indexed_text: bool) -> int:
    """Give how many traces a query finds, without its limit and offset."""
    only = where(db, wanted, indexed_text=indexed_text)
    found: int = db.execute(f"SELECT count(*) FROM traces t {only.text}", only.params).fetchone()[0]
    return found


def where(db: sqlite3.Connection, wanted: Plan, *, indexed_text: bool) -> Sql:
    """Give the conditions on the trace ``t``, with ``WHERE`` before them if there are any."""
    rows, parts = _way(db, wanted, indexed_text=indexed_text)
    return _where(parts, rows)


def _where(parts: list[Sql], rows: Sql | None) -> Sql:
    if rows is not None:
        parts = [*parts, Sql(f"t.id IN ({rows.text})", rows.params)]
    found = _all_of(parts)
    return Sql(f"WHERE {found.text}", found.params) if parts else found


def _all_of(parts: list[Sql]) -> Sql:
    return Sql(" AND ".join(p.text for p in parts), tuple(v for p in parts for v in p.params))


def _way(db: sqlite3.Connection, wanted: Plan, *, indexed_text: bool) -> tuple[Sql | None, list[Sql]]:
    """Give a select of few traces to begin with, ``None`` if the way is to walk them all, and the other conditions."""
    driver, rows, few = _driver(db, wanted, indexed_text=indexed_text)
    parts = [condition(term) for term in wanted.terms if term is not driver]
    if rows is None:
        parts += _bounds(db, wanted)
    if wanted.words and driver is not wanted.words:
        found = index_rows(wanted.words) if indexed_text and few > _LOOKED_AT_ONE_BY_ONE else None
        if found is None:
            parts.append(text_condition(wanted.words, indexed=indexed_text))
        else:
            parts.append(Sql(f"t.id IN ({found.text})", found.params))
    return rows, parts


def _driver(db: sqlite3.Connection, wanted: Plan, *, indexed_text: bool) -> tuple[object, Sql | None, int]:
    """Give the condition that fewest rows satisfy if those are few, the select of the traces that do, and how many."""
    candidates: list[tuple[object, Sql | None]] = [(t, matches(t)) for t in wanted.terms]
    if indexed_text and wanted.words:
        candidates.append((wanted.words, index_rows(wanted.words)))
    best: tuple[object, Sql | None, int] = (None, None, FEW)
    for term, rows in candidates:
        if rows is None:
            continue
        found = db.execute(f"SELECT count(*) FROM ({rows.text} LIMIT ?)", (*rows.params, best[2])).fetchone()[0]
        if found < best[2]:
            best = (term, rows, found)
    return best


def _bounds(db: sqlite3.Connection, wanted: Plan) -> list[Sql]:
    """Give bounds on the start that the index of starts can use: where to begin walking, and where to end."""
    found: list[Sql] = []
    for term in wanted.terms:
        if not isinstance(term, Compare):
            continue
        if term.column.sql == "start_ns" and term.operator in (">", ">=", "<", "<=", "=", "BETWEEN"):
            bound = tuple(v.bound for v in term.values)
            found.append(Sql(f"t.start_ns {term.operator} {'? AND ?' if len(bound) == 2 else '?'}", bound))
        elif latest := newest(term):
            moment = db.execute(latest.text, latest.params).fetchone()[0]
            found.append(Sql("t.start_ns <= ?", (moment,)))
    return found


def _compare(name: str, operator: str, value: str | int) -> Compare:
    return Compare(TRACE_COLUMNS[name], operator, (Value(value, str(value)),))
