"""Count scenarios without a tracer, then with it, in one process: `count_calls.py TRACER SCENARIO…`."""

from __future__ import annotations

import os
import sys

import window
from scenarios import SCENARIOS
from tracers import TRACERS


def _count(phase: str, names: list[str]) -> None:
    for name in names:
        scenario = SCENARIOS[name]
        window.count(f"{phase}: {name}", scenario.make(), times=scenario.times, warm=scenario.warm)


def main() -> None:
    tracer, *names = sys.argv[1:]
    _count("without", names)
    flush = TRACERS[tracer]()
    _count("with", names)
    if window.REHEARSAL:
        spans = flush()
        if tracer != "nothing" and spans < len(names):
            sys.exit(f"{tracer} made {spans} spans of {len(names)} scenarios")
    sys.stdout.flush()
    os._exit(0)  # what waits in the background is of no interest


main()
