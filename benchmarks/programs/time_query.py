"""CPU time of LlamaIndex queries: `time_query.py TRACER QUERIES`; prints what one takes here, and in all threads."""

from __future__ import annotations

import json
import os
import sys
import time

from framework_scenarios import QUERY, SCENARIOS
from framework_tracers import TRACERS


def main() -> None:
    tracer, queries = sys.argv[1], int(sys.argv[2])
    flush = TRACERS[tracer]()
    query = SCENARIOS[QUERY]()
    for _ in range(30):
        query()
    flush()
    in_all, here = time.process_time_ns(), time.thread_time_ns()
    for _ in range(queries):
        query()
    here = time.thread_time_ns() - here
    sent = flush()
    in_all = time.process_time_ns() - in_all
    if not sent and tracer != "nothing":
        sys.exit(f"{tracer} traced nothing")
    print(json.dumps({"here_us": here / queries / 1000, "all_us": in_all / queries / 1000}), flush=True)
    os._exit(0)


main()
