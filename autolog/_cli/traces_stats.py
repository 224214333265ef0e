"""``autolog traces stats``: a table of calls, errors, latencies, tokens and cost."""

from __future__ import annotations

from argparse import Namespace

from autolog._analysis.stats import why_none
from autolog._cli import output
from autolog._cli.errors import FOUND, NOTHING
from autolog._cli.selection import moment
from autolog._cli.stores import opened
from autolog._render.stats import stats_lines

__all__ = ["run"]


def run(arguments: Namespace) -> int:
    """Show statistics."""
    since = moment("--since", arguments.since)
    with opened(arguments) as store:
        rows = store.stats(by=arguments.by, since_ns=since, filter_string=arguments.filter)
        none = "" if rows else why_none(store, since_ns=since, filter_string=arguments.filter)
    if arguments.json:
        output.print_json(rows)
    elif arguments.csv:
        output.print_csv(list(rows[0]) if rows else [arguments.by], [list(row.values()) for row in rows])
    elif rows:
        charset = output.charset()
        output.emit(stats_lines(rows, width=output.width(), charset=charset))
    if not rows:
        output.note(none)
        return NOTHING
    return FOUND
