"""Everything that is known of one span."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from autolog import semconv
from autolog._model import Span
from autolog._render.dialogue import span_dialogue
from autolog._render.facts import badge, titled
from autolog._render.lines import Charset, Line, Segment, cells, flow, pad
from autolog._render.numbers import clock, dollars, duration, usage_words
from autolog._render.safe import many_lines
from autolog._render.values import compact

__all__ = ["span_lines"]

# Shown as the conversation, or said by the heading.
_TOLD: Final = frozenset(
    {
        semconv.INPUT_MESSAGES,
        semconv.OUTPUT_MESSAGES,
        semconv.SYSTEM_INSTRUCTIONS,
        semconv.TOOL_CALL_ARGUMENTS,
        semconv.TOOL_CALL_RESULT,
        semconv.RETRIEVAL_QUERY,
    }
)
_LONGEST_VALUE: Final = 400


def span_lines(span: Span, *, width: int | None = None, charset: Charset | None = None) -> list[Line]:
    """Give a span's heading, attributes, events, conversation and traceback as lines."""
    charset = charset or Charset()
    (word, style), name = titled(span, charset)
    mark = badge(span)
    heading: list[Segment] = [
        (f"{word} {name}", style if style != "dim" else "bold"),
        mark or (span.status, "bold green"),
        (charset.writable(duration(span.duration_ms)), ""),
        (usage_words(span.usage) if span.usage else "", ""),
        (dollars(span.cost), "green"),
    ]
    identity = [f"span {span.span_id}", f"trace {span.trace_id}", clock(span.start_time_ns)]
    if span.parent_id:
        identity.insert(1, f"under {span.parent_id}")
    lines = [
        *flow((item for item in heading if item[0]), between="  ", width=width, charset=charset),
        *flow(
            ((charset.one_line(i), "dim") for i in identity),
            between=charset.glyph(" · ", ", "),
            width=width,
            charset=charset,
        ),
    ]
    lines += _section("attributes", _attribute_lines(span.attributes, charset))
    for event in span.events:
        since = charset.writable(duration((event.time_ns - span.start_time_ns) / 1e6))
        title: Line = [(f"event {charset.one_line(event.name)}", "bold"), (f"  after {since}", "dim")]
        lines += [[], title, *_attribute_lines(event.attributes, charset)]
    lines += _section("said", span_dialogue(span, charset=charset))
    if span.exception is not None:
        text = span.exception.traceback or f"{span.exception.type}: {span.exception.message}"
        lines += _section("error", [[("  " + charset.writable(line), "red")] for line in many_lines(text.rstrip())])
    return lines


def _section(title: str, lines: list[Line]) -> list[Line]:
    return [[], [(title, "bold")], *lines] if lines else []


def _attribute_lines(attributes: Mapping[str, Any], charset: Charset) -> list[Line]:
    shown = {
        charset.one_line(key, limit=80): charset.one_line(
            value if isinstance(value, str) else compact(value), limit=_LONGEST_VALUE
        )
        for key, value in sorted(attributes.items())
        if key not in _TOLD
    }
    size = max((cells(key) for key in shown), default=0)
    return [[("  " + pad(key, size) + "  ", "dim"), (value, "")] for key, value in shown.items()]
