"""The part of a program that callgrind counts. Without callgrind, the program just runs through it."""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Callable

REHEARSAL = "BENCH_REHEARSAL" in os.environ
_switch = ctypes.CDLL(os.environ["BENCH_SWITCH"]) if "BENCH_SWITCH" in os.environ else None


def count(label: str, call: Callable[[], object], *, times: int = 1, warm: int = 0) -> None:
    """Count each of ``times`` calls, after ``warm`` others by which caches are filled and byte code is specialised.

    Without the cyclic collector, whose next run is a matter of chance.
    """
    if REHEARSAL:
        times, warm = 1, 1 if warm else 0
    for _ in range(warm):
        call()
    gc.collect()
    gc.disable()
    for number in range(times):
        end = f"{label}#{number}".encode()
        if _switch is not None:
            _switch.count_from_here()
        call()
        if _switch is not None:
            _switch.count_to_here(end)
    gc.enable()
