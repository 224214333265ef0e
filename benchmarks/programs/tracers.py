"""Turn a tracer on, with content kept and with nobody at the other end; each runs in an environment of its own.

What a tracer does in the background happens on its own thread; its worker is given an hour to gather a batch, so that
it does not take the interpreter from the thread that is measured.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_HOUR_S = 3600


class Sent:
    """An OpenTelemetry exporter that counts spans, or writes them as lines of JSON."""

    def __init__(self, path: Path | None = None) -> None:
        self.spans = 0
        self._file = path.open("a") if path is not None else None

    def export(self, spans: Any) -> Any:
        from opentelemetry.sdk.trace.export import SpanExportResult

        self.spans += len(spans)
        if self._file is not None:
            for span in spans:
                self._file.write(span.to_json(indent=None) + "\n")
            self._file.flush()
        return SpanExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        return True

    def shutdown(self) -> None:
        if self._file is not None:
            self._file.close()


def otel_processor(exporter: Any, *, simple: bool = False) -> Any:
    """Give the SDK's processor before an exporter."""
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

    if simple:
        return SimpleSpanProcessor(exporter)
    return BatchSpanProcessor(exporter, schedule_delay_millis=_HOUR_S * 1000, max_queue_size=4096)


def _provider(exporter: Any, *, simple: bool = False) -> Any:
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider()
    provider.add_span_processor(otel_processor(exporter, simple=simple))
    return provider


Flush = Callable[[], int]
"""Sends what waits and tells how many spans were sent in all."""


def nothing() -> Flush:
    """Trace nothing: the control, whose figures are the noise of the method.

    But for a thread that sleeps, as each tracer has one: a program that has two pays for locks in its allocator.
    """
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    return lambda: 0


def autolog() -> Flush:
    """Ours, into the SQLite store."""
    import autolog as ours

    flush = autolog_flushing()
    return lambda: len(ours.search_traces(max_results=100_000, return_type="list")) if flush() else 0


def autolog_flushing() -> Flush:
    """Ours, where a flush does not count what is stored (which would be read)."""
    import autolog as ours

    ours.configure(flush_interval_ms=_HOUR_S * 1000)
    ours.autolog()
    return lambda: int(ours.flush())


def genai_openai() -> Flush:
    """OpenTelemetry's own."""
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    sent = Sent()
    provider = _provider(sent)
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    return lambda: sent.spans if provider.force_flush() else 0


def openinference(path: Path | None = None, *, simple: bool = False) -> Flush:
    """OpenInference's, where a path is given into a file of JSON lines."""
    from openinference.instrumentation.openai import OpenAIInstrumentor

    sent = Sent(path)
    provider = _provider(sent, simple=simple)
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    return lambda: sent.spans if provider.force_flush() else 0


def langfuse() -> Flush:
    """Langfuse's client."""
    import langfuse.openai  # noqa: F401  (its import traces the client)
    from langfuse import Langfuse

    sent = Sent()
    client = Langfuse(
        public_key="pk", secret_key="sk", base_url="http://127.0.0.1:9", span_exporter=sent, flush_interval=_HOUR_S
    )

    def flush() -> int:
        client.flush()
        return sent.spans

    return flush


def logfire() -> Flush:
    """Logfire's."""
    import logfire as theirs

    sent = Sent()
    theirs.configure(
        send_to_logfire=False, console=False, metrics=False, additional_span_processors=[otel_processor(sent)]
    )
    theirs.instrument_openai()
    return lambda: sent.spans if theirs.force_flush() else 0


def mlflow(libraries: Sequence[str] = ("openai",)) -> Flush:
    """MLflow's autolog of some libraries, into its own SQLite store (asynchronously, its default)."""
    import mlflow as theirs

    theirs.set_tracking_uri("sqlite:///mlflow.db")
    theirs.set_experiment("bench")
    for library in libraries:
        getattr(theirs, library).autolog()

    def flush() -> int:
        theirs.flush_trace_async_logging()
        return len(theirs.search_traces(max_results=1000, return_type="list"))

    return flush


TRACERS: dict[str, Callable[[], Flush]] = {
    "nothing": nothing,
    "autolog": autolog,
    "genai-openai": genai_openai,
    "openinference": openinference,
    "langfuse": langfuse,
    "logfire": logfire,
    "mlflow": mlflow,
}
