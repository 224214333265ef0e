"""Children of multiprocessing: they end by `os._exit` or by a signal, where nothing of ours runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

__all__ = ["call_at_end", "is_child", "is_pool_worker"]


def is_child() -> bool:
    """Tell whether multiprocessing started this process."""
    module = sys.modules.get("multiprocessing.process")
    return module is not None and module.parent_process() is not None


def is_pool_worker() -> bool:
    """Tell whether this process works for a `multiprocessing.Pool`, which kills its workers at the end of its `with`."""
    # The pool gives them this name (CPython 3.11 to 3.14): "ForkPoolWorker-1", "SpawnPoolWorker-1".
    return is_child() and "PoolWorker" in sys.modules["multiprocessing.process"].current_process().name


def call_at_end(function: Callable[[], object]) -> Callable[[], Any]:
    """Call this when the child ends by itself: `os._exit` passes over `atexit`. Give what takes it back."""
    from multiprocessing.util import Finalize

    return Finalize(None, function, exitpriority=10).cancel
