"""``autolog traces import``: what ``export --format jsonl`` wrote, back into a store."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from autolog._cli import output
from autolog._cli.errors import FOUND, NOTHING, CommandError
from autolog._cli.stores import opened
from autolog._model import Trace

if TYPE_CHECKING:
    from autolog._store import Store

__all__ = ["run"]

_AT_ONCE: Final = 64


def run(arguments: Namespace) -> int:
    """Read traces and store them. Storing a trace again changes nothing."""
    with opened(arguments, create=True) as store:
        if arguments.file == "-":
            stored = _store(store, sys.stdin.buffer, "standard input")
        else:
            try:
                with Path(arguments.file).open("rb") as file:
                    stored = _store(store, file, arguments.file)
            except OSError as e:
                raise CommandError(f"{arguments.file} cannot be read: {e.strerror}") from e
    if arguments.json:
        output.print_json({"stored": stored})
    else:
        output.note(f"stored {stored:,} trace{'s' * (stored != 1)}")
    return FOUND if stored else NOTHING


def _store(store: Store, lines: Iterable[bytes], source: str) -> int:
    stored = 0
    batch: list[Trace] = []
    for number, line in _numbered(lines):
        try:
            batch.append(Trace.from_json(line))
        except ValueError as e:
            raise CommandError(
                f"{source}, line {number}: {e}. A line is a trace as `autolog traces export --format jsonl` writes it; "
                f"{stored:,} traces before it are stored"
            ) from e
        if len(batch) == _AT_ONCE:
            store.write(batch)
            stored += len(batch)
            batch = []
    store.write(batch)
    return stored + len(batch)


def _numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, line
