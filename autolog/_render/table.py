"""Rows as aligned columns of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from autolog._render.lines import Charset, Line, Segment, cells, cut, pad

__all__ = ["Column", "table_lines"]

_GAP: Final = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its title, whether its texts stand at the right, and how it gives way where there is no room.

    A ``flexible`` one is cut down to ``smallest``; where that is not enough, ``spare`` ones go, the highest first.
    """

    title: str
    right: bool = False
    flexible: bool = False
    smallest: int = 12
    spare: int = 0


def table_lines(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Segment]],
    *,
    width: int | None = None,
    charset: Charset | None = None,
) -> list[Line]:
    """Give rows of styled texts as lines under a head. Columns that are empty in every row are left out.

    ``width`` in terminal columns: columns give way until the rest fits; ``None``: nothing is cut.
    """
    charset = charset or Charset()
    kept = [i for i in range(len(columns)) if any(row[i][0] for row in rows)]
    sizes = {i: max(cells(columns[i].title), *(cells(row[i][0]) for row in rows)) for i in kept}
    if width is not None:
        _give_way(sizes, columns, width)
    mark = charset.glyph("…", "...")
    head: Sequence[Segment] = [(c.title, "bold") for c in columns]
    return [_row(row, columns, sizes, mark) for row in (head, *rows)]


def _give_way(sizes: dict[int, int], columns: Sequence[Column], width: int) -> None:
    while True:
        over = sum(sizes.values()) + len(_GAP) * (len(sizes) - 1) - width
        least = {i: min(columns[i].smallest, sizes[i]) if columns[i].flexible else sizes[i] for i in sizes}
        spare = max(sizes, key=lambda i: columns[i].spare, default=None)
        if over <= sum(sizes.values()) - sum(least.values()) or spare is None or not columns[spare].spare:
            break
        del sizes[spare]
    # The widest gives way first.
    for i in sorted(sizes, key=lambda i: -sizes[i]):
        taken = min(max(over, 0), sizes[i] - least[i])
        sizes[i] -= taken
        over -= taken


def _row(row: Sequence[Segment], columns: Sequence[Column], sizes: dict[int, int], mark: str) -> Line:
    line: list[Segment] = []
    last = max(sizes, default=0)
    for i, size in sizes.items():
        text, style = row[i]
        text = pad(cut(text, size, mark=mark), size, right=columns[i].right)
        line.append(((_GAP if line else "") + (text.rstrip() if i == last else text), style))
    return line
