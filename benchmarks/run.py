"""Measure what autolog costs: `python benchmarks/run.py [--only NAME] [--peers] [--quick]`. See the README here."""

from __future__ import annotations

import argparse
import sys
from types import ModuleType

from measuring.callgrind import what_is_missing
from measuring.machine import description
from questions import burst, calls, durable, frameworks, imports, memory, peers, replay, spans, store

QUESTIONS: dict[str, ModuleType] = {
    "calls": calls,
    "spans": spans,
    "durable": durable,
    "burst": burst,
    "memory": memory,
    "imports": imports,
    "frameworks": frameworks,
    "replay": replay,
    "store": store,
    "peers": peers,
}
_COUNTING = {"calls", "spans", "replay", "peers"}


def main() -> int:
    """Ask the questions and print the answers; exit code 1 where one could not be asked."""
    parser = argparse.ArgumentParser(description="Measure what autolog costs.")
    parser.add_argument("--only", choices=QUESTIONS, action="append", help="ask this question alone; may be repeated")
    parser.add_argument("--peers", action="store_true", help="measure other tracers too (installs each of them)")
    parser.add_argument("--quick", action="store_true", help="fewer calls, rounds and scenarios")
    options = parser.parse_args()
    names = options.only or [name for name in QUESTIONS if name != "peers"]
    if options.peers and "peers" not in names:
        names.append("peers")
    print(f"{description()}\n", flush=True)
    missing = what_is_missing()
    if missing:
        print(f"{missing}; what is left is measured.\n", file=sys.stderr)
    failed = False
    for name in names:
        if missing and name in _COUNTING:
            failed = True
            continue
        try:
            for table in QUESTIONS[name].ask(quick=options.quick):
                print(table.markdown(), flush=True)
        except Exception as e:
            failed = True
            print(f"{name} could not be measured: {type(e).__name__}: {e}\n", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
