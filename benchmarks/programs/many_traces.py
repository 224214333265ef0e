"""Make traces in many threads and many tasks and see that every tree is right: `many_traces.py THREADS EACH TASKS`."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time

import autolog


@autolog.trace
def leaf(n: int) -> int:
    return n


@autolog.trace
def branch(n: int) -> list[int]:
    return [leaf(n), leaf(n + 1)]


@autolog.trace
def root(n: int) -> list[list[int]]:
    return [branch(n), branch(n + 10)]


@autolog.trace
async def abranch(n: int) -> list[int]:
    await asyncio.sleep(0)
    return branch(n)


@autolog.trace
async def aroot(n: int) -> list[list[int]]:
    return await asyncio.gather(abranch(n), abranch(n + 10))


def shape(trace: autolog.Trace, span: autolog.Span) -> tuple[object, ...]:
    return (span.name, span.inputs["n"], [shape(trace, s) for s in trace.children(span)])


def expected(name: str, n: int) -> tuple[object, ...]:
    branches = [("branch", i, [("leaf", i, []), ("leaf", i + 1, [])]) for i in (n, n + 10)]
    if name == "aroot":
        branches = [("abranch", i, [b]) for i, b in zip((n, n + 10), branches, strict=True)]
    return (name, n, branches)


def main() -> None:
    threads, each, tasks = (int(a) for a in sys.argv[1:])
    memory = autolog.MemoryExporter()
    autolog.configure(store=None, exporters=[memory])
    began = time.perf_counter()
    running = [
        threading.Thread(target=lambda i=i: [root(n) for n in range(i * each, (i + 1) * each)]) for i in range(threads)
    ]
    for thread in running:
        thread.start()

    async def work() -> None:
        await asyncio.gather(*(aroot(n) for n in range(tasks)))

    asyncio.run(work())
    for thread in running:
        thread.join()
    autolog.flush(timeout=300)
    wrong = [t for t in memory.traces if t.root is None or shape(t, t.root) != expected(t.name, t.root.inputs["n"])]
    seen = {(t.name, t.root.inputs["n"]) for t in memory.traces if t.root is not None}
    said = {
        "traces": len(memory.traces),
        "missing": threads * each + tasks - len(seen),
        "wrong": len(wrong),
        "seconds": time.perf_counter() - began,
    }
    print(json.dumps(said))
    sys.exit(bool(wrong or said["missing"]))


main()
