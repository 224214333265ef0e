"""Several processes write to one store while one of them is killed: `many_writers.py PATH PROCESSES TRACES`.

As a writer it is called with a number besides, and says after each batch that is stored how many traces were.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from fill_store import agent

from autolog._store import open_store

BATCH = 100


def write(path: str, traces: int, number: int) -> None:
    chance = random.Random(number)
    with open_store(path) as store:
        for first in range(0, traces, BATCH):
            store.write([agent(n, chance, time.time_ns()) for n in range(first, min(first + BATCH, traces))])
            print(min(first + BATCH, traces), flush=True)


def main() -> None:
    path, processes, traces = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if len(sys.argv) > 4:
        write(path, traces, int(sys.argv[4]))
        return
    began = time.perf_counter()
    command = [sys.executable, __file__, path, "1", str(traces)]
    writers = [
        subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        for n in range(processes + 1)
    ]
    victim = writers.pop()
    assert victim.stdout is not None
    for _ in range(3):
        victim.stdout.readline()
    os.kill(victim.pid, signal.SIGKILL)
    rest, _ = victim.communicate()
    stored_by_victim = max((int(line) for line in rest.split()), default=3 * BATCH)
    for writer in writers:
        writer.communicate()
    with sqlite3.connect(path) as db:
        found, spans, check = (
            db.execute("SELECT count(*) FROM traces").fetchone()[0],
            db.execute("SELECT count(*) FROM spans").fetchone()[0],
            db.execute("PRAGMA quick_check").fetchone()[0],
        )
    said = {
        "said_to_be_stored": processes * traces + stored_by_victim,
        "found": found,
        "spans_a_trace": spans / found,
        "quick_check": check,
        "bytes_a_span": Path(path).stat().st_size / spans,
        "seconds": time.perf_counter() - began,
    }
    print(json.dumps(said))
    lost = found < said["said_to_be_stored"] or found > said["said_to_be_stored"] + BATCH
    sys.exit(bool(lost or check != "ok" or spans != 10 * found or any(w.returncode for w in writers)))


if __name__ == "__main__":
    main()
