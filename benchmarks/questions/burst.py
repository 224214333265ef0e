"""Is everything stored when many calls come at once?"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import Any

from measuring.callgrind import run
from measuring.environments import python_of
from measuring.table import Table


def _burst(tracer: str, calls: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found: dict[str, Any] = json.loads(run(python_of("autolog"), "burst", tracer, str(calls), folder=folder))
    return found


def ask(*, quick: bool) -> Iterator[Table]:
    """Make calls one after the other, as fast as they go, on default settings and into the default store."""
    calls = 2_000 if quick else 10_000
    off, on = _burst("nothing", calls), _burst("autolog", calls)
    stored = f"{on['stored']:,} of {calls:,}"
    rows: list[tuple[object, ...]] = [
        ("stored", "", stored if on["stored"] == calls else f"**{stored}**"),
        ("CPU us a call, calling thread", round(off["thread_us"]), round(on["thread_us"])),
        ("CPU us a call, all threads, until stored", round(off["cpu_us"]), round(on["cpu_us"])),
        ("seconds until the last call returned", float(off["loop_s"]), float(on["loop_s"])),
        ("seconds until all is stored", "", float(on["until_stored_s"])),
        ("peak memory, MB", round(off["rss_mb"]), round(on["rss_mb"])),
        ("bytes of the store, a call", "", round(on["bytes_each"])),
    ]
    yield Table(title=f"A burst of {calls:,} calls", columns=("", "without", "autolog"), rows=rows)
