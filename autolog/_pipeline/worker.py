"""The background worker: takes ended spans and has them processed, off the program's threads."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any

from autolog._model import Span, Trace
from autolog._pipeline import children
from autolog._pipeline.materialise import fragment
from autolog._pipeline.outlet import Outlet
from autolog._pipeline.runner import Runner
from autolog._pipeline.weight import weight_of
from autolog._settings import Settings
from autolog._tracing.context import suppress
from autolog._tracing.unrecorded import is_sampled

if TYPE_CHECKING:
    from autolog._pipeline.exporters import Exporter
    from autolog._tracing.span import LiveSpan, TraceState

__all__ = ["Pipeline"]

_log = logging.getLogger("autolog")

_BATCH_TRACES = 256
_EXIT_TIMEOUT_S = 30.0
# A backend that does not answer, and a file that another program holds, must not hold the program at its exit.
_EXIT_EXPORTER_S = 5.0
_EXIT_PATIENCE_S = 3.0
_REPLACED_TIMEOUT_S = 2.0
_REPLACED_PATIENCE_S = 1.0
_FORK_TIMEOUT_S = 2.0
_POOL_WAIT_S = 1.0


class Pipeline:
    """Takes ended spans from any thread and never makes one wait.

    ``submit`` may be called by the garbage collector in the middle of anything, so it takes no lock:
    ``deque.append`` and what :class:`Runner` does are safe there.
    """

    def __init__(self, settings: Settings, make_exporters: Callable[[], Sequence[Exporter]]) -> None:
        self.settings = settings
        self._outlet = Outlet(settings, make_exporters)
        self.record = self._outlet.record
        self.dropped_traces = 0
        self._limit = settings.max_pending_mb * 1_000_000
        self._start_over()
        atexit.register(self.shutdown)

    @property
    def failed_exports(self) -> int:
        """Batches that an exporter refused."""
        return self._outlet.failed_exports

    def _start_over(self) -> None:
        self._pid = os.getpid()
        self._states: deque[TraceState] = deque()
        self._runner = Runner(self._work_off, self._finish)
        self._work = threading.RLock()
        self._processing = False
        self._starting = threading.Lock()
        self._inline = sys.platform == "emscripten"  # no threads in a browser
        self._in_pool = False
        self._again = False
        self._closed = threading.Event()
        self._forget: Callable[[], Any] | None = None
        self._pending = 0

    def submit(self, state: TraceState, span: LiveSpan) -> None:
        """Take a span that has ended; called once for each."""
        if state.admitted is None:
            state.admitted = self._admit(state)
        elif state.admitted and self._pending >= 2 * self._limit:
            # A trace without end is cut, for memory must not grow without end.
            state.admitted = self._drop()
        if not state.admitted:
            return
        self._pending += weight_of(span)
        state.ended.append(span)
        if not state.queued:
            state.queued = True
            self._states.append(state)
            if self._inline:
                self._drain_here()
            elif not self._runner.awake:
                self._runner.wake()
                if not self._runner.started:
                    self._start()
        if self._in_pool and not state.open:
            self._wait_in_pool()

    def _admit(self, state: TraceState) -> bool:
        rate = self.settings.sample_rate
        if rate < 1.0 and not is_sampled(state.trace_id, rate):
            return False
        return self._pending < self._limit or self._drop()

    def _drop(self) -> bool:
        self.dropped_traces += 1
        if self.dropped_traces == 1:
            _log.warning(
                "autolog drops whole traces, because they come faster than they can be stored: more than "
                "%d MB wait (AUTOLOG_MAX_PENDING_MB). How many is told at exit.",
                self.settings.max_pending_mb,
            )
        return False

    def _start(self) -> None:
        if not self._starting.acquire(blocking=False):
            return
        try:
            if self._runner.started:
                return
            gather_s = self.settings.flush_interval_ms / 1000
            if children.is_child():  # which may be killed at any time
                gather_s = 0.0
                self._in_pool = children.is_pool_worker()
                self._forget = children.call_at_end(self.shutdown)
            try:
                self._runner.start(gather_s)
            except RuntimeError:  # no more threads here, or the interpreter is on its way out
                self._inline = True
                self._drain_here()
        finally:
            self._starting.release()

    def _work_off(self) -> None:
        with self._work:
            self._drain_locked()
            if self._again:
                self._again = False
                self._outlet.retry()

    def _take(self) -> list[TraceState]:
        states: list[TraceState] = []
        while len(states) < _BATCH_TRACES:
            try:
                states.append(self._states.popleft())
            except IndexError:
                if not states:
                    self._pending = 0  # the sum is kept without a lock: begin it again
                break
        return states

    def _drain_locked(self, deadline: float | None = None) -> bool:
        outer, self._processing = self._processing, True
        try:
            while states := self._take():
                self._process(states)
                if deadline is not None and time.monotonic() > deadline:
                    return False
        finally:
            self._processing = outer
        return True

    def _drain_here(self) -> None:
        """Process in the calling thread; where somebody is at it already, that one takes the new spans too.

        The garbage collector may call this in the middle of `_process`, in the very thread that holds the lock. Only
        after the end is another thread waited for: it is a daemon, and may not get to its own.
        """
        while self._states:
            if not self._work.acquire(timeout=_EXIT_TIMEOUT_S if self._closed.is_set() else 0):
                return
            try:
                if self._processing:
                    return
                self._drain_locked()
            finally:
                self._work.release()

    def _process(self, states: Sequence[TraceState]) -> None:
        """Read and export what has ended in these traces. Nothing that goes wrong here may end the worker."""
        with suppress():
            traces: list[Trace] = []
            for state in states:
                state.queued = False
                spans: tuple[Span, ...] = self._outlet.recorded(self._ended(state))
                if spans:
                    traces.append(fragment(state, spans))
            if traces:
                self._outlet.export(traces)

    def _ended(self, state: TraceState) -> Generator[LiveSpan]:
        while True:
            try:
                live = state.ended.popleft()
            except IndexError:
                return
            self._pending -= weight_of(live)
            yield live

    def flush(self, timeout_s: float = 30.0, *, each_s: float = 30.0) -> bool:
        """Process what has ended until now; tell whether all of it is out within the time.

        ``each_s`` is what one exporter may take of it.
        """
        deadline = time.monotonic() + timeout_s
        return self._drained(deadline) and self._outlet.flush(deadline - time.monotonic(), each_s=each_s)

    def _drained(self, deadline: float) -> bool:
        """Have the worker process what has ended: whoever asks can stop waiting, and an exporter cannot be stopped."""
        if self._states and not (self._inline or self._runner.started):
            self._start()
        if self._inline or not self._runner.started or self._runner.is_this_thread:
            return self._drained_here(deadline)
        if not self._states and self._work.acquire(blocking=False):
            self._work.release()
            return True
        done = self._runner.ask(deadline)
        return self._drained_here(deadline) if done is None else done

    def _drained_here(self, deadline: float) -> bool:
        if not self._work.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return False
        try:
            if not self._drain_locked(deadline):
                return False
        finally:
            self._work.release()
        self._drain_here()  # what ended between the last look and the release of the lock
        return True

    def _wait_in_pool(self) -> None:
        # A pool kills its workers as soon as it has the last result: what a task traced is written before it is given.
        if not (self._runner.is_this_thread or self._drained(time.monotonic() + _POOL_WAIT_S)):
            self._in_pool = False  # too slow to be waited for

    def shutdown(self) -> None:
        """Flush and close; spans that end later (dropped at exit) are still processed, at once."""
        if not self._stop(_EXIT_TIMEOUT_S, patience_s=_EXIT_PATIENCE_S):
            self._inline = True
            _log.warning("autolog: not all traces could be written before the exit")

    def close(self) -> None:
        """Shut down because another pipeline takes over; what takes long goes on in the background."""
        if self._stop(_REPLACED_TIMEOUT_S, patience_s=_REPLACED_PATIENCE_S):
            atexit.unregister(self.shutdown)
            if self._forget is not None:
                self._forget()

    def _stop(self, timeout_s: float, *, patience_s: float) -> bool:
        """Have it end; tell whether it has."""
        if self._closed.is_set() or self._pid != os.getpid():  # in a child it is the parent's to end
            return True
        self._in_pool = False
        self._outlet.be_patient(patience_s)
        if not self._runner.started or self._runner.is_this_thread:
            self._finish()
        else:
            self._runner.stop()
        return self._closed.wait(timeout_s)

    def _finish(self) -> None:
        """Process all there is and close; from here on, whoever ends a span processes it."""
        try:
            self._work_off()
            self._inline = True
            self._work_off()
            if not self._outlet.flush(_EXIT_TIMEOUT_S, each_s=_EXIT_EXPORTER_S):
                _log.warning("autolog: not all traces could be written")
            if self.dropped_traces:
                _log.warning("autolog dropped %d whole traces in this process", self.dropped_traces)
            self._outlet.close()
        finally:
            self._inline = True
            self._closed.set()

    def before_fork(self) -> None:
        """Wait until nothing is processed: a child would inherit the locks of SQLite and of an import as they are."""
        self._outlet.be_patient(0.0)
        self._held = self._work.acquire(timeout=_FORK_TIMEOUT_S)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._outlet.be_patient(None)
        if self._held:
            self._work.release()
        if self._runner.started:
            self._again = True
            self._runner.wake()

    def after_fork_in_child(self) -> None:
        """Begin with nothing: what was waiting is the parent's to write, and what was dropped the parent's to tell."""
        self.dropped_traces = 0
        self._outlet.after_fork()
        self._start_over()
