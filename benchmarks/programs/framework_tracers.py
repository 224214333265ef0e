"""Turn a tracer of LangChain and LlamaIndex on, with content kept and nobody at the other end; see ``tracers.py``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tracers import Flush, Sent, mlflow, nothing, otel_processor


def _provider(sent: Sent) -> Any:
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider()
    provider.add_span_processor(otel_processor(sent))
    return provider


def autolog() -> Flush:
    """Ours, into the SQLite store."""
    import autolog as ours

    ours.configure(flush_interval_ms=3_600_000)
    ours.langchain.autolog()
    ours.llama_index.autolog()
    return lambda: len(ours.search_traces(max_results=100_000, return_type="list")) if ours.flush(timeout=300) else 0


def autolog_stored() -> Flush:
    """Ours with its defaults, where a flush does not read back what was stored."""
    import autolog as ours

    ours.langchain.autolog()
    ours.llama_index.autolog()
    return lambda: int(ours.flush(timeout=300))


def openinference() -> Flush:
    """OpenInference's two."""
    from openinference.instrumentation.langchain import LangChainInstrumentor
    from openinference.instrumentation.llama_index import LlamaIndexInstrumentor

    sent = Sent()
    provider = _provider(sent)
    LangChainInstrumentor().instrument(tracer_provider=provider)
    LlamaIndexInstrumentor().instrument(tracer_provider=provider)
    return lambda: sent.spans if provider.force_flush() else 0


def openllmetry() -> Flush:
    """OpenLLMetry's two."""
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor
    from opentelemetry.instrumentation.llamaindex import LlamaIndexInstrumentor

    sent = Sent()
    provider = _provider(sent)
    LangchainInstrumentor().instrument(tracer_provider=provider)
    LlamaIndexInstrumentor().instrument(tracer_provider=provider)
    return lambda: sent.spans if provider.force_flush() else 0


TRACERS: dict[str, Callable[[], Flush]] = {
    "nothing": nothing,
    "autolog": autolog,
    "autolog, stored": autolog_stored,
    "openinference": openinference,
    "openllmetry": openllmetry,
    "mlflow": partial(mlflow, ("langchain", "llama_index")),
}
