"""What does a call cost that is answered from a cassette, and does recording hold a stream back?"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator

from measuring.callgrind import count, run
from measuring.environments import python_of
from measuring.table import Table, verdict

_SIZES = (1, 10, 100, 500)
_LARGE_TO_SMALL = 1.5
_FIRST_EVENT = 1.1


def ask(*, quick: bool) -> Iterator[Table]:
    """Count replayed calls by the size of their cassette, and time the first event of a stream while it is recorded."""
    sizes = (_SIZES[0], _SIZES[-1]) if quick else _SIZES
    counts = count(python_of("autolog"), "replay_calls", *map(str, sizes))
    yield _calls(counts, sizes)
    yield _streams(rounds=5 if quick else 20)


def _calls(counts: dict[str, int], sizes: tuple[int, ...]) -> Table:
    client = counts["no cassette"]
    added = {name: n - client for name, n in counts.items()}
    first = added[f"autolog, {sizes[0]}"]
    rows: list[tuple[object, ...]] = []
    for size in sizes:
        mine, theirs = added[f"autolog, {size}"], added[f"vcrpy, {size}"]
        rows.append((f"{size}", mine, mine / first, verdict(mine / first, _LARGE_TO_SMALL), theirs, theirs / mine))
    return Table(
        title="Instructions that replaying adds to a call, by interactions in the cassette",
        columns=("interactions", "autolog", "against the smallest", "kept", "vcrpy", "vcrpy against autolog"),
        rows=rows,
        notes=(
            f"The client itself with a transport that answers at once: {client:,}. Requests of a system prompt of "
            "1.2 kB and a question; vcrpy with `match_on` method, path, query and body.",
        ),
    )


def _streams(*, rounds: int) -> Table:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        times = json.loads(run(python_of("autolog"), "replay_stream", str(rounds), folder=folder))
    alone = times["not recorded"][0]
    rows = [
        (name, first, whole, first / alone, verdict(first / alone, _FIRST_EVENT) if name == "autolog" else "")
        for name, (first, whole) in times.items()
    ]
    return Table(
        title="A stream while it is recorded, milliseconds",
        columns=("recorded by", "first event", "whole", "first event against not recorded", "kept"),
        rows=rows,
        notes=(
            f"The least of {rounds} rounds that took turns; a server on this machine: 100 ms, then 40 events 10 ms apart.",
        ),
    )
