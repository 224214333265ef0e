"""A trace in HTML without a script or a style sheet: for where a notebook's front end lets neither through.

JupyterLab keeps ``details`` and ``style`` attributes of a notebook that is not trusted, and takes out everything else
(measured with 4.6); GitHub and nbviewer do so too.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from autolog._model import Span, Trace
from autolog._render.facts import badge, error_text, titled
from autolog._render.header import cost_words
from autolog._render.lines import Charset
from autolog._render.messages import inputs_said, outputs_said
from autolog._render.numbers import dollars, duration, tokens_pair, usage_words
from autolog._render.safe import many_lines
from autolog._render.walk import Row, rows

__all__ = ["static_html"]

_CHARSET: Final = Charset()
_SPANS: Final = 60
_SAID: Final = 240
_COLOURS: Final = {"magenta": "#8250df", "yellow": "#b45309", "blue": "#0969da", "cyan": "#0f766e"}


def static_html(traces: Sequence[Trace], *, spans: int = _SPANS) -> str:
    """Give the traces' trees, the first unfolded, with a short look at what each span was given and gave."""
    return "".join(_trace(trace, spans, is_open=i == 0) for i, trace in enumerate(traces))


def _trace(trace: Trace, limit: int, *, is_open: bool) -> str:
    facts = [duration(trace.duration_ms), usage_words(trace.usage), cost_words(trace)]
    if trace.status != "OK":
        facts.insert(0, trace.status.replace("_", " ").lower())
    walked = list(rows(trace))
    start = trace.start_time_ns
    whole = max((s.end_time_ns or s.start_time_ns for s in trace.spans), default=start) - start
    body = "".join(_row(row, start, whole) for row in walked[:limit])
    if len(walked) > limit:
        body += f"<div>… {len(walked) - limit:,} more spans</div>"
    return (
        f'<details{" open" if is_open else ""} style="font:13px/1.5 sans-serif">'
        f"<summary><b>{_own(trace.name)}</b> {_text(' · '.join(filter(None, facts)))}</summary>{body}</details>"
    )


def _row(row: Row, start: int, whole: int) -> str:
    span = row.span
    (word, colour), name = titled(span, _CHARSET)
    mark = badge(span)
    facts = " · ".join(filter(None, (duration(span.duration_ms), tokens_pair(span.usage), dollars(span.cost))))
    title = (
        f'<span style="color:{_COLOURS.get(colour, "#57606a")}">{_text(word)}</span> {_own(name)}'
        + (f' <span style="color:#cf222e">{_text(mark[0])}</span>' if mark else "")
        + f' <span style="color:#808080">{_text(facts)}</span>{_bar(span, start, whole)}'
    )
    indent = f"margin-left:{min(len(row.ancestors_last), 30) * 14}px"
    said = _said(span)
    return f'<details style="{indent}"><summary>{title}</summary>{said}</details>' if said else (
        f'<div style="{indent}">{title}</div>'
    )  # fmt: skip


def _bar(span: Span, start: int, whole: int) -> str:
    if whole <= 0 or span.end_time_ns is None:
        return ""
    begin = 100 * (span.start_time_ns - start) / whole
    width = max(0.5, 100 * (span.end_time_ns - span.start_time_ns) / whole)
    colour = "#cf222e" if span.status == "ERROR" else "#8c959f"
    return f'<div style="height:3px;width:{width:.1f}%;margin-left:{min(begin, 99.5):.1f}%;background:{colour}"></div>'


def _said(span: Span) -> str:
    lines: list[str] = []
    # What came last says most of what a call was given: the rest is its history.
    for message in (*inputs_said(span)[-1:], *outputs_said(span)[:3]):
        text = "\n".join(" ".join(filter(None, (p.title, p.text))) for p in message.parts)
        lines.append(f"<b>{_own(message.role)}</b> {_own(text)}")
    error = error_text(span)
    if error is not None:
        lines.append(f'<span style="color:#cf222e">{_own(error)}</span>')
    return f'<div style="margin-left:14px;white-space:pre-wrap">{"<br>".join(lines)}</div>' if lines else ""


def _own(text: str) -> str:
    """Give somebody's text so that it runs the way its letters do, and turns nothing around that stands beside it."""
    return f"<bdi>{_text(text)}</bdi>"


def _text(text: str) -> str:
    cut = text if len(text) <= _SAID else f"{text[:_SAID]}…"
    return escape("\n".join(many_lines(cut)))
