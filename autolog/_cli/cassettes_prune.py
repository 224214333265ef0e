"""``autolog cassettes prune``: drop interactions that no test replays, copies of others, and blobs without a cassette."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autolog._cli import output
from autolog._cli.cassettes import find_files, read_cassette, saved
from autolog._cli.cassettes_blobs import delete, orphans
from autolog._cli.errors import FOUND, NOTHING, USAGE, CommandError
from autolog._replay.cassette import Cassette, Interaction
from autolog._replay.format import dump
from autolog._replay.rebuild_pieces import json_list, json_object
from autolog._replay.reply import read_reply

__all__ = ["run"]

_ORPHAN = "no cassette beside it refers to it"


def run(arguments: Namespace) -> int:
    """Drop what is not needed, or with ``--dry-run`` say what would be dropped."""
    unused: Mapping[Path, tuple[int, set[int]]] = {}
    if arguments.llm_report is not None:
        unused = _unused_in(Path(arguments.llm_report))
    rows: list[dict[str, Any]] = []
    code = FOUND
    changed: dict[Path, bytes] = {}
    files = find_files(arguments.paths)
    for path in files:
        try:
            cassette = read_cassette(path)
            dropped = _dropped(cassette, unused)
            if dropped:
                changed[path] = _pruned(cassette, dropped, write=not arguments.dry_run)
        except CommandError as e:
            output.note(str(e))
            code = USAGE
            continue
        rows += [_row(cassette.interactions[place], path, why) for place, why in sorted(dropped.items())]
    left = orphans(files, changed)
    if not arguments.dry_run:
        delete(left)
    rows += [{"path": str(blob), "number": None, "method": None, "uri": None, "why": _ORPHAN} for blob in left]
    if arguments.json:
        output.print_json(rows)
    for row in rows:
        if not arguments.json:
            which = f"#{row['number']} {row['method']} {row['uri']}: " if row["number"] is not None else ""
            output.note(f"{row['path']}: {which}{row['why']}")
    if not rows and code == FOUND:
        output.note("nothing to drop")
        return NOTHING
    if rows and not arguments.json:
        counts = ((len(rows) - len(left), "interaction"), (len(left), "blob"))
        count = " and ".join(f"{n} {what}{'s' * (n != 1)}" for n, what in counts if n)
        output.note(f"{count} would be dropped" if arguments.dry_run else f"{count} dropped")
    return code


def _row(interaction: Interaction, path: Path, why: str) -> dict[str, Any]:
    request = interaction.request
    return {
        "path": str(path),
        "number": interaction.index + 1,
        "method": request.method,
        "uri": request.uri,
        "why": why,
    }


def _unused_in(report: Path) -> Mapping[Path, tuple[int, set[int]]]:
    """Read what ``pytest --llm-report-file`` wrote: by cassette its size, and what none of its tests replayed."""
    try:
        data = json.loads(report.read_bytes())
    except OSError as e:
        raise CommandError(f"{report} cannot be read: {e.strerror or e}") from e
    except ValueError as e:
        raise CommandError(f"{report} is no report: {e}; `pytest --llm-report-file {report}` writes one") from e
    root = Path(str(json_object(data).get("root") or "."))
    found: dict[Path, tuple[int, set[int]]] = {}
    for test in map(json_object, json_list(json_object(data).get("tests"))):
        size, numbers = test.get("interactions"), json_list(test.get("unused"))
        if not isinstance(size, int) or "cassette" not in test or not all(isinstance(n, int) for n in numbers):
            raise CommandError(f"{report} is no report: `pytest --llm-report-file {report}` writes one")
        if test.get("passed") is False or test.get("mode", "replay") != "replay":
            # A test that failed half-way says nothing about the second half, nor one that recorded.
            numbers = []
        path = (root / str(test["cassette"])).resolve()
        known = found.get(path)
        found[path] = (size, set(numbers) if known is None else known[1] & set(numbers))
    return found


def _dropped(cassette: Cassette, unused: Mapping[Path, tuple[int, set[int]]]) -> dict[int, str]:
    """Give the places of the interactions to drop, each with the reason."""
    found = _copies(cassette)
    path = Path(os.path.realpath(cassette.path))
    if path in unused:
        size, numbers = unused[path]
        if size != len(cassette.interactions):
            raise CommandError(
                f"{cassette.path} has {len(cassette.interactions)} interactions, and the report is of one with {size}: "
                "run the tests again"
            )
        # What a test replays is needed, a copy too.
        found = {place: why for place, why in found.items() if place + 1 in numbers}
        found |= {number - 1: "no test replays it" for number in numbers if 0 < number <= size}
    return found


def _copies(cassette: Cassette) -> dict[int, str]:
    """Find interactions that were written twice: no server gives one id to two answers."""
    first: dict[tuple[Any, ...], int] = {}
    found: dict[int, str] = {}
    for place, each in enumerate(cassette.interactions):
        reply = read_reply(each.response)
        if reply is None or reply.response_id is None:
            continue
        request = each.request
        key = (request.method, request.uri, request.body, each.response.status, each.response.body)
        if key in first:
            found[place] = f"a copy of #{first[key] + 1}, with the same response id"
        else:
            first[key] = place
    return found


def _pruned(cassette: Cassette, dropped: Mapping[int, str], *, write: bool) -> bytes:
    """Give the text of a cassette without these interactions, and write it."""
    kept = tuple(each for place, each in enumerate(cassette.interactions) if place not in dropped)
    if not kept:
        raise CommandError(f"{cassette.path}: nothing of it is replayed, so delete the file itself")
    if cassette.format != "llm-1":
        raise CommandError(f"{cassette.path} is not in our format: `autolog cassettes migrate {cassette.path}` first")
    less = cassette.with_interactions(kept)
    if write:
        saved(less, cassette.path)
    return dump(less).encode()
