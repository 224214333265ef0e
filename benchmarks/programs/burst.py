"""Make many calls as fast as they go on default settings, and see what was stored: `burst.py autolog|nothing CALLS`."""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import time
from pathlib import Path

from scenarios import SCENARIOS


def main() -> None:
    tracer, calls = sys.argv[1], int(sys.argv[2])
    if tracer == "autolog":
        import autolog

        autolog.autolog()
    call = SCENARIOS["chat"].make()
    call()
    if tracer == "autolog":
        autolog.flush()
    started, cpu, thread = time.perf_counter(), time.process_time(), time.thread_time()
    for _ in range(calls):
        call()
    said: dict[str, object] = {"thread_us": (time.thread_time() - thread) / calls * 1e6}
    said["loop_s"] = time.perf_counter() - started
    if tracer == "autolog":
        said["flushed"] = autolog.flush(timeout=300)
    said["until_stored_s"] = time.perf_counter() - started
    said["cpu_us"] = (time.process_time() - cpu) / calls * 1e6
    said["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if tracer == "autolog":
        with sqlite3.connect("autolog.db") as db:
            said["stored"] = db.execute("select count(*) from traces").fetchone()[0] - 1
        said["bytes_each"] = Path("autolog.db").stat().st_size / calls
    print(json.dumps(said))


main()
