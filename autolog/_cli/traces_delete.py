"""``autolog traces delete``: by id, by age, by condition; never without having been asked twice."""

from __future__ import annotations

import sys
from argparse import Namespace

from autolog._cli import output
from autolog._cli.errors import FOUND, NOTHING, CommandError
from autolog._cli.ids import resolve
from autolog._cli.selection import moment
from autolog._cli.stores import opened
from autolog._store import Query

__all__ = ["run"]


def run(arguments: Namespace) -> int:
    """Delete traces, and say how many."""
    if not arguments.ids and arguments.older_than is None and arguments.filter is None:
        raise CommandError("nothing is named to delete: give ids, --older-than 30d or --filter CONDITION")
    if arguments.ids and (arguments.older_than is not None or arguments.filter is not None):
        raise CommandError("give ids, or --older-than and --filter, not both")
    before = moment("--older-than", arguments.older_than)
    with opened(arguments) as store:
        if arguments.ids:
            ids = {resolve(store, i) for i in arguments.ids}
            count = len(ids)
        else:
            ids = None
            count = store.count(Query(filter_string=arguments.filter, until_ns=before))
        if arguments.dry_run:
            return _say_only(count, store.path, as_json=arguments.json)
        if count and not arguments.yes:
            _ask(count, store.path)
        deleted = 0
        if count:
            deleted = store.delete(trace_ids=ids, older_than_ns=before, filter_string=arguments.filter)
    if arguments.json:
        output.print_json({"deleted": deleted})
    else:
        output.note(f"deleted {_traces(deleted)}" if deleted else "no trace matched")
    return FOUND if deleted else NOTHING


def _say_only(count: int, path: str, *, as_json: bool) -> int:
    if as_json:
        output.print_json({"deleted": 0, "would_delete": count})
    else:
        output.note(f"would delete {_traces(count)} from {path}" if count else "no trace matched")
    return FOUND if count else NOTHING


def _traces(count: int) -> str:
    return f"{count:,} trace{'s' * (count != 1)}"


def _ask(count: int, path: str) -> None:
    """Let a person say yes. Raises ``CommandError`` where there is none, or says no."""
    what = _traces(count)
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):  # pyright: ignore[reportUnnecessaryComparison]
        raise CommandError(f"would delete {what} from {path}: add --yes to do it")
    sys.stderr.write(f"Delete {what} from {path}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise CommandError("nothing was deleted", code=NOTHING)
