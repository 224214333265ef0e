"""The line over an interaction, wherever one is shown."""

from __future__ import annotations

from autolog._cli.cassettes import cost_of
from autolog._render.lines import Charset, Line
from autolog._render.numbers import dollars, tokens_pair
from autolog._replay.dialogue import Exchange

__all__ = ["heading"]


def heading(told: Exchange, charset: Charset, *, mark: str = "") -> Line:
    """Give number, method, path, status, model, tokens, cost, and how it ended."""
    cost = dollars(cost_of(told))
    notes = [
        f"{told.events} events" if told.events is not None else "",
        ", ".join(reason for reason in told.ended if reason != "stop"),
        told.note or "",
    ]
    said = charset.one_line(", ".join(note for note in notes if note), limit=200)
    return [
        (f"{mark}#{told.number} ", "bold"),
        (charset.one_line(f"{told.method} {told.path}", limit=200), "bold"),
        (f"  {told.status or 'no response'}", "red" if not 0 < told.status < 400 else "dim"),
        (f"  {charset.one_line(told.model, limit=80)}" if told.model else "", "magenta"),
        (f"  {tokens}" if (tokens := tokens_pair(told.usage, arrow=charset.glyph("→", "->"))) else "", ""),
        (f"  {cost}" if cost else "", "green"),
        (f"  {said}" if said else "", "dim"),
    ]
