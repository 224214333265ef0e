"""``autolog traces stats``: a table of calls, errors, latencies, tokens and cost."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any, Final

from autolog._cli import output
from autolog._cli.errors import FOUND, NOTHING
from autolog._cli.selection import moment
from autolog._cli.stores import opened
from autolog._render.lines import Charset, Segment
from autolog._render.numbers import dollars, duration, tokens
from autolog._render.table import Column, table_lines

__all__ = ["run"]

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
}


def run(arguments: Namespace) -> int:
    """Show statistics."""
    since = moment("--since", arguments.since)
    with opened(arguments) as store:
        rows = store.stats(by=arguments.by, since_ns=since, filter_string=arguments.filter)
    if arguments.json:
        output.print_json(rows)
    elif arguments.csv:
        output.print_csv(list(rows[0]) if rows else [arguments.by], [list(row.values()) for row in rows])
    elif rows:
        charset = output.charset()
        columns = [Column(title=_TITLES.get(n, n), right=n in _TITLES, flexible=n not in _TITLES) for n in rows[0]]
        texts = [[_cell(name, value, row, charset) for name, value in row.items()] for row in rows]
        output.emit(table_lines(columns, texts, width=output.width(), charset=charset))
    if not rows:
        output.note("no call matched")
        return NOTHING
    return FOUND


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
    if name in ("errors", "unpriced_calls"):
        return (tokens(value), "red" if name == "errors" else "dim") if value else ("", "")
    return tokens(value), "" if row.get("calls") else "dim"
