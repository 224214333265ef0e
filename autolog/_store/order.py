"""``order_by``: ``"start_time"``, ``"-cost"``, ``"duration_ms DESC, name"``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autolog._store.columns import TRACE_COLUMNS, closest, column
from autolog._store.filter_tokens import wrong

NEWEST_FIRST: Final = "t.start_ns DESC, t.id DESC"


def order_sql(order_by: str | Sequence[str] | None) -> str:
    """Give the terms of ORDER BY; what is unknown (no cost, no end) comes last. Raises ``FilterError``."""
    text = order_by if isinstance(order_by, str) else ", ".join(order_by or ())
    if not text.strip():
        return NEWEST_FIRST
    terms: list[str] = []
    at = 0
    for part in text.split(","):
        terms += _term(text, part, at + len(part) - len(part.lstrip()))
        at += len(part) + 1
    down = terms[0].endswith("DESC")
    return ", ".join((*terms, f"t.id {'DESC' if down else 'ASC'}"))


def _term(text: str, part: str, at: int) -> list[str]:
    words = part.split()
    direction = words[1].upper() if len(words) == 2 else "ASC"
    if not words or len(words) > 2 or direction not in ("ASC", "DESC"):
        wrong(text, at, "an order is a column, with - before it or DESC after it for the largest first", _existing())
    name = words[0].removeprefix("-")
    found = column(name)
    if found is None or found.table != "traces":
        wrong(text, at, f"there is no order by {name}.{closest(name, to=TRACE_COLUMNS)}", _existing())
    if words[0].startswith("-"):
        direction = "ASC" if direction == "DESC" else "DESC"
    value = f"t.{found.sql}"
    if direction == "DESC":
        return [f"{value} DESC"]
    return [f"{value} IS NULL", value] if _optional(found.sql) else [value]


def _optional(sql: str) -> bool:
    return sql not in ("start_ns", "name", "status", "trace_id", "span_count", "unpriced")


def _existing() -> str:
    return f"There are: {', '.join(TRACE_COLUMNS)}"
