"""The words for what a span is and how it ended: all that the calling thread needs of the trace model."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["Outcome", "SpanType", "Status"]

Status = Literal["OK", "ERROR", "IN_PROGRESS"]
"""Of a span or a trace. ``IN_PROGRESS`` is a trace whose root has not ended (yet, or ever)."""

Outcome = Literal["completed", "error", "cancelled", "abandoned"]
"""How a call ended: to its end, by an error, by a cancellation, or left before its end by its caller."""


class SpanType:
    """The span types that autolog itself uses; any other string is allowed too."""

    CHAT_MODEL: Final = "CHAT_MODEL"
    LLM: Final = "LLM"
    EMBEDDING: Final = "EMBEDDING"
    RETRIEVER: Final = "RETRIEVER"
    RERANKER: Final = "RERANKER"
    TOOL: Final = "TOOL"
    AGENT: Final = "AGENT"
    CHAIN: Final = "CHAIN"
    PARSER: Final = "PARSER"
    TASK: Final = "TASK"
    UNKNOWN: Final = "UNKNOWN"
