"""The traces that have ended and are not shown yet."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

from autolog._model import Trace

__all__ = ["Arrivals"]

_OPEN: Final = 100
"""Traces whose root has not ended that are kept until it has."""
_SPANS: Final = 20_000
"""Spans of one trace that are kept."""


class Arrivals:
    """An exporter that keeps traces until a cell ends, and never more of them than are shown."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.enabled = False  # until a notebook shows them
        self._lock = threading.Lock()
        self._open: dict[str, Trace] = {}
        self._ended: dict[str, Trace] = {}
        self._more = 0
        self._shown: dict[str, Trace] = {}
        self._late: set[str] = set()

    def export(self, traces: Sequence[Trace]) -> None:
        """Join the parts of each trace, and keep it while it may be shown."""
        if not self.enabled:
            return
        with self._lock:
            for part in traces:
                self._take(part)

    def _take(self, part: Trace) -> None:
        trace_id = part.trace_id
        home = next((h for h in (self._ended, self._shown, self._open) if trace_id in h), self._open)
        before = home.pop(trace_id, None)
        trace = part if before is None else part.with_spans((before.spans + part.spans)[:_SPANS])
        if home is not self._open:
            home[trace_id] = trace  # a span that ended after its root
            if home is self._shown:
                self._late.add(trace_id)
        elif trace.root is None or trace.end_time_ns is None:
            self._open[trace_id] = trace
            _forget_first(self._open, _OPEN)
        else:
            self._ended[trace_id] = trace
            self._more += _forget_first(self._ended, self.limit)

    def take(self) -> tuple[list[Trace], int]:
        """Give what has ended, the newest first, and how many more there were; they count as shown."""
        with self._lock:
            found, more = list(reversed(self._ended.values())), self._more
            self._ended.clear()
            self._more = 0
            if found:
                self._shown = {t.trace_id: t for t in found}
                self._late.clear()
            return found, more

    def late(self) -> list[Trace]:
        """Give the traces that were shown last, where spans of theirs have ended since; else none."""
        with self._lock:
            changed = bool(self._late)
            self._late.clear()
            return list(self._shown.values()) if changed else []

    def drop(self, trace_id: str) -> None:
        """Forget a trace that is shown by other means."""
        with self._lock:
            self._ended.pop(trace_id, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for kept in (self._open, self._ended, self._shown, self._late):
                kept.clear()
            self._more = 0

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002
        """Nothing is held back."""
        return True

    def close(self) -> None:
        """Nothing is open."""


def _forget_first(kept: dict[str, Trace], most: int) -> int:
    forgotten = 0
    while len(kept) > most:
        del kept[next(iter(kept))]
        forgotten += 1
    return forgotten
