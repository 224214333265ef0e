"""Send without a thread, while the interpreter exits and starts none any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import context as contexts
from opentelemetry.sdk.trace import SpanProcessor

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["DirectProcessor"]

# What the SDK's batch processor sets around its exports; it has no public name.
_SUPPRESSED: str | None = getattr(contexts, "_SUPPRESS_INSTRUMENTATION_KEY", None)


class DirectProcessor(SpanProcessor):
    """Keeps spans until it is flushed, and sends them on the thread that flushes."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span."""
        self._spans.append(span)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002  (the SDK's signature)
        """Send what is kept, as long as the exporter's own time limit allows."""
        spans, self._spans = self._spans, []
        token = contexts.attach(contexts.set_value(_SUPPRESSED, True)) if _SUPPRESSED else None
        try:
            self._exporter.export(spans)
        finally:
            if token is not None:
                contexts.detach(token)
        return True
