"""What stands between the SDK's batch processor and the SDK's exporter."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from autolog._otel.hush import hushed, without_secrets

__all__ = ["Delivery"]

# A gRPC receiver takes 4 MiB by default (the collector's too), and a batch of 512 spans with content may be larger.
_REQUEST_BYTES = 3_000_000


class Delivery(SpanExporter):
    """Sends batches through the SDK's exporter in pieces that receivers take; counts, and never raises.

    The exporter is made where it is first used, and again in a forked child: a connection must not be shared.
    """

    def __init__(self, make: Callable[[], SpanExporter], failed: Callable[[str], None]) -> None:
        self._make = make
        self._failed = failed
        self._exporter: SpanExporter | None = None
        self._pid = os.getpid()
        self._closing = False
        self.sent = 0
        self.lost = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; called on the processor's thread."""
        done = [self._send(part) for part in _pieces(spans)]
        return SpanExportResult.SUCCESS if all(done) else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Give up what is being sent again, and send nothing more."""
        self._closing = True
        if self._exporter is not None and self._pid == os.getpid():
            with hushed():
                self._exporter.shutdown()
        self._exporter = None

    def after_fork(self) -> None:
        """Begin anew in a child: what was under way is the parent's."""
        self._exporter = None
        self._pid = os.getpid()
        self.sent = self.lost = 0

    def _send(self, spans: Sequence[ReadableSpan]) -> bool:
        reason = ""
        if not self._closing:
            with hushed() as said:
                try:
                    if self._exporter is None:
                        self._exporter = self._make()
                    if self._exporter.export(spans) is SpanExportResult.SUCCESS:
                        self.sent += len(spans)
                        return True
                    reason = said[-1] if said else "the exporter gave no reason"
                except Exception as e:
                    reason = without_secrets(f"{type(e).__name__}: {e}")
        self.lost += len(spans)
        if reason:
            self._failed(reason)
        return False


def _pieces(spans: Sequence[ReadableSpan]) -> Iterator[Sequence[ReadableSpan]]:
    piece: list[ReadableSpan] = []
    size = 0
    for span in spans:
        weight = _weight(span)
        if piece and size + weight > _REQUEST_BYTES:
            yield piece
            piece, size = [], 0
        piece.append(span)
        size += weight
    if piece:
        yield piece


def _weight(span: ReadableSpan) -> int:
    weight = 300
    for values in (span.attributes, *(event.attributes for event in span.events)):
        for key, value in (values or {}).items():
            # A character outside ASCII takes up to three bytes of UTF-8, or four for two units.
            length = len(value) * (1 if value.isascii() else 3) if isinstance(value, str) else 16
            weight += len(key) + length + 8
    return weight
