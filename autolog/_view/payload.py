"""What the page is given: an index of all spans, and a line of JSON with the content of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from autolog import semconv
from autolog._model import Span, Trace, Usage, counted_spans
from autolog._render.facts import badge, error_text, model_of, titled
from autolog._render.header import cost_words
from autolog._render.lines import Charset
from autolog._render.numbers import clock, dollars, duration, tokens_pair, usage_words
from autolog._render.values import as_structure, compact
from autolog._render.walk import Row, rows
from autolog._view.encode import json_text, shortened

__all__ = ["WHOLE", "Limits", "Payload", "payload"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much goes into a view; ``None`` is everything. A notebook is saved with its outputs, so these stay small."""

    spans: int | None = None
    """Spans of one trace."""
    text: int | None = None
    """Characters of one text."""
    data: int = 0
    """Characters of one image or sound, in base64."""
    total: int | None = None
    """Characters of all contents together; spans beyond it are shown without theirs."""


WHOLE: Final = Limits()


@dataclass(frozen=True, slots=True)
class Payload:
    """``index`` is one JSON text, ``content`` one line of JSON for each span in the index' order."""

    index: str
    content: str


def payload(traces: Sequence[Trace], limits: Limits = WHOLE) -> Payload:
    """Give the payload of traces, in the order in which they are to be shown."""
    from autolog import __version__

    writer = _Writer(limits)
    index = {"version": __version__, "traces": [writer.trace(t) for t in traces]}
    return Payload(json_text(index), "\n".join(writer.lines))


_MORE: Final = "autolog.get_trace({id!r}).to_html('trace.html') writes all of it to a file."
_CHARSET: Final = Charset()


class _Writer:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.lines: list[str] = []
        self._room = limits.total

    def trace(self, trace: Trace) -> dict[str, Any]:
        """Give a trace's part of the index, and add its spans' lines."""
        start, end = trace.start_time_ns, _end(trace)
        first_line = len(self.lines)
        counted = {s.span_id for s in counted_spans(trace.spans)}
        walked = list(rows(trace))
        kept = walked[: self.limits.spans]
        places = {row.span.span_id: i for i, row in enumerate(kept)}
        entries = [_row(row, trace, start, places, counted) for row in kept]
        more = _MORE.format(id=trace.trace_id)
        self.lines += (
            self._line(row.span, trace.usage if row.span is trace.root else row.span.usage, more) for row in kept
        )
        return _known(
            {
                "id": trace.trace_id,
                "name": trace.name,
                "status": trace.status,
                "started": clock(trace.start_time_ns),
                "duration": duration(trace.duration_ms),
                "tokens": usage_words(trace.usage),
                "cost": cost_words(trace),
                "errors": sum(1 for s in trace.spans if s.status == "ERROR"),
                "axis": max(end - start, 0) / 1000,
                "spans": len(trace.spans),
                "rows": entries,
                "models": _models(trace),
                "facts": _facts(trace),
                "results": _results(kept),
                "line": first_line,
                "cut": f"{len(walked) - len(kept):,} more spans are not shown here. {more}"
                if len(kept) < len(walked)
                else None,
            }
        )

    def _line(self, span: Span, usage: Usage | None, more: str) -> str:
        data: dict[str, Any] = span.to_dict()
        view: dict[str, Any] = {
            "span": data,
            "started": clock(span.start_time_ns),
            "usage": usage_words(usage) if usage else None,
            "events": [duration((e.time_ns - span.start_time_ns) / 1e6) for e in span.events],
        }
        if self.limits.text is not None:
            view["span"], was_cut = shortened(data, longest=self.limits.text, longest_data=self.limits.data)
            if was_cut:
                view["cut"] = f"Long texts and pictures are cut here. {more}"
        line = json_text(_known(view))
        if self._room is None:
            return line
        if len(line) > self._room:
            bare = {
                k: v for k, v in data.items() if k not in ("inputs", "outputs", "attributes", "events", "exception")
            }
            view |= {"span": bare, "events": [], "cut": f"This span's content is left out here. {more}"}
            return json_text(_known(view))
        self._room -= len(line)
        return line


def _end(trace: Trace) -> int:
    return max((s.end_time_ns or s.start_time_ns for s in trace.spans), default=trace.start_time_ns)


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in values.items() if v is not None}


def _row(row: Row, trace: Trace, start: int, places: Mapping[str, int], counted: set[str]) -> dict[str, Any]:
    span = row.span
    # What the whole trace took stands at its root.
    total = span is trace.root and (len(trace.spans) > 1 or span.span_id in counted)
    usage, cost = (trace.usage, trace.cost) if total else (span.usage, span.cost)
    (word, _), name = titled(span, _CHARSET)
    mark = badge(span)
    first = span.attributes.get(semconv.TIME_TO_FIRST_CHUNK)
    depth = len(row.ancestors_last) - 1
    return _known(
        {
            "id": span.span_id,
            "up": places.get(span.parent_id or "", -1) if depth else -1,
            "depth": depth,
            "word": word,
            "name": name,
            "type": span.span_type,
            "status": span.status,
            "badge": mark[0].strip("[]") if mark else None,
            "from": (span.start_time_ns - start) / 1000,
            "took": None if span.end_time_ns is None else max(span.end_time_ns - span.start_time_ns, 0) / 1000,
            "first": first * 1e6 if isinstance(first, (int, float)) else None,
            "duration": duration(span.duration_ms),
            "tokens": tokens_pair(usage, arrow=" → ") or None,
            "cost": dollars(cost) or None,
            "below": True if span.usage and span.span_id not in counted and not total else None,
            "total": True if total and (usage or cost is not None) and len(trace.spans) > 1 else None,
            "model": model_of(span),
            "error": error_text(span),
            "orphan": True if row.orphan else None,
        }
    )


def _models(trace: Trace) -> list[dict[str, Any]]:
    """Give each model's calls, tokens and cost, each call counted once: as the trace's own totals."""
    by_model: dict[str, list[Span]] = {}
    for span in counted_spans(trace.spans):
        by_model.setdefault(model_of(span) or "unknown model", []).append(span)
    return [
        {
            "model": model,
            "calls": len(spans),
            "tokens": usage_words(sum((s.usage for s in spans if s.usage), Usage())),
            "cost": cost_words(trace.with_spans(spans)),
        }
        for model, spans in by_model.items()
    ]


def _facts(trace: Trace) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    if trace.session_id is not None:
        facts.append(("session", trace.session_id))
    if trace.user_id is not None:
        facts.append(("user", trace.user_id))
    facts += [(key, str(value)) for key, value in trace.tags.items()]
    facts += [(key, value if isinstance(value, str) else compact(value)) for key, value in trace.metadata.items()]
    for given in trace.feedback:
        value = given.value if isinstance(given.value, str) else compact(given.value)
        facts.append((f"feedback {given.name}", f"{value} ({given.rationale})" if given.rationale else value))
    for key, value in trace.expectations.items():
        facts.append((f"expected {key}", value if isinstance(value, str) else compact(value)))
    return facts


def _results(kept: Sequence[Row]) -> dict[str, int]:
    """Give where the answer to each tool call is told first: the call's id, the row's place."""
    found: dict[str, int] = {}
    for place, row in enumerate(kept):
        for message in _mappings(row.span.attributes.get(semconv.INPUT_MESSAGES)):
            for part in _mappings(message.get("parts")):
                if part.get("type") == "tool_call_response" and isinstance(part.get("id"), str):
                    found.setdefault(part["id"], place)
    return found


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    value = as_structure(value)
    if isinstance(value, (list, tuple)):
        for item in cast("list[Any]", value):
            if isinstance(item, Mapping):
                yield cast("Mapping[str, Any]", item)
