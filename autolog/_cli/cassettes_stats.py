"""``autolog cassettes stats``: what all cassettes together hold, by model, path or host."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any, Final

from autolog._cli import output
from autolog._cli.cassettes import cassettes_in, exchanges, total_cost, total_usage
from autolog._model import Usage
from autolog._render.lines import Charset, Segment
from autolog._render.numbers import dollars, tokens_pair
from autolog._render.table import Column, table_lines
from autolog._replay.cassette import Cassette
from autolog._replay.dialogue import Exchange

__all__ = ["run"]

_COLUMNS: Final = (
    Column(title="", flexible=True, smallest=16),
    Column(title="calls", right=True),
    Column(title="failed", right=True),
    Column(title="streams", right=True),
    Column(title="tokens", right=True),
    Column(title="cost", right=True),
    Column(title="files", right=True),
)


def run(arguments: Namespace) -> int:
    """Count what cassettes hold."""
    found, code = cassettes_in(arguments.paths)
    rows = _rows(found, arguments.by)
    size = sum(cassette.path.stat().st_size for cassette in found)
    total = _row("all", [(cassette, one) for cassette in found for one in exchanges(cassette)])
    if arguments.json:
        output.print_json({"files": len(found), "bytes": size, "total": total, f"by_{arguments.by}": rows})
        return code
    charset = output.charset()
    shown = [_segments(row, charset) for row in [*rows, total]]
    output.emit(table_lines(_COLUMNS, shown, width=output.width(), charset=charset))
    output.note(f"{len(found):,} file{'s' * (len(found) != 1)}, {size:,} bytes")
    return code


def _rows(found: Sequence[Cassette], by: str) -> list[dict[str, Any]]:
    groups: dict[str, list[tuple[Cassette, Exchange]]] = {}
    for cassette in found:
        for one in exchanges(cassette):
            groups.setdefault(_name(one, by), []).append((cassette, one))
    return sorted((_row(name, told) for name, told in groups.items()), key=lambda row: (-row["calls"], row["name"]))


def _name(told: Exchange, by: str) -> str:
    match by:
        case "path":
            return f"{told.method} {told.path}"
        case "host":
            return told.host
        case _:
            return told.model or "(no model)"


def _row(name: str, told: Sequence[tuple[Cassette, Exchange]]) -> dict[str, Any]:
    calls = [one for _, one in told]
    return {
        "name": name,
        "calls": len(calls),
        "failed": sum(not 0 < one.status < 400 for one in calls),
        "streams": sum(one.events is not None for one in calls),
        "usage": total_usage(calls).to_dict(),
        "cost": total_cost(calls),
        "files": len({cassette.path for cassette, _ in told}),
    }


def _segments(row: dict[str, Any], charset: Charset) -> list[Segment]:
    return [
        (charset.one_line(row["name"], limit=120), "bold" if row["name"] == "all" else "magenta"),
        (f"{row['calls']:,}", ""),
        (f"{row['failed']:,}" if row["failed"] else "", "red"),
        (f"{row['streams']:,}" if row["streams"] else "", ""),
        (tokens_pair(Usage(**row["usage"]), arrow=charset.glyph("→", "->")), ""),
        (dollars(row["cost"]), "green"),
        (f"{row['files']:,}", "dim"),
    ]
