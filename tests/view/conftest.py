"""Traces to look at: one with everything in it, one that was written by an enemy, and large ones."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from autolog import Event, ExceptionInfo, Span, Trace, Usage, semconv

T0 = 1_795_351_430_351_457_320
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"

HOSTILE = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=2</script>",
    "<!--<script>",
    '<img src=x onerror="window.pwned=3">',
    "[click](javascript:window.pwned=4)",
    "![x](https://evil.test/p.png)",
    '<iframe src="javascript:parent.pwned=5"></iframe>',
    '"><svg onload=window.pwned=6>',
    "'+window.pwned+'",
    "{{7*7}} ${window.pwned=7} {policy}",
    "\ud800broken\udfff",
    "nul\x00byte",
    "\u202eright-to-left\u202c",
    "\u2028\u2029",
    "</style><style>*{display:none}",
    "&lt;b&gt;&#x3c;script&#x3e;",
)


class Spans:
    """Makes spans in order, each under a parent."""

    def __init__(self) -> None:
        self.made: list[Span] = []

    def __call__(self, name: str, span_type: str, start: float, took: float | None, **more: Any) -> Span:
        parent = more.pop("under", None)
        begin = T0 + int(start * 1e6)
        span = Span(
            span_id=f"{len(self.made) + 1:016x}",
            trace_id=TRACE_ID,
            parent_id=parent.span_id if parent else None,
            name=name,
            span_type=span_type,
            status=more.pop("status", "OK"),
            start_time_ns=begin,
            end_time_ns=None if took is None else begin + int(took * 1e6),
            **more,
        )
        self.made.append(span)
        return span


def picture() -> str:
    """A PNG of one pixel, in base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\x66\x33\x99")) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


@pytest.fixture(scope="session")
def rich() -> Trace:
    """An agent of ten spans: retrieval, two model calls (one told by a framework, too), tools, an error, an open span."""
    span = Spans()
    root = span(
        "support agent", "AGENT", 0, 4820, inputs={"question": "Where is order 4411?"}, outputs="**Delivered.**"
    )
    found = [{"id": "refunds.md#2", "score": 0.87, "content": "Within **thirty** days.", "metadata": {"page": 2}}]
    retriever = span(
        "policies", "RETRIEVER", 12, 388, under=root,
        attributes={semconv.RETRIEVAL_QUERY: "refund policy", semconv.RETRIEVAL_DOCUMENTS: found},
    )  # fmt: skip
    span("embeddings small-3", "EMBEDDING", 18, 142, under=retriever, usage=Usage(4, None, 4), cost=8e-8)
    call = {"type": "tool_call", "id": "call_1", "name": "get_order", "arguments": {"number": "4411"}}
    asked = [
        {
            "role": "user",
            "parts": [
                {"type": "text", "content": "Where is order **4411**?"},
                {"type": "blob", "modality": "image", "mime_type": "image/png", "content": picture()},
            ],
        }
    ]
    answered = [{"role": "assistant", "parts": [{"type": "reasoning", "content": "Look it up."}, call]}]
    model = {
        semconv.OPERATION_NAME: "chat",
        semconv.PROVIDER_NAME: "openai",
        semconv.REQUEST_MODEL: "gpt-5-mini",
        semconv.RESPONSE_MODEL: "gpt-5-mini-2026-08-07",
        semconv.SYSTEM_INSTRUCTIONS: [{"type": "text", "content": "Be brief."}],
        semconv.TOOL_DEFINITIONS: [{"type": "function", "name": "get_order", "description": "Look up an order."}],
        "gen_ai.request.temperature": 0.2,
    }
    span(
        "chat gpt-5-mini", "CHAT_MODEL", 405, 1630, under=root,
        attributes=model | {semconv.INPUT_MESSAGES: asked, semconv.OUTPUT_MESSAGES: answered},
        usage=Usage(1204, 88, 1292, cached_input_tokens=1024), cost=0.0004,
    )  # fmt: skip
    span("get_order", "TOOL", 2040, 95, under=root, inputs={"number": "4411"}, outputs={"state": "delivered"})
    span(
        "refund", "TOOL", 2045, 610, under=root, inputs={"order": "4411"}, status="ERROR", outcome="error",
        exception=ExceptionInfo("shop.LedgerClosed", "closed until 06:00", "Traceback\n  File x\nLedgerClosed"),
        events=(Event("retry", T0 + 2_200_000_000, {"attempt": 1}),),
    )  # fmt: skip
    told = [{"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": '{"state":"here"}'}]}]
    framework = span("ChatOpenAI", "CHAT_MODEL", 2670, 2110, under=root, usage=Usage(1420, 312, 1732), cost=0.001)
    span(
        "chat gpt-5-mini", "CHAT_MODEL", 2690, 2080, under=framework,
        attributes=model
        | {
            semconv.INPUT_MESSAGES: asked + answered + told,
            semconv.OUTPUT_MESSAGES: [{"role": "assistant", "parts": [{"type": "text", "content": "It is *here*."}]}],
            semconv.TIME_TO_FIRST_CHUNK: 0.62,
        },
        usage=Usage(1420, 312, 1732), cost=0.001,
    )  # fmt: skip
    span("parse", "PARSER", 4785, 20, under=root, inputs="raw", outputs="done")
    span("log", "TASK", 4806, None, under=root)
    return Trace(TRACE_ID, tuple(span.made), tags={"env": "test"}, session_id="s-81", user_id="reyes")


@pytest.fixture(scope="session")
def hostile() -> Trace:
    """A trace with hostile text wherever a trace has text."""
    span = Spans()
    root = span("".join(HOSTILE[:4]), "<b>AGENT", 0, 100, inputs={k: k for k in HOSTILE}, outputs=list(HOSTILE))
    for i, text in enumerate(HOSTILE):
        parts = [
            {"type": "text", "content": "\n\n".join(HOSTILE)},
            {"type": "uri", "modality": "image", "uri": "https://evil.test/x.png"},
            {"type": "uri", "mime_type": "image/svg+xml", "uri": "data:image/svg+xml,<svg onload=parent.pwned=9>"},
            {"type": "blob", "mime_type": "image/png", "content": '"><script>window.pwned=10</script>'},
            {"type": "tool_call", "id": text, "name": text, "arguments": text},
            {"type": text, "x": text},
        ]
        span(
            text, text, i, 10, under=root, status="ERROR", inputs=text, outputs={text: text},
            attributes={
                text: text,
                semconv.INPUT_MESSAGES: [{"role": text, "name": text, "parts": parts}],
                semconv.REQUEST_MODEL: text,
                semconv.FINISH_REASONS: [text],
                semconv.TOOL_DEFINITIONS: [{"name": text, "description": text, "parameters": {text: text}}],
            },
            exception=ExceptionInfo(text, text, text),
            events=(Event(text, T0, {text: text}),),
        )  # fmt: skip
    return Trace(
        '"><script>window.pwned=11</script>', tuple(span.made), tags={t: t for t in HOSTILE}, user_id=HOSTILE[1]
    )


@pytest.fixture(scope="session")
def large() -> Callable[[int], Trace]:
    """Traces of so many spans, in a tree."""

    def make(count: int) -> Trace:
        span = Spans()
        root = span("batch", "AGENT", 0, count)
        group = root
        for i in range(count - 1):
            if i % 10 == 0:
                group = span(f"group {i}", "CHAIN", i, 10, under=root)
            else:
                span(f"step {i}", "TOOL", i, 1, under=group, inputs={"text": f"question {i} " * 10})
        return Trace(TRACE_ID, tuple(span.made))

    return make
