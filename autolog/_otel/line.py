"""One opened line to a backend: the SDK's objects, and how much lies between its two ends."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk.trace.export import BatchSpanProcessor

from autolog._model import Trace
from autolog._otel.counting import DeepestUsage
from autolog._otel.delivery import Delivery
from autolog._otel.direct import DirectProcessor
from autolog._otel.hush import hushed
from autolog._otel.readable import SpanTranslator
from autolog._tracing.guard import report

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.sdk.trace.export import SpanExporter

    from autolog._otel.overlay import Profile

__all__ = ["QUEUE_VARIABLE", "Line"]

QUEUE_VARIABLE: Final = "OTEL_BSP_MAX_QUEUE_SIZE"
_DEFAULT_QUEUE_SIZE: Final = 2048
# The SDK's queue throws single spans away when it is full. We keep whole traces out instead, at the size that the
# environment sets, and its own limit is never reached.
_UNREACHED: Final = 1_000_000
_REMEMBERED_TRACES: Final = 10_000


class Line:
    """Takes traces, and sends their spans on the SDK's own thread.

    ``make`` makes the SDK's exporter; ``warn`` is told why spans could not be sent.
    """

    def __init__(self, make: Callable[[], SpanExporter], warn: Callable[[str], None], profile: Profile) -> None:
        self._profile: Profile = profile
        self.limit = _queue_size(os.environ)
        self._translator = SpanTranslator(profile=profile)
        self._delivery = Delivery(make, warn)
        self._processor = _processor(self._delivery, self.limit)
        self._start_over()

    def _start_over(self) -> None:
        self._added = 0
        self._lock = threading.Lock()
        self._usage = DeepestUsage()
        self._kept_out: OrderedDict[str, None] = OrderedDict()

    def after_fork(self) -> None:
        """Begin anew in a forked child, where the SDK's processor has started anew too."""
        self._start_over()
        self._delivery.after_fork()
        self._translator = SpanTranslator(profile=self._profile)  # the resource may name the process

    @property
    def waiting(self) -> int:
        """How many spans are neither sent nor lost."""
        return self._added - self._delivery.sent - self._delivery.lost

    def add(self, trace: Trace) -> bool:
        """Queue the spans; ``False`` for a trace that is kept out because too many wait."""
        with self._lock:
            if self.waiting >= self.limit or trace.trace_id in self._kept_out:
                new = trace.trace_id not in self._kept_out
                self._kept_out[trace.trace_id] = None
                if len(self._kept_out) > _REMEMBERED_TRACES:
                    self._kept_out.popitem(last=False)
                return not new
            ended = [span for span in trace.spans if span.end_time_ns is not None]
            # In the order of their ends: a span's usage counts where none below it had any.
            for span in sorted(ended, key=lambda s: (s.end_time_ns or 0, -s.start_time_ns)):
                counts = self._usage.counts(span.span_id, span.parent_id, has_usage=bool(span.usage))
                try:
                    self._processor.on_end(self._translator.readable(span, trace, counts=counts))
                    self._added += 1
                except Exception as e:
                    report("translating a span for OTLP", e)
            return True

    def flush(self, timeout_s: float) -> bool:
        """Send what waits; tell whether all of it arrived in time."""
        lost = self._delivery.lost
        if self.waiting:
            _within(timeout_s, self._processor.force_flush)
        return not self.waiting and self._delivery.lost == lost

    def close(self, timeout_s: float) -> None:
        """Send what waits, and stop the thread."""
        deadline = time.monotonic() + timeout_s
        self.flush(timeout_s)
        self._delivery.shutdown()  # first: the SDK's processor would wait for every batch to fail
        _within(max(0.5, deadline - time.monotonic()), self._processor.shutdown)


def _within(timeout_s: float, run: Callable[[], Any]) -> None:
    """Run a call that knows no time limit, and leave it to itself after so many seconds."""

    def quietly() -> None:
        with hushed():
            try:
                run()
            except Exception as e:
                report("flushing the OTLP exporter", e)

    thread = threading.Thread(target=quietly, name="autolog-otlp-flush", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the interpreter is on its way out and takes no more threads
        quietly()
    else:
        thread.join(timeout_s)


def _processor(delivery: Delivery, limit: int) -> SpanProcessor:
    try:
        return BatchSpanProcessor(delivery, max_queue_size=limit + _UNREACHED)
    except RuntimeError:  # a program so short that its first span is sent at its exit, where no thread starts
        return DirectProcessor(delivery)


def _queue_size(environ: Mapping[str, str]) -> int:
    try:
        return max(1, int(environ.get(QUEUE_VARIABLE, _DEFAULT_QUEUE_SIZE)))
    except ValueError:
        return _DEFAULT_QUEUE_SIZE
