"""Traces with everything that a display must cope with."""

from __future__ import annotations

from typing import Any

from autolog import Span, Trace, Usage, semconv
from autolog._model import ExceptionInfo

START = 1_795_000_000_000_000_000
"""2026-11-18 11:06:40 UTC"""

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
HOSTILE = "evil \x1b]0;owned\x07 [bold red]x[/] \u202egnp"


def span(number: int, parent: int | None, name: str, kind: str, begin: float, end: float | None, **more: Any) -> Span:
    """Give a span from ``begin`` to ``end`` in milliseconds after the trace's start."""
    return Span(
        span_id=f"{number:016x}",
        trace_id=more.pop("trace_id", TRACE_ID),
        parent_id=None if parent is None else f"{parent:016x}",
        name=name,
        span_type=kind,
        status=more.pop("status", "OK"),
        start_time_ns=START + round(begin * 1e6),
        end_time_ns=None if end is None else START + round(end * 1e6),
        outcome=more.pop("outcome", "completed"),
        **more,
    )


def text(role: str, said: str) -> dict[str, Any]:
    """Give a message of one text."""
    return {"role": role, "parts": [{"type": "text", "content": said}]}


ASKED = [text("system", "Be brief.\nAlways."), text("user", "Weather in Oslo? [b]")]
CALLED: list[dict[str, Any]] = [
    {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": {"city": "Oslo"}}],
        "finish_reason": "tool_call",
    }
]
RESULT = [{"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": '{"temp": 3}'}]}]
ANSWER = [
    {
        "role": "assistant",
        "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "3 degrees"}],
        "finish_reason": "stop",
    }
]

_CHAT = {
    semconv.OPERATION_NAME: "chat",
    semconv.REQUEST_MODEL: "gpt-4o-mini",
    semconv.RESPONSE_MODEL: "gpt-4o-mini-2024-07-18",
    semconv.FINISH_REASONS: ["stop"],
    semconv.INPUT_MESSAGES: ASKED,
    semconv.OUTPUT_MESSAGES: CALLED,
}


def agent_trace() -> Trace:
    """Give an agent's trace: a framework's span around a client's, a failed tool, a stream that was left, an orphan."""
    return Trace(
        TRACE_ID,
        (
            span(1, None, "support_agent", "AGENT", 0, 2310, inputs={"question": "Weather?"}, outputs="3 degrees"),
            span(2, 1, "retrieve [red]docs[/red]", "RETRIEVER", 5, 320),
            span(
                3,
                2,
                "embeddings text-embedding-3-small",
                "EMBEDDING",
                7,
                180,
                usage=Usage(input_tokens=12, total_tokens=12),
                cost=2.4e-7,
                attributes={semconv.OPERATION_NAME: "embeddings", semconv.REQUEST_MODEL: "text-embedding-3-small"},
            ),
            span(4, 1, "ChatOpenAI", "CHAT_MODEL", 330, 1400, usage=Usage(1204, 88, 1292), attributes=_CHAT),
            span(
                5,
                4,
                "chat gpt-4o-mini",
                "CHAT_MODEL",
                332,
                1398,
                usage=Usage(1204, 88, 1292, 1024),
                cost=0.000231,
                attributes={**_CHAT, semconv.TIME_TO_FIRST_CHUNK: 0.31, semconv.CHUNK_COUNT: 42},
            ),
            span(
                6,
                1,
                "execute_tool get_weather",
                "TOOL",
                1402,
                1500,
                status="ERROR",
                outcome="error",
                exception=ExceptionInfo("builtins.ValueError", "no such city: \x1b[31mOsl\xf8\x07\nsecond line"),
                attributes={semconv.OPERATION_NAME: "execute_tool"},
            ),
            span(
                7,
                1,
                "chat llama-3.3-70b",
                "CHAT_MODEL",
                1502,
                2300,
                outcome="abandoned",
                usage=Usage(1404),
                attributes={
                    semconv.REQUEST_MODEL: "llama-3.3-70b",
                    semconv.RETRY_COUNT: 1,
                    semconv.INPUT_MESSAGES: ASKED + CALLED + RESULT,
                    semconv.OUTPUT_MESSAGES: ANSWER,
                },
            ),
            span(8, 99, "\u65e5\u672c\u8a9e\u306e\u540d\u524d", "TASK", 1600, None),
        ),
        tags={"env": "prod"},
        session_id="s-1",
        user_id="u\u0308 1",
    )
