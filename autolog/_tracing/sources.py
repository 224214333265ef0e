"""Where times and ids come from. Tests replace these functions to get the same trace on every run."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

# Our own generator: a program that seeds the global one still gets ids that differ from run to run.
_random = random.Random()  # noqa: S311  (an id is no secret)


_bits = _random.getrandbits


# W3C Trace Context calls an id of all zeros invalid.
def _trace_id() -> int:
    return _bits(128) or 1


def _span_id() -> int:
    return _bits(64) or 1


now_ns: Callable[[], int] = time.time_ns
new_trace_id: Callable[[], int] = _trace_id
new_span_id: Callable[[], int] = _span_id

if hasattr(os, "register_at_fork"):  # a forked child would repeat its parent's ids
    os.register_at_fork(after_in_child=_random.seed)
