"""Count framework runs without a tracer, then with it, in one process: `count_frameworks.py TRACER SCENARIO…`."""

from __future__ import annotations

import os
import sys

import window
from framework_scenarios import SCENARIOS
from framework_tracers import TRACERS


def main() -> None:
    tracer, *names = sys.argv[1:]
    runs = {name: SCENARIOS[name]() for name in names}
    for name, run in runs.items():
        window.count(f"without: {name}", run, times=9, warm=15)
    flush = TRACERS[tracer]()
    # New objects, as a program has that turns a tracer on first.
    for name in names:
        window.count(f"with: {name}", SCENARIOS[name](), times=9, warm=15)
    if window.REHEARSAL and flush() < len(names) and tracer != "nothing":
        sys.exit(f"{tracer} traced fewer than {len(names)} runs")
    sys.stdout.flush()
    os._exit(0)  # what waits in the background is of no interest


main()
