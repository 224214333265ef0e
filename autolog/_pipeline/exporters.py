"""Where ended spans go: what an exporter is, and the two that need nothing else."""

from __future__ import annotations

import json
import logging
import math
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from autolog._model import Trace

if TYPE_CHECKING:
    from autolog._store import Store

__all__ = ["Exporter", "MemoryExporter", "Patient", "StoreExporter"]

_log = logging.getLogger("autolog")


@runtime_checkable
class Exporter(Protocol):
    """Gets ended spans in the background, as the parts of traces that have ended since the last call."""

    def export(self, traces: Sequence[Trace]) -> None:
        """Take these parts of traces. What it raises is logged once."""
        ...

    def flush(self, timeout_s: float) -> bool:
        """Send what is held back; tell whether all of it is out."""
        ...

    def close(self) -> None:
        """Let go of what is open; an export after it opens it again."""
        ...


@runtime_checkable
class Patient(Protocol):
    """An exporter that may have to wait for others, and can be told for how long. It can be exported nothing to."""

    def export(self, traces: Sequence[Trace]) -> None:
        """Take these, and try again what could not be sent before."""
        ...

    def be_patient(self, seconds: float | None) -> None:
        """Wait so long at the most from now, or from the last success: also while it waits. ``None``: as it likes."""
        ...


class MemoryExporter:
    """Keeps traces in memory, for tests: ``configure(exporters=[MemoryExporter()], store=None)``."""

    def __init__(self) -> None:
        self._parts: dict[str, Trace] = {}
        self._lock = threading.Lock()

    def export(self, traces: Sequence[Trace]) -> None:
        """Join the parts of each trace."""
        with self._lock:
            for trace in traces:
                known = self._parts.get(trace.trace_id)
                self._parts[trace.trace_id] = trace if known is None else _joined(known, trace)

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002
        """Nothing is held back."""
        return True

    def close(self) -> None:
        """Nothing is open."""

    @property
    def traces(self) -> list[Trace]:
        """All traces, in the order in which their first span ended; flush the pipeline before reading."""
        with self._lock:
            return list(self._parts.values())

    def clear(self) -> None:
        """Forget all traces."""
        with self._lock:
            self._parts.clear()


def _joined(known: Trace, later: Trace) -> Trace:
    """Give both parts as one; what the trace is called and belongs to may have become known later."""
    return replace(
        later,
        spans=known.spans + later.spans,
        tags={**known.tags, **later.tags},
        metadata={**known.metadata, **later.metadata},
        session_id=later.session_id or known.session_id,
        user_id=later.user_id or known.user_id,
    )


class StoreExporter:
    """Writes to the embedded store. A store that cannot be written costs one warning, and what waits is bounded."""

    KEPT = 2_000
    """Traces that wait for a store that cannot be written just now."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lost = 0
        self._warned = False
        self._closed = False
        self._reason = ""
        self._start_over()

    def _start_over(self) -> None:
        self._pid = os.getpid()
        self._waiting: deque[Trace] = deque()
        self._writing = threading.Lock()
        self._writer: int | None = None
        self._patience_s: float | None = None
        self._since = time.monotonic()

    def export(self, traces: Sequence[Trace]) -> None:
        """Write these, and first what could not be written before."""
        if self._pid != os.getpid():  # what waited is the parent's to write
            self._start_over()
            self.lost = 0
        self._waiting.extend(traces)
        if self._writer == threading.get_ident():
            return  # the garbage collector ended a span in the middle of our own write, which takes it too
        with self._writing:
            self._write(math.inf)
        if self._closed and self._waiting:
            self._save_aside()

    def flush(self, timeout_s: float) -> bool:
        """Try once more to write what waits."""
        if not self._waiting or self._pid != os.getpid():
            return True
        deadline = time.monotonic() + timeout_s
        if self._writer == threading.get_ident() or not self._writing.acquire(timeout=max(0.0, timeout_s)):
            return False
        try:
            self._write(deadline)
        finally:
            self._writing.release()
        return not self._waiting

    def close(self) -> None:
        """Close the file; write what still waits beside it, so that nothing is lost."""
        self._closed = True
        if not self.flush(0.1):
            self._save_aside()
        self.store.close()

    def be_patient(self, seconds: float | None) -> None:
        """Wait no longer than this for a file that another program holds; also where it waits already."""
        self._since = time.monotonic()
        self._patience_s = seconds
        if seconds is None:  # it is used again
            self._closed = False

    def _until(self) -> float:
        return math.inf if self._patience_s is None else self._since + self._patience_s

    def _write(self, deadline: float) -> None:
        from autolog._store import StoreError

        while batch := list(self._waiting):
            if self._warned and time.monotonic() > self._until():
                return  # it is locked, and at the exit each further try would take its time
            self._writer = threading.get_ident()
            try:
                self.store.write(batch, until=lambda: min(deadline, self._until()))
            except StoreError as e:
                self._failed(e)
                return
            finally:
                self._writer = None
            for _ in batch:
                self._waiting.popleft()
            self._warned = False
            self._since = time.monotonic()
            self.store.index_soon()

    def _failed(self, error: Exception) -> None:
        self._reason = str(error)
        if self._patience_s is not None:  # a fork, which is over soon; or the exit, where all of it is written beside
            self._warned = self._warned or self._patience_s > 0
            return
        while len(self._waiting) > self.KEPT:
            self._waiting.popleft()
            self.lost += 1
        if not self._warned:
            self._warned = True
            _log.warning("autolog cannot store traces: %s. Your program is not affected. It is said once.", error)

    def _save_aside(self) -> None:
        name = f"autolog-unsaved-{os.getpid()}-{time.time_ns()}.jsonl"
        path = Path(tempfile.gettempdir()) / name
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                for trace in self._waiting:
                    file.write(json.dumps(trace.to_dict(), ensure_ascii=True, default=str) + "\n")
        except OSError as e:
            self.lost += len(self._waiting)
            _log.warning("autolog lost %d traces: neither the store nor %s can be written (%s)", self.lost, path, e)
        else:
            _log.warning(
                "autolog could not store %d traces (%s); they are in %s: `autolog traces import %s` stores them",
                len(self._waiting),
                self._reason,
                path,
                path,
            )
        self._waiting.clear()
