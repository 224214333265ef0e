"""What does a call cost until its span is on disk, on all threads?"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator

from measuring.callgrind import count, run, what_is_missing
from measuring.environments import python_of
from measuring.table import Table

_ENVIRONMENTS = {
    "nothing": "autolog",
    "autolog": "autolog",
    "openinference, batch": "openinference",
    "openinference, simple": "openinference",
}
_COUNTED, _TIMED, _ROUNDS = 50, 1000, 5


def ask(*, quick: bool) -> Iterator[Table]:
    """Compare our SQLite store with a file of JSON lines written by OpenInference; rounds take turns."""
    times: dict[str, list[float]] = {tracer: [] for tracer in _ENVIRONMENTS}
    for _ in range(2 if quick else _ROUNDS):
        for tracer, environment in _ENVIRONMENTS.items():
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                said = run(python_of(environment), "store_calls", "time", tracer, str(_TIMED), folder=folder)
            times[tracer].append(json.loads(said)["cpu_us"])
    cpu = {tracer: min(found) for tracer, found in times.items()}
    instructions: dict[str, int] = {}
    if what_is_missing() is None:
        for tracer, environment in _ENVIRONMENTS.items():
            python = python_of(environment)
            counted = count(python, "store_calls", "count", tracer, str(_COUNTED), all_threads=True)
            instructions[tracer] = round(counted["stored"] / _COUNTED)
    rows: list[tuple[object, ...]] = []
    for tracer, us in cpu.items():
        more = us - cpu["nothing"]
        ratio = "" if tracer == "nothing" else f"{more / (cpu['autolog'] - cpu['nothing']):.2f}"
        counts: tuple[object, ...] = ("", "", "")
        if instructions:
            extra = instructions[tracer] - instructions["nothing"]
            ours = instructions["autolog"] - instructions["nothing"]
            counts = (instructions[tracer], extra, "" if tracer == "nothing" else f"{extra / ours:.2f}")
        rows.append((tracer, *counts, round(us), round(more), ratio))
    yield Table(
        title="One chat until it is on disk, all threads",
        columns=("tracer", "instructions", "added", "against ours", "CPU us", "added us", "against ours"),
        rows=rows,
        notes=(
            f"CPU time of user and system, the least of {len(times['nothing'])} rounds of {_TIMED:,} calls that "
            f"took turns; instructions of {_COUNTED} calls and one flush.",
        ),
    )
