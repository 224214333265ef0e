"""Import and turn on, one stage after the other: `imports.py count|time STAGE…`."""

from __future__ import annotations

import ctypes  # noqa: F401  (the counting needs it: not part of what is counted)
import json
import sys
import time
from collections.abc import Callable

import window


def _library() -> None:
    import openai  # noqa: F401


def _ours() -> None:
    import autolog  # noqa: F401


def _on() -> None:
    import autolog

    autolog.autolog()


STAGES: dict[str, Callable[[], None]] = {"openai": _library, "import": _ours, "on": _on}


def main() -> None:
    how, *stages = sys.argv[1:]
    times: dict[str, float] = {}
    for stage in stages:
        if how == "count":
            window.count(stage, STAGES[stage])
        else:
            before = time.process_time()
            STAGES[stage]()
            times[stage] = (time.process_time() - before) * 1000
    print(json.dumps(times))


main()
