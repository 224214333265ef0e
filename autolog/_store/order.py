"""``order_by``: ``"start_time"``, ``"-cost"``, ``"duration_ms DESC, name"``, ``"-feedback.score"``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autolog._store.columns import SPAN_COLUMNS, TRACE_COLUMNS, Column, closest, column
from autolog._store.filter_sql import Sql
from autolog._store.filter_tokens import wrong
from autolog._store.jsontext import clean

NEWEST_FIRST: Final = Sql("t.start_ns DESC, t.id DESC")


def order_sql(order_by: str | Sequence[str] | None) -> Sql:
    """Give the terms of ORDER BY; what is unknown (no cost, no end) comes last. Raises ``FilterError``.

    Of a column that a trace has several values of (its spans' models, feedback from several sources) the largest counts
    where the largest come first, and else the smallest.
    """
    text = clean(order_by if isinstance(order_by, str) else ", ".join(order_by or ()))
    if not text.strip():
        return NEWEST_FIRST
    terms: list[Sql] = []
    at = 0
    for part in text.split(","):
        terms += _term(text, part, at + len(part) - len(part.lstrip()))
        at += len(part) + 1
    down = terms[0].text.endswith("DESC")
    texts = (*(t.text for t in terms), f"t.id {'DESC' if down else 'ASC'}")
    return Sql(", ".join(texts), tuple(v for t in terms for v in t.params))


def _term(text: str, part: str, at: int) -> list[Sql]:
    words = part.split()
    direction = words[1].upper() if len(words) == 2 else "ASC"
    if not words or len(words) > 2 or direction not in ("ASC", "DESC"):
        wrong(text, at, "an order is a column, with - before it or DESC after it for the largest first", _existing())
    name = words[0].removeprefix("-")
    found = column(name)
    if found is None or found.table == "attributes":  # which are read out of JSON: of every span, to sort all traces
        wrong(text, at, f"there is no order by {name}.{closest(name)}", _existing())
    if words[0].startswith("-"):
        direction = "ASC" if direction == "DESC" else "DESC"
    value = _value(found, "max" if direction == "DESC" else "min")
    if direction == "DESC":
        return [Sql(f"{value.text} DESC", value.params)]
    return [Sql(f"{value.text} IS NULL", value.params), value] if _optional(found) else [value]


def _value(found: Column, several: str) -> Sql:
    match found.table:
        case "traces":
            return Sql(f"t.{found.sql}")
        case "spans":
            return Sql(f"(SELECT {several}(x.{found.sql}) FROM spans x WHERE x.trace = t.id)")
        case _:
            rows = f"{found.table} x WHERE x.trace = t.id AND x.key = ?"
            return Sql(f"(SELECT {several}(x.value) FROM {rows})", (found.key,))


def _optional(found: Column) -> bool:
    always = ("start_ns", "name", "status", "trace_id", "span_count", "unpriced")
    return found.table != "traces" or found.sql not in always


def _existing() -> str:
    labels = "tag.KEY, metadata.KEY, feedback.NAME, expectation.NAME"
    return f"There are: {', '.join((*TRACE_COLUMNS, *SPAN_COLUMNS))}, {labels}"
