"""Does memory grow with the number of calls, or of a framework's runs?"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator

from measuring.callgrind import run
from measuring.environments import python_of
from measuring.table import Table

_CALLS = "Of 20 calls 14 are chats, 2 drained streams, 1 a closed one, 2 abandoned ones, and 1 fails with 400."
_RUNS = (
    "Of 20 runs 12 are `prompt | model | parser`, 2 drained streams of it, 1 a closed one, 2 abandoned ones, 1 a batch of "
    "two, 1 a chain whose function raises, and 1 fails with 400. The client below is traced too."
)


def ask(*, quick: bool) -> Iterator[Table]:
    """Make calls of all kinds, abandoned streams and errors among them, and look after a flush what stays."""
    yield _left("Memory after a flush", "autolog", "memory", _CALLS, quick=quick)
    yield _left("Memory after a flush, LangChain", "autolog-frameworks", "memory_frameworks", _RUNS, quick=quick)


def _left(title: str, environment: str, program: str, note: str, *, quick: bool) -> Table:
    targets = ("1000", "2000", "4000") if quick else ("5000", "10000", "20000")
    rows: list[tuple[object, ...]] = []
    for tracer in ("nothing", "autolog"):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            said = run(python_of(environment), program, tracer, *targets, folder=folder)
        found = [json.loads(line) for line in said.splitlines()]
        rows += [(tracer, f["calls"], f["rss_mb"], f["blocks"], f["objects"]) for f in found]
        first, last = found[0], found[-1]
        calls = last["calls"] - first["calls"]
        growth = [(last[key] - first[key]) / calls for key in ("blocks", "objects")]
        rss = (last["rss_mb"] - first["rss_mb"]) / calls * 1e6
        rows.append((f"{tracer}: growth a call", "", f"{rss:,.0f} bytes", f"{growth[0]:.3f}", f"{growth[1]:.3f}"))
    return Table(
        title=title,
        columns=("tracer", "calls", "resident MB", "blocks that Python has allocated", "objects of the collector"),
        rows=rows,
        notes=(note,),
    )
