"""A table of figures, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Table:
    """The answer to one question. ``notes`` stand below it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    notes: Sequence[str] = field(default_factory=tuple)

    def markdown(self) -> str:
        """Give it as Markdown, numbers to the right."""
        lines = [
            f"### {self.title}",
            "",
            f"| {' | '.join(self.columns)} |",
            "|" + "|".join([" --- ", *(" ---: " for _ in self.columns[1:])]) + "|",
            *(f"| {' | '.join(_text(cell) for cell in row)} |" for row in self.rows),
        ]
        if self.notes:
            lines += ["", *self.notes]
        return "\n".join(lines) + "\n"


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:,.2f}" if abs(cell) < 100 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def verdict(value: float, limit: float) -> str:
    """Say whether a figure keeps its limit."""
    return f"{'yes' if value <= limit else '**no**'} (at most {limit:,})"
