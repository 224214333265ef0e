"""Where ended spans go: what an exporter is, and the two that need nothing else."""

from __future__ import annotations

import json
import logging
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

__all__ = ["Exporter", "MemoryExporter", "StoreExporter"]

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
        self._waiting: deque[Trace] = deque()
        self._warned = False
        self.lost = 0

    def export(self, traces: Sequence[Trace]) -> None:
        """Write these, and first what could not be written before."""
        from autolog._store import StoreError

        batch = [*self._waiting, *traces]
        try:
            self.store.write(batch)
        except StoreError as e:
            self._keep(batch)
            if not self._warned:
                self._warned = True
                _log.warning("autolog cannot store traces: %s. Your program is not affected. It is said once.", e)
        else:
            self._waiting.clear()
            self._warned = False
            self.store.index_soon()

    def _keep(self, batch: Sequence[Trace]) -> None:
        self._waiting = deque(batch, maxlen=self.KEPT)
        self.lost += max(0, len(batch) - self.KEPT)

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002  (SQLite has its own time limit)
        """Try once more to write what waits."""
        if self._waiting:
            self.export(())
        return not self._waiting

    def close(self) -> None:
        """Close the file; write what still waits beside it, so that nothing is lost."""
        if not self.flush(0):
            self._save_aside()
        self.store.close()

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
                "autolog could not store %d traces; they are in %s: `autolog traces import %s` stores them",
                len(self._waiting),
                path,
                path,
            )
        self._waiting.clear()
