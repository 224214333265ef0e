"""The background worker: takes ended spans, reads, prices and trims them, and hands them to the exporters."""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING

from autolog._model import Span, Trace
from autolog._pipeline.content import process, without_content
from autolog._pipeline.materialise import Materialiser, fragment
from autolog._pipeline.weight import let_go, weight_of
from autolog._settings import Settings
from autolog._tracing.context import suppress
from autolog._tracing.guard import report

if TYPE_CHECKING:
    from autolog._pipeline.exporters import Exporter
    from autolog._tracing.span import LiveSpan, TraceState

__all__ = ["Pipeline"]

_log = logging.getLogger("autolog")

_BATCH_TRACES = 256
_EXIT_TIMEOUT_S = 30.0
_FORK_TIMEOUT_S = 10.0
# A backend that does not answer must not hold the program at its exit.
_EXIT_EXPORTER_S = 5.0


class Pipeline:
    """Takes ended spans from any thread and never makes one wait.

    ``submit`` may be called by the garbage collector in the middle of anything, so it takes no lock:
    ``deque.append`` and ``SimpleQueue.put`` are safe there.
    """

    def __init__(self, settings: Settings, make_exporters: Callable[[], Sequence[Exporter]]) -> None:
        self.settings = settings
        self._make_exporters = make_exporters
        self._exporters: tuple[Exporter, ...] | None = None
        self.materialiser = Materialiser(settings.prices)
        self.dropped_traces = 0
        self.failed_exports = 0
        self._limit = settings.max_pending_mb * 1_000_000
        self._start_over()
        atexit.register(self.shutdown)

    def _start_over(self) -> None:
        self._states: deque[TraceState] = deque()
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._awake = False
        self._work = threading.RLock()
        self._processing = False
        self._starting = threading.Lock()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._inline = sys.platform == "emscripten"  # no threads in a browser
        self._closed = False
        self._pending = 0

    def _open_exporters(self) -> tuple[Exporter, ...]:
        """Open them when the first span is processed, under the lock: a store is not the calling thread's work."""
        if self._exporters is None:
            try:
                self._exporters = tuple(self._make_exporters())
            except Exception as e:
                self._exporters = ()
                report("opening the exporters", e)
        return self._exporters

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
        if state.queued:
            return
        state.queued = True
        self._states.append(state)
        if self._inline:
            self._drain_here()
        elif not self._awake:
            self._awake = True
            self._wake.put(None)
            if self._thread is None:
                self._start()

    def _admit(self, state: TraceState) -> bool:
        rate = self.settings.sample_rate
        if rate < 1.0 and (state.trace_id & 0xFFFF_FFFF_FFFF_FFFF) >= rate * 2**64:
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
            if self._thread is None:
                _flush_when_a_child_ends(self)
                thread = threading.Thread(target=self._run, name="autolog", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # no more threads here, or the interpreter is on its way out
                    self._inline = True
                    self._drain_here()
                else:
                    self._thread = thread
        finally:
            self._starting.release()

    def _run(self) -> None:
        interval = self.settings.flush_interval_ms / 1000
        wake, hurry = self._wake, self._hurry
        while True:
            wake.get()
            hurry.wait(interval)  # let a batch gather
            self._awake = False
            self._drain()

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

    def _drain(self) -> None:
        with self._work:
            self._drain_locked()

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

        The garbage collector may call this in the middle of `_process`, in the very thread that holds the lock. Only at
        exit is another thread waited for: it is a daemon, and may not get to its end.
        """
        while self._states:
            if not self._work.acquire(timeout=_EXIT_TIMEOUT_S if self._closed else 0):
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
                spans: list[Span] = []
                while True:
                    try:
                        live = state.ended.popleft()
                    except IndexError:
                        break
                    self._pending -= weight_of(live)
                    try:
                        span = self.record(live)
                    except Exception as e:
                        report("recording a span", e)
                        continue
                    finally:
                        let_go(live)
                    if span is not None:
                        spans.append(span)
                if spans:
                    traces.append(fragment(state, tuple(spans)))
            if traces:
                self._export(traces)

    def record(self, live: LiveSpan) -> Span | None:
        """Give the span as it may be kept."""
        if live.recorded is not None:  # a bridge needed it when the span ended
            return live.recorded[0]
        span = self.materialiser.span(live)
        if not self.settings.capture_content:
            span = without_content(span)
        return process(span, self.settings.processors) if self.settings.processors else span

    def _export(self, traces: Sequence[Trace]) -> None:
        for exporter in self._open_exporters():
            try:
                exporter.export(traces)
            except Exception as e:
                self.failed_exports += 1
                report(f"exporting with {type(exporter).__name__}", e)

    def flush(self, timeout_s: float = 30.0, *, each_s: float = 30.0) -> bool:
        """Process what has ended until now; tell whether all of it is out within the time.

        ``each_s`` is what one exporter may take of it.
        """
        deadline = time.monotonic() + timeout_s
        self._hurry.set()
        try:
            if not self._work.acquire(timeout=timeout_s):
                return False
            try:
                if not self._drain_locked(deadline):
                    return False
            finally:
                self._work.release()
        finally:
            self._hurry.clear()
        if self._inline:
            self._drain_here()  # what ended between the last look and the release of the lock
        done = True
        for exporter in self._exporters or ():
            try:
                done = exporter.flush(max(0.0, min(each_s, deadline - time.monotonic()))) and done
            except Exception as e:
                report(f"flushing {type(exporter).__name__}", e)
                done = False
        return done

    def shutdown(self) -> None:
        """Flush and close; spans that end later (dropped at exit) are still processed, at once."""
        self._inline = self._closed = True
        if not self.flush(_EXIT_TIMEOUT_S, each_s=_EXIT_EXPORTER_S):
            _log.warning("autolog: not all traces could be written before the exit")
        if self.dropped_traces:
            _log.warning("autolog dropped %d whole traces in this process", self.dropped_traces)
        for exporter in self._exporters or ():
            try:
                exporter.close()
            except Exception as e:
                report(f"closing {type(exporter).__name__}", e)

    def close(self) -> None:
        """Shut down because another pipeline takes over."""
        atexit.unregister(self.shutdown)
        self.shutdown()

    def before_fork(self) -> None:
        """Wait until nothing is processed: a child would inherit the locks of SQLite and of an import as they are."""
        self._held = self._work.acquire(timeout=_FORK_TIMEOUT_S)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._held:
            self._work.release()

    def after_fork_in_child(self) -> None:
        """Begin with nothing: what was waiting is the parent's to write, and what was dropped the parent's to tell."""
        self.dropped_traces = self.failed_exports = 0
        self._start_over()


def _flush_when_a_child_ends(pipeline: Pipeline) -> None:
    # A child of multiprocessing ends by os._exit, without atexit: its own finalizers are what runs.
    process_module = sys.modules.get("multiprocessing.process")
    if process_module is not None and process_module.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, pipeline.shutdown, exitpriority=10)
