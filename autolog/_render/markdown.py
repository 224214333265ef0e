"""A trace as Markdown: for an issue, a review, or the window of another model."""

from __future__ import annotations

import re
from typing import Final

from autolog._model import Trace
from autolog._render.dialogue import Turn, turns
from autolog._render.header import cost_words
from autolog._render.numbers import clock, duration, usage_words
from autolog._render.safe import many_lines, one_line
from autolog._render.text import trace_text

__all__ = ["trace_markdown"]

_TICKS: Final = re.compile("`+")
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_TREE_WIDTH: Final = 100


def trace_markdown(trace: Trace) -> str:
    """Give a trace as Markdown: totals, tree, what was said, tracebacks. Texts of the trace stand in code blocks."""
    facts = {
        "status": trace.status,
        "duration": duration(trace.duration_ms),
        "tokens": usage_words(trace.usage),
        "cost": cost_words(trace),
        "started": clock(trace.start_time_ns),
        "trace": one_line(trace.trace_id),
        "session": one_line(trace.session_id or ""),
        "user": one_line(trace.user_id or ""),
        "tags": ", ".join(one_line(f"{k}={v}", limit=80) for k, v in trace.tags.items()),
    }
    parts = [f"# {_escaped(one_line(trace.name))}", "\n".join(f"- {k}: {_escaped(v)}" for k, v in facts.items() if v)]
    parts.append(_fenced(trace_text(trace, width=_TREE_WIDTH)))
    for turn in turns(trace):
        parts += _said(turn)
    for span in trace.spans:
        if span.exception is not None:
            text = span.exception.traceback or f"{span.exception.type}: {span.exception.message}"
            parts += [f"## Error in {_escaped(one_line(span.name))}", _fenced("\n".join(many_lines(text.rstrip())))]
    return "\n\n".join(parts) + "\n"


def _said(turn: Turn) -> list[str]:
    if not turn.messages:
        return []
    parts = [f"## {_escaped(one_line(turn.span.name))}"]
    if turn.history:
        parts.append(turn.history)
    for message in turn.messages:
        parts.append(f"**{_escaped(one_line(message.role))}** {_escaped(one_line(message.note))}".rstrip())
        for part in message.parts:
            if part.title:
                parts.append(_escaped(one_line(part.title)))
            if part.text:
                parts.append(_fenced("\n".join(many_lines(part.text))))
    return parts


def _fenced(text: str) -> str:
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
