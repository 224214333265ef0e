"""What is worth saying of a span on one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from autolog import semconv
from autolog._model import Span, SpanType, Usage
from autolog._render.lines import Charset, Segment
from autolog._render.numbers import duration

__all__ = ["badge", "error_text", "model_of", "notes", "titled"]

_LABELS: Final = {
    SpanType.CHAT_MODEL: ("chat", "magenta"),
    SpanType.LLM: ("llm", "magenta"),
    SpanType.EMBEDDING: ("embed", "blue"),
    SpanType.RETRIEVER: ("retrieve", "blue"),
    SpanType.RERANKER: ("rerank", "blue"),
    SpanType.TOOL: ("tool", "yellow"),
    SpanType.AGENT: ("agent", "cyan"),
    SpanType.CHAIN: ("chain", "cyan"),
    SpanType.PARSER: ("parse", "cyan"),
    SpanType.TASK: ("task", "cyan"),
    SpanType.UNKNOWN: ("span", "dim"),
}

# Ends that nobody needs to be told of.
_USUAL_ENDS: Final = frozenset({"stop", "tool_calls", "tool_call", "function_call", "completed", "end_turn"})


def titled(span: Span, charset: Charset) -> tuple[Segment, str]:
    """Give the span's type as a short word with its style, and the name.

    A name that begins with its operation, as the conventions have it (``chat gpt-4o``), says the type itself.
    """
    word, style = _LABELS.get(span.span_type) or (charset.one_line(span.span_type, limit=24).lower() or "span", "dim")
    name = charset.one_line(span.name) or "(no name)"
    first, _, rest = name.partition(" ")
    if rest and first in (word, span.attributes.get(semconv.OPERATION_NAME)):
        return (first, style), rest
    return (word, style), name


def badge(span: Span) -> Segment | None:
    """Give what must not be overlooked: an error, a call that was cut off, a span that never ended."""
    if span.end_time_ns is None:
        return "[not ended]", "yellow"
    if span.outcome in ("cancelled", "abandoned"):
        return f"[{span.outcome}]", "yellow"
    if span.status == "ERROR" or span.outcome == "error":
        return "[error]", "bold red"
    return None


def error_text(span: Span) -> str | None:
    """Give the error's type and the first line of its message, ``None`` where there was none."""
    if span.exception is not None:
        lines = span.exception.message.strip().splitlines()
        kind = span.exception.type.removeprefix("builtins.")
        return f"{kind}: {lines[0]}" if lines else kind
    error_type = span.attributes.get(semconv.ERROR_TYPE)
    return str(error_type) if error_type and span.status == "ERROR" else None


def model_of(span: Span) -> str | None:
    """Give the model that answered, else the one that was asked."""
    for name in (semconv.RESPONSE_MODEL, semconv.REQUEST_MODEL):
        model = span.attributes.get(name)
        if isinstance(model, str) and model:
            return model
    return None


def notes(span: Span, charset: Charset) -> list[str]:
    """Give what else is known, the most useful first; a display takes as many as it has room for."""
    found: list[str] = []
    model = model_of(span)
    if model and model not in span.name:
        found.append(charset.one_line(model, limit=80))
    attributes = span.attributes
    first = attributes.get(semconv.TIME_TO_FIRST_CHUNK)
    if isinstance(first, (int, float)):
        found.append(charset.writable(f"first chunk {duration(first * 1000)}"))
    chunks = attributes.get(semconv.CHUNK_COUNT)
    if isinstance(chunks, int):
        found.append(f"{chunks:,} chunks" if chunks != 1 else "1 chunk")
    retries = attributes.get(semconv.RETRY_COUNT)
    if isinstance(retries, int) and retries:
        found.append(f"{retries} retries" if retries != 1 else "1 retry")
    found += [
        f"ended by {charset.one_line(e, limit=40)}" for e in _unusual_ends(attributes.get(semconv.FINISH_REASONS))
    ]
    found += _usage_notes(span.usage)
    if semconv.USAGE_COUNTED_BEFORE in attributes:
        found.append("tokens counted before")
    return found


def _unusual_ends(reasons: Any) -> list[str]:
    if not isinstance(reasons, Sequence) or isinstance(reasons, str):
        return []
    return list(dict.fromkeys(str(r) for r in cast("Sequence[Any]", reasons) if r and r not in _USUAL_ENDS))


def _usage_notes(usage: Usage | None) -> list[str]:
    if usage is None:
        return []
    parts = ((usage.cached_input_tokens, "cached"), (usage.reasoning_tokens, "reasoning"))
    return [f"{count:,} {word}" for count, word in parts if count]
