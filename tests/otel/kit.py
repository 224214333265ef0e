"""What the tests of the otel room share: a trace of ten spans, and a receiver of OTLP over HTTP on loopback."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from autolog import semconv
from autolog._model import Event, ExceptionInfo, Span, Trace, Usage

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
START_NS = 1_790_000_000_000_000_000
MS = 1_000_000

QUESTION = [{"role": "user", "parts": [{"type": "text", "content": "Where is order 17? “Größe” 中"}]}]
TOOL_CALL = [
    {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "call_1", "name": "lookup_order", "arguments": {"order": 17}}],
        "finish_reason": "tool_call",
    }
]
TOOL_ANSWER = [
    *QUESTION,
    {k: v for k, v in TOOL_CALL[0].items() if k != "finish_reason"},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": {"state": "sent"}}]},
]
ANSWER = [
    {"role": "assistant", "parts": [{"type": "text", "content": "It is on its way."}], "finish_reason": "stop"},
]
TOOLS = [{"type": "function", "name": "lookup_order", "parameters": {"type": "object"}}]
DOCUMENTS = [{"id": "kb-1", "score": 0.91}, {"id": "kb-2", "score": 0.42}]


def span_id(number: int) -> str:
    return format(number, "016x")


def make_span(number: int, parent: int | None, name: str, span_type: str, **fields: Any) -> Span:
    """Give a span that starts `number` and ends 100 - `number` milliseconds after the trace: they nest."""
    return Span(
        **{
            "span_id": span_id(number),
            "trace_id": TRACE_ID,
            "parent_id": None if parent is None else span_id(parent),
            "name": name,
            "span_type": span_type,
            "status": "OK",
            "outcome": "completed",
            "start_time_ns": START_NS + number * MS,
            "end_time_ns": START_NS + (100 - number) * MS,
            **fields,
        }
    )


def chat(number: int, parent: int | None, *, inputs: Any, outputs: Any, usage: Usage, **extra: Any) -> Span:
    attributes = {
        semconv.OPERATION_NAME: "chat",
        semconv.PROVIDER_NAME: "openai",
        semconv.SERVER_ADDRESS: "api.openai.com",
        semconv.SERVER_PORT: 443,
        semconv.REQUEST_MODEL: "gpt-4o-mini",
        semconv.RESPONSE_MODEL: "gpt-4o-mini-2024-07-18",
        semconv.RESPONSE_ID: f"chatcmpl-{number}",
        semconv.REQUEST_PREFIX + "temperature": 0.5,
        semconv.FINISH_REASONS: ["stop"],
        semconv.INPUT_MESSAGES: inputs,
        semconv.OUTPUT_MESSAGES: outputs,
        **extra,
    }
    return make_span(
        number,
        parent,
        "chat gpt-4o-mini",
        "CHAT_MODEL",
        attributes=attributes,
        usage=usage,
        cost=0.0001,
        inputs={"model": "gpt-4o-mini", "messages": inputs},
        outputs={"choices": outputs},
    )


def agent_trace() -> Trace:
    """Give a trace of ten spans: an agent, its models, tools and searches, a stream and an error."""
    failed = ExceptionInfo("shop.RefundError", "no such order: 17", "Traceback (most recent call last):\n  …\n")
    spans = [
        make_span(
            1,
            None,
            "invoke_agent support",
            "AGENT",
            attributes={semconv.OPERATION_NAME: "invoke_agent", semconv.AGENT_NAME: "support"},
            inputs={"question": "Where is order 17?"},
            outputs="It is on its way.",
        ),
        chat(
            2,
            1,
            inputs=QUESTION,
            outputs=TOOL_CALL,
            usage=Usage(input_tokens=120, output_tokens=18, total_tokens=138, cached_input_tokens=64),
            **{semconv.TOOL_DEFINITIONS: TOOLS},
        ),
        make_span(
            3,
            1,
            "execute_tool lookup_order",
            "TOOL",
            attributes={
                semconv.OPERATION_NAME: "execute_tool",
                semconv.TOOL_NAME: "lookup_order",
                semconv.TOOL_CALL_ID: "call_1",
                semconv.TOOL_CALL_ARGUMENTS: {"order": 17},
                semconv.TOOL_CALL_RESULT: {"state": "sent"},
            },
            inputs={"order": 17},
            outputs={"state": "sent"},
        ),
        make_span(
            4,
            1,
            "retrieval kb",
            "RETRIEVER",
            attributes={
                semconv.OPERATION_NAME: "retrieval",
                semconv.DATA_SOURCE_ID: "kb",
                semconv.RETRIEVAL_QUERY: "order state",
                semconv.RETRIEVAL_DOCUMENTS: DOCUMENTS,
            },
            inputs="order state",
            outputs=DOCUMENTS,
        ),
        make_span(
            5,
            4,
            "embeddings text-embedding-3-small",
            "EMBEDDING",
            attributes={
                semconv.OPERATION_NAME: "embeddings",
                semconv.PROVIDER_NAME: "openai",
                semconv.REQUEST_MODEL: "text-embedding-3-small",
                semconv.EMBEDDINGS_DIMENSION_COUNT: 1536,
            },
            usage=Usage(input_tokens=9, total_tokens=9),
            inputs={"input": ["order state"]},
        ),
        make_span(6, 4, "rerank", "RERANKER", inputs={"query": "order state"}, outputs=DOCUMENTS),
        make_span(
            7,
            1,
            "ChatOpenAI",
            "CHAT_MODEL",
            attributes={semconv.OPERATION_NAME: "chat", semconv.PROVIDER_NAME: "openai"},
            usage=Usage(input_tokens=300, output_tokens=40, total_tokens=340, reasoning_tokens=10),
            inputs="framework's prompt",
            outputs="It is on its way.",
        ),
        chat(
            8,
            7,
            inputs=TOOL_ANSWER,
            outputs=ANSWER,
            usage=Usage(
                input_tokens=300, output_tokens=40, total_tokens=340, reasoning_tokens=10, cache_creation_tokens=5
            ),
            **{semconv.REQUEST_PREFIX + "stream": True, semconv.TIME_TO_FIRST_CHUNK: 0.25, semconv.CHUNK_COUNT: 7},
        ),
        make_span(
            9,
            1,
            "execute_tool refund",
            "TOOL",
            status="ERROR",
            outcome="error",
            attributes={semconv.OPERATION_NAME: "execute_tool", semconv.TOOL_NAME: "refund"},
            inputs={"order": 17},
            exception=failed,
        ),
        make_span(
            10,
            1,
            "format_reply",
            "TASK",
            inputs=["a", 1],
            outputs=None,
            events=(Event("formatted", START_NS + 20 * MS, {"lines": 2, "parts": {"head": 1}}),),
        ),
    ]
    return Trace(
        TRACE_ID,
        tuple(spans),
        tags={"env": "test", "beta": ""},
        metadata={"build": 7},
        session_id="session-1",
        user_id="user-1",
    )


@dataclass
class Receiver:
    """What an OTLP endpoint on loopback received, and how it answers."""

    url: str
    requests: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    status: int = 200
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)

    @property
    def spans(self) -> list[Any]:
        """All spans, as the protocol's messages."""
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Receive OTLP over HTTP. Where its gate is shut it answers when the gate is opened."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTraceServiceRequest,
        ExportTraceServiceResponse,
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            got.entered.set()
            got.gate.wait(20)
            got.paths.append(self.path)
            got.headers.append({k.lower(): v for k, v in self.headers.items()})
            got.requests.append(ExportTraceServiceRequest.FromString(body))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(got.status)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    got = Receiver(f"http://127.0.0.1:{server.server_port}")
    got.gate.set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield got
    finally:
        got.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


def decoded(values: Any) -> dict[str, Any]:
    """Give the attributes of a protocol's message as plain values."""
    return {pair.key: _value(pair.value) for pair in values}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(v) for v in value.array_value.values]
    return getattr(value, kind) if kind else None
