"""``autolog traces list`` and ``autolog traces search``: one line a trace."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from autolog._cli import output
from autolog._cli.errors import FOUND, NOTHING
from autolog._cli.rows import flat, summary_dict
from autolog._cli.selection import query_of
from autolog._cli.stores import opened
from autolog._render.header import STATUS_STYLE
from autolog._render.lines import Charset, Segment
from autolog._render.numbers import clock, dollars, duration, tokens_pair
from autolog._render.table import Column, table_lines
from autolog._render.values import preview

if TYPE_CHECKING:
    from autolog._store.summary import Summary

__all__ = ["run", "short_ids"]

_COLUMNS: Final = (
    Column(title="id"),
    Column(title="started"),
    Column(title="name", flexible=True, smallest=6),
    Column(title="status"),
    Column(title="time", right=True),
    Column(title="tokens", right=True),
    Column(title="cost", right=True),
    Column(title="spans", right=True, spare=3),
    Column(title="models", flexible=True, spare=1),
    Column(title="asked", flexible=True, spare=2),
)
_SHORT_ID: Final = 8


def run(arguments: Namespace) -> int:
    """List the traces that the options let through."""
    with opened(arguments) as store:
        found = store.summaries(query_of(arguments, max_results=arguments.n, include_spans=False))
    if arguments.json:
        output.print_json([summary_dict(s) for s in found])
    elif arguments.csv:
        rows = [flat(summary_dict(s)) for s in found]
        output.print_csv(_csv_head(rows), [list(row.values()) for row in rows])
    elif arguments.ids:
        sys.stdout.writelines(output.charset().one_line(s.trace_id) + "\n" for s in found)
    elif found:
        output.emit(
            table_lines(_COLUMNS, _rows(found, output.charset()), width=output.width(), charset=output.charset())
        )
    if not found:
        output.note("no trace matched")
        return NOTHING
    return FOUND


def _csv_head(rows: Sequence[dict[str, Any]]) -> list[str]:
    return list(rows[0]) if rows else ["trace_id"]


def short_ids(ids: Sequence[str]) -> list[str]:
    """Give the beginnings of ids that tell them apart, of eight characters at least."""
    size = _SHORT_ID
    while size < 32 and len({i[:size] for i in ids}) < len(set(ids)):
        size += 1
    return [i[:size] for i in ids]


def _rows(found: Sequence[Summary], charset: Charset) -> list[list[Segment]]:
    rows: list[list[Segment]] = []
    for summary, short in zip(found, short_ids([s.trace_id for s in found]), strict=True):
        cost = dollars(summary.cost) + ("+?" if summary.cost is not None and summary.unpriced else "")
        rows.append(
            [
                (short, "cyan"),
                (clock(summary.start_time_ns), "dim"),
                (charset.one_line(summary.name, limit=120), ""),
                (summary.status.replace("_", " "), STATUS_STYLE.get(summary.status, "")),
                (charset.writable(duration(summary.duration_ms)), ""),
                (tokens_pair(summary.usage, arrow=charset.glyph("→", "->")), ""),
                (cost, "green"),
                (f"{summary.span_count:,}", "dim"),
                (charset.one_line(", ".join(summary.models), limit=80), "magenta"),
                (charset.one_line(preview(summary.request), limit=60), "dim"),
            ]
        )
    return rows
