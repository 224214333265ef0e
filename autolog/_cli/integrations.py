"""``autolog integrations``: what can be traced here."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Final

from autolog._cli import output
from autolog._cli.errors import FOUND, NOTHING
from autolog._render.lines import Segment
from autolog._render.table import Column, table_lines

if TYPE_CHECKING:
    from autolog._registry import Status

__all__ = ["run", "state_of"]

_COLUMNS: Final = (
    Column(title="integration"),
    Column(title="installed"),
    Column(title="supported"),
    Column(title="state"),
    Column(title="why", flexible=True, smallest=20),
)


def run(arguments: Namespace) -> int:
    """List the integrations."""
    import autolog

    statuses = autolog.integrations()
    if arguments.json:
        output.print_json([{**s._asdict(), "state": state_of(s)[0]} for s in statuses.values()])
    elif statuses:
        charset = output.charset()
        rows = [
            [
                (charset.one_line(s.name), "bold"),
                (charset.one_line(s.installed or ""), ""),
                (charset.one_line(s.supported), "dim"),
                state_of(s),
                (charset.one_line(s.reason or ""), "yellow"),
            ]
            for s in statuses.values()
        ]
        output.emit(table_lines(_COLUMNS, rows, width=output.width(), charset=charset))
    if not statuses:
        output.note("no integration is installed: pip install 'autolog-genai[openai]'")
        return NOTHING
    return FOUND


def state_of(status: Status) -> Segment:
    """Say what a call of ``autolog.autolog()`` does here: in this process nothing has been turned on yet."""
    if status.on:
        return "on", "green"
    if status.installed is not None and status.reason is None:
        return "ready", "green"
    return "off", "dim" if status.installed is None else "yellow"
