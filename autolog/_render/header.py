"""What is said of a trace above its tree: name, status, totals, and what identifies it."""

from __future__ import annotations

from typing import Final

from autolog._model import Trace, counted_spans
from autolog._render.lines import Charset, Line, Segment, flow
from autolog._render.numbers import clock, dollars, duration, usage_words

__all__ = ["STATUS_STYLE", "cost_words", "header_lines"]

STATUS_STYLE: Final = {"OK": "bold green", "ERROR": "bold red", "IN_PROGRESS": "bold yellow"}


def header_lines(trace: Trace, *, width: int | None, charset: Charset) -> list[Line]:
    """Give the header in as many lines as ``width`` needs."""
    first: list[Segment] = [
        (charset.one_line(trace.name) or "(no name)", "bold"),
        (trace.status.replace("_", " "), STATUS_STYLE.get(trace.status, "")),
        (charset.writable(duration(trace.duration_ms)), ""),
        (usage_words(trace.usage), ""),
        (cost_words(trace), "green"),
    ]
    spans = len(trace.spans)
    second = [
        f"trace {charset.one_line(trace.trace_id)}",
        clock(trace.start_time_ns),
        f"{spans:,} span{'s' * (spans != 1)}",
    ]
    if trace.session_id is not None:
        second.append(f"session {charset.one_line(trace.session_id, limit=80)}")
    if trace.user_id is not None:
        second.append(f"user {charset.one_line(trace.user_id, limit=80)}")
    second += [charset.one_line(f"{key}={value}", limit=80) for key, value in trace.tags.items()]
    between = charset.glyph(" · ", ", ")
    return [
        *flow((item for item in first if item[0]), between="  ", width=width, charset=charset),
        *flow(((text, "dim") for text in second), between=between, width=width, charset=charset),
    ]


def cost_words(trace: Trace) -> str:
    """Give the cost, and for how many calls no price is known: an unknown price is never a zero."""
    counted = list(counted_spans(trace.spans))
    unpriced = sum(1 for s in counted if s.cost is None)
    if trace.cost is None:
        return "cost unknown" if counted else ""
    known = dollars(trace.cost)
    return f"{known} + {unpriced} unpriced call{'s' * (unpriced != 1)}" if unpriced else known
