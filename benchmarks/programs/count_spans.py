"""Count a span of the program's own around a block: `count_spans.py autolog|otel`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

import tracers
import window

INPUTS = {"question": "what is it?", "options": {"top_k": 3, "filters": ["a", "b"]}}
OUTPUTS = [{"id": i, "text": "a document", "score": 0.5} for i in range(3)]


def _autolog() -> dict[str, Callable[[], None]]:
    tracers.autolog()
    import autolog

    def bare() -> None:
        with autolog.start_span("retrieve"):
            pass

    def content() -> None:
        with autolog.start_span("retrieve", span_type="RETRIEVER") as span:
            span.set_inputs(INPUTS)
            span.set_outputs(OUTPUTS)

    @autolog.trace
    def function(question: str, options: dict[str, object]) -> list[dict[str, object]]:  # noqa: ARG001
        return OUTPUTS

    def decorated() -> None:
        function("what is it?", options={"top_k": 3, "filters": ["a", "b"]})

    return {"bare": bare, "content": content, "decorated": decorated}


def _otel() -> dict[str, Callable[[], None]]:
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider()
    provider.add_span_processor(tracers.otel_processor(tracers.Sent()))
    tracer = provider.get_tracer("bench")

    def bare() -> None:
        with tracer.start_as_current_span("retrieve"):
            pass

    def content() -> None:
        with tracer.start_as_current_span("retrieve") as span:
            span.set_attribute("input.value", json.dumps(INPUTS))
            span.set_attribute("output.value", json.dumps(OUTPUTS))

    @tracer.start_as_current_span("function")
    def function(question: str, options: dict[str, object]) -> list[dict[str, object]]:  # noqa: ARG001
        return OUTPUTS

    def decorated() -> None:
        function("what is it?", options={"top_k": 3, "filters": ["a", "b"]})

    return {"bare": bare, "content": content, "decorated": decorated}


def main() -> None:
    blocks = {"autolog": _autolog, "otel": _otel}[sys.argv[1]]()
    for name, block in blocks.items():
        window.count(name, block, times=21, warm=50)
    sys.stdout.flush()
    os._exit(0)


main()
