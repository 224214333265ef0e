"""The words for what a span is and how it ended: all that the calling thread needs of the trace model."""

from __future__ import annotations

from typing import Any, Final, Literal

__all__ = ["Outcome", "SpanType", "Status", "status_of"]

Status = Literal["OK", "ERROR", "IN_PROGRESS"]
"""Of a span or a trace. ``IN_PROGRESS`` is a trace whose root has not ended (yet, or ever)."""

Outcome = Literal["completed", "error", "cancelled", "abandoned"]
"""How a call ended: to its end, by an error, by a cancellation, or left before its end by its caller."""


class SpanType:
    """The names of span types; any other string is allowed too."""

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
    MEMORY: Final = "MEMORY"
    WORKFLOW: Final = "WORKFLOW"
    GUARDRAIL: Final = "GUARDRAIL"
    EVALUATOR: Final = "EVALUATOR"
    UNKNOWN: Final = "UNKNOWN"


def status_of(status: object) -> Literal["OK", "ERROR"] | None:
    """Read a status, also MLflow's and OpenTelemetry's; ``None`` for ``UNSET``. Raises ``ValueError`` for anything else."""
    said: Any = getattr(status, "status_code", status)  # of a status object; a member of an enumeration
    for word in (said, getattr(said, "name", None)):
        if word == "UNSET":
            return None
        if word == "OK":
            return "OK"
        if word == "ERROR":
            return "ERROR"
    raise ValueError(f"a span's status is 'OK' or 'ERROR', not {status!r}")
