"""Statistics as a table of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from autolog._render.lines import Charset, Line, Segment
from autolog._render.numbers import dollars, duration, tokens
from autolog._render.table import Column, table_lines

__all__ = ["stats_lines"]

# What the store calls it -> what stands above the column; every other member is a key that was grouped by.
_TITLES: Final = {
    "traces": "traces",
    "calls": "calls",
    "errors": "errors",
    "error_rate": "err %",
    "p50_ms": "p50",
    "p95_ms": "p95",
    "p99_ms": "p99",
    "input_tokens": "in",
    "output_tokens": "out",
    "cached_input_tokens": "cached",
    "total_tokens": "total",
    "cost": "cost",
    "unpriced_calls": "no price",
    "tokens_per_second": "tok/s",
    "first_chunk_p50_ms": "first p50",
    "first_chunk_p95_ms": "first p95",
}


def stats_lines(
    rows: Sequence[Mapping[str, Any]], *, width: int | None = None, charset: Charset | None = None
) -> list[Line]:
    """Give one line a group under a head; ``width`` in terminal columns, ``None``: nothing is cut."""
    charset = charset or Charset()
    columns = [Column(title=_TITLES.get(n, n), right=n in _TITLES, flexible=n not in _TITLES) for n in rows[0]]
    texts = [[_cell(name, value, row, charset) for name, value in row.items()] for row in rows]
    return table_lines(columns, texts, width=width, charset=charset)


def _cell(name: str, value: Any, row: Mapping[str, Any], charset: Charset) -> Segment:
    if name not in _TITLES:
        return ("(none)", "dim") if value is None else (charset.one_line(str(value), limit=80), "bold")
    if value is None:
        return "", ""
    if name.endswith("_ms"):
        return charset.writable(duration(value)), ""
    if name == "cost":
        return dollars(value), "green"
    if name == "error_rate":
        return (f"{value:.1%}", "red") if value else ("", "")
    if name == "tokens_per_second":
        return f"{value:,.1f}", ""
    if name in ("errors", "unpriced_calls"):
        return (tokens(value), "red" if name == "errors" else "dim") if value else ("", "")
    return tokens(value), "" if row.get("calls") else "dim"
