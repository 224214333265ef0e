"""Make calls and wait until their spans are on disk: `store_calls.py count|time TRACER CALLS`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import tracers
import window
from scenarios import SCENARIOS

FILE = Path("spans.jsonl")
TRACERS: dict[str, Callable[[], tracers.Flush]] = {
    "nothing": tracers.nothing,
    "autolog": tracers.autolog_flushing,
    "openinference, batch": partial(tracers.openinference, FILE),
    "openinference, simple": partial(tracers.openinference, FILE, simple=True),
}


def main() -> None:
    how, tracer, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
    flush = TRACERS[tracer]()
    call = SCENARIOS["chat"].make()

    def all_of_it() -> None:
        for _ in range(calls):
            call()
        flush()

    if how == "count":
        window.count("stored", all_of_it, warm=1)
    else:
        all_of_it()
        before = time.process_time()
        all_of_it()
        print(json.dumps({"cpu_us": (time.process_time() - before) / calls * 1e6}))
    sys.stdout.flush()
    os._exit(0)


main()
