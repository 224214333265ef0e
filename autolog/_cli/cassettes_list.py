"""``autolog cassettes list``: one line a file."""

from __future__ import annotations

from argparse import Namespace
from typing import Any, Final

from autolog._cli import output
from autolog._cli.cassettes import cassettes_in, facts
from autolog._model import Usage
from autolog._render.lines import Charset, Segment
from autolog._render.numbers import dollars, tokens_pair
from autolog._render.table import Column, table_lines

__all__ = ["run"]

_COLUMNS: Final = (
    Column(title="file", flexible=True, smallest=20),
    Column(title="calls", right=True),
    Column(title="models", flexible=True, spare=2),
    Column(title="tokens", right=True),
    Column(title="cost", right=True, spare=1),
    Column(title="age", right=True),
    Column(title="format", spare=3),
)


def run(arguments: Namespace) -> int:
    """List cassettes."""
    found, code = cassettes_in(arguments.paths)
    rows = [facts(cassette) for cassette in found]
    if arguments.json:
        output.print_json(rows)
    elif rows:
        charset = output.charset()
        lines = table_lines(_COLUMNS, [_row(row, charset) for row in rows], width=output.width(), charset=charset)
        output.emit(lines)
    return code


def _row(row: dict[str, Any], charset: Charset) -> list[Segment]:
    age = row["age_days"]
    return [
        (charset.one_line(row["path"]), ""),
        (f"{row['interactions']:,}", ""),
        (charset.one_line(", ".join(row["models"]), limit=80), "magenta"),
        (tokens_pair(Usage(**row["usage"]), arrow=charset.glyph("→", "->")), ""),
        (dollars(row["cost"]), "green"),
        ("" if age is None else "today" if age == 0 else f"{age:,}d", "dim"),
        (row["format"], "dim"),
    ]
