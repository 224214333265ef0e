"""The few names beside the conventions that Phoenix, MLflow and Langfuse need to show a span as it was.

Phoenix reads OpenInference's names; MLflow those, and its own before them; Langfuse its own. What each of them misses
in the conventions alone: Phoenix the text of a call in its list, and every kind that is not a model's or a tool's;
MLflow a retrieval's type and content, and the total of an embedding; Langfuse adds cached tokens to all input tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from autolog import semconv
from autolog._model import Span, SpanType, Trace, Usage
from autolog._otel.values import json_text

__all__ = ["INPUT_CONTENT", "OUTPUT_CONTENT", "Profile", "overlay"]

Profile = Literal["all", "otel"]
"""``all``: the conventions' names and these. ``otel``: the conventions' alone."""

_JSON: Final = "application/json"
_TEXT: Final = "text/plain"

# OpenInference has no kind for anything that is none of these: a chain is its word for any step.
_KINDS: Final[Mapping[str, str]] = {
    SpanType.CHAT_MODEL: "LLM",
    SpanType.LLM: "LLM",
    SpanType.EMBEDDING: "EMBEDDING",
    SpanType.RETRIEVER: "RETRIEVER",
    SpanType.RERANKER: "RERANKER",
    SpanType.TOOL: "TOOL",
    SpanType.AGENT: "AGENT",
}
_TOKENS: Final = (
    ("input_tokens", semconv.OPENINFERENCE_INPUT_TOKENS),
    ("output_tokens", semconv.OPENINFERENCE_OUTPUT_TOKENS),
    ("cached_input_tokens", semconv.OPENINFERENCE_CACHE_READ_TOKENS),
    ("cache_creation_tokens", semconv.OPENINFERENCE_CACHE_WRITE_TOKENS),
    ("cache_creation_tokens", semconv.LEGACY_CACHE_CREATION_TOKENS),
    ("audio_input_tokens", semconv.OPENINFERENCE_AUDIO_INPUT_TOKENS),
    ("reasoning_tokens", semconv.OPENINFERENCE_REASONING_TOKENS),
    ("audio_output_tokens", semconv.OPENINFERENCE_AUDIO_OUTPUT_TOKENS),
)
INPUT_CONTENT: Final = (semconv.INPUT_MESSAGES, semconv.TOOL_CALL_ARGUMENTS, semconv.RETRIEVAL_QUERY)
OUTPUT_CONTENT: Final = (semconv.OUTPUT_MESSAGES, semconv.TOOL_CALL_RESULT, semconv.RETRIEVAL_DOCUMENTS)


def overlay(span: Span, trace: Trace, *, counts: bool) -> dict[str, Any]:
    """Give the attributes beside the conventions'; content only where the span still holds it."""
    found: dict[str, Any] = {
        semconv.OPENINFERENCE_SPAN_KIND: _KINDS.get(span.span_type, "CHAIN"),
        semconv.MLFLOW_SPAN_TYPE: span.span_type,
    }
    found.update(
        _content(
            _first(span.inputs, span.attributes, INPUT_CONTENT),
            semconv.OPENINFERENCE_INPUT,
            semconv.OPENINFERENCE_INPUT_MIME_TYPE,
        )
    )
    found.update(
        _content(
            _first(span.outputs, span.attributes, OUTPUT_CONTENT),
            semconv.OPENINFERENCE_OUTPUT,
            semconv.OPENINFERENCE_OUTPUT_MIME_TYPE,
        )
    )
    if span.usage and counts:
        found.update(_usage(span.usage))
        if span.cost is not None:
            found[semconv.LANGFUSE_COST_DETAILS] = json_text({"total": span.cost})
    if span.parent_id is None:
        found.update(_trace(span, trace))
    return found


def _first(value: Any, attributes: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    if value is not None:
        return value
    return next((attributes[name] for name in names if attributes.get(name) is not None), None)


def _content(value: Any, name: str, mime_name: str) -> dict[str, str]:
    if value is None:
        return {}
    if isinstance(value, str):
        return {name: value, mime_name: _TEXT}
    return {name: json_text(value), mime_name: _JSON}


def _usage(usage: Usage) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(usage, field) for field, name in _TOKENS}
    # Where MLflow finds one of OpenInference's counts it reads no other names: the total goes with all of them.
    total = usage.total_tokens
    if total is None and (usage.input_tokens is not None or usage.output_tokens is not None):
        total = (usage.input_tokens or 0) + (usage.output_tokens or 0)
    found[semconv.OPENINFERENCE_TOTAL_TOKENS] = total
    found[semconv.LANGFUSE_USAGE_DETAILS] = json_text(_exclusive(usage, total))
    return found


def _exclusive(usage: Usage, total: int | None) -> dict[str, int]:
    """Give the counts as Langfuse adds and prices them: no token in two of them, under its names."""
    parts = {
        "input": _less(usage.input_tokens, usage.cached_input_tokens, usage.cache_creation_tokens),
        "input_cached_tokens": usage.cached_input_tokens,
        "input_cache_creation": usage.cache_creation_tokens,
        "output": _less(usage.output_tokens, usage.reasoning_tokens),
        "output_reasoning_tokens": usage.reasoning_tokens,
        "total": total,
    }
    return {name: count for name, count in parts.items() if count is not None}


def _less(whole: int | None, *parts: int | None) -> int | None:
    return None if whole is None else max(0, whole - sum(part or 0 for part in parts))


def _trace(root: Span, trace: Trace) -> dict[str, Any]:
    found: dict[str, Any] = {semconv.MLFLOW_TRACE_NAME: root.name, semconv.LANGFUSE_TRACE_NAME: root.name}
    if trace.tags:
        # Langfuse and Phoenix have tags without values.
        words = [f"{key}:{value}" if value else key for key, value in trace.tags.items()]
        found[semconv.LANGFUSE_TRACE_TAGS] = words
        found[semconv.OPENINFERENCE_TAGS] = words
        found.update({semconv.MLFLOW_TRACE_TAG_PREFIX + key: value for key, value in trace.tags.items()})
    if trace.metadata:
        found[semconv.OPENINFERENCE_METADATA] = json_text(trace.metadata)
    return found
