"""What is done with spans that have ended: read, priced and trimmed, and handed to the exporters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from autolog._model import Span, Trace
from autolog._pipeline.content import process, without_content
from autolog._pipeline.exporters import Patient
from autolog._pipeline.materialise import Materialiser
from autolog._pipeline.weight import let_go
from autolog._settings import Settings
from autolog._tracing.guard import report

if TYPE_CHECKING:
    from autolog._pipeline.exporters import Exporter
    from autolog._tracing.span import LiveSpan

__all__ = ["Outlet"]


class Outlet:
    """The settings put to work on spans, and the exporters that they name. Nothing that goes wrong here leaves it."""

    def __init__(self, settings: Settings, make_exporters: Callable[[], Sequence[Exporter]]) -> None:
        self._settings = settings
        self._make_exporters = make_exporters
        self._exporters: tuple[Exporter, ...] | None = None
        self._patience_s: float | None = None
        self._materialiser = Materialiser(settings.prices)
        self.failed_exports = 0

    def record(self, live: LiveSpan) -> Span | None:
        """Give the span as it may be kept."""
        if live.recorded is not None:  # a bridge needed it when the span ended
            return live.recorded[0]
        span = self._materialiser.span(live)
        if not self._settings.capture_content:
            span = without_content(span)
        return process(span, self._settings.processors) if self._settings.processors else span

    def recorded(self, ended: Iterable[LiveSpan]) -> tuple[Span, ...]:
        """Give what may be kept of these, and let go of what they hold of the program's."""
        spans: list[Span] = []
        for live in ended:
            try:
                span = self.record(live)
            except Exception as e:
                report("recording a span", e)
                continue
            finally:
                let_go(live)
            if span is not None:
                spans.append(span)
        return tuple(spans)

    def export(self, traces: Sequence[Trace]) -> None:
        """Hand parts of traces to every exporter."""
        for exporter in self._opened():
            try:
                exporter.export(traces)
            except Exception as e:
                self.failed_exports += 1
                report(f"exporting with {type(exporter).__name__}", e)

    def retry(self) -> None:
        """Let those try again that were told to let go of the file they write, because of a fork."""
        for exporter in self._exporters or ():
            if isinstance(exporter, Patient):
                exporter.export(())

    def flush(self, timeout_s: float, *, each_s: float) -> bool:
        """Let every exporter send what it holds back; ``each_s`` is what one may take of the time."""
        deadline = time.monotonic() + timeout_s
        done = True
        for exporter in self._exporters or ():
            try:
                done = exporter.flush(max(0.0, min(each_s, deadline - time.monotonic()))) and done
            except Exception as e:
                report(f"flushing {type(exporter).__name__}", e)
                done = False
        return done

    def close(self) -> None:
        """Close every exporter."""
        for exporter in self._exporters or ():
            try:
                exporter.close()
            except Exception as e:
                report(f"closing {type(exporter).__name__}", e)

    def be_patient(self, seconds: float | None) -> None:
        """Say how long, from now on, an exporter may wait for others; from any thread. ``None``: as long as it likes."""
        self._patience_s = seconds
        for exporter in self._exporters or ():
            if isinstance(exporter, Patient):
                exporter.be_patient(seconds)

    def after_fork(self) -> None:
        """Begin to count anew in a child."""
        self.failed_exports = 0
        self.be_patient(None)

    def _opened(self) -> tuple[Exporter, ...]:
        # When the first span is processed: a store is not the calling thread's work.
        if self._exporters is None:
            try:
                self._exporters = tuple(self._make_exporters())
            except Exception as e:
                self._exporters = ()
                report("opening the exporters", e)
            self.be_patient(self._patience_s)
        return self._exporters
