"""A trace's spans in the order of a tree. Total: every span comes once, whatever its parent id says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from autolog._model import Span, Trace

__all__ = ["Row", "rows"]


@dataclass(frozen=True, slots=True)
class Row:
    """A span's place: ``ancestors_last`` says of each level from the top, its own included, whether it is the last."""

    span: Span
    ancestors_last: tuple[bool, ...]
    has_children: bool
    orphan: bool
    """Its parent is not in this trace (sampled, lost, or of another process)."""


def rows(trace: Trace) -> Iterator[Row]:
    """Yield the spans as a tree reads: parents first, siblings in order of start."""
    ids = {s.span_id for s in trace.spans}
    children: dict[str, list[Span]] = {}
    tops: list[Span] = []
    for span in trace.spans:
        parent = span.parent_id or ""
        if parent in ids and parent != span.span_id:
            children.setdefault(parent, []).append(span)
        else:
            tops.append(span)
    tops += _unreachable(trace, tops, children)
    seen: set[str] = set()
    # A list and not recursion: agents that call themselves make trees deeper than Python's stack.
    stack: list[tuple[Span, tuple[bool, ...]]] = [(span, (i == 0,)) for i, span in enumerate(reversed(tops))]
    while stack:
        span, last = stack.pop()
        if span.span_id in seen:
            continue
        seen.add(span.span_id)
        below = [c for c in children.get(span.span_id, ()) if c.span_id not in seen]
        orphan = span is not trace.root and span.parent_id is not None and len(last) == 1
        yield Row(span, last, bool(below), orphan)
        stack.extend((child, (*last, i == 0)) for i, child in enumerate(reversed(below)))


def _unreachable(trace: Trace, tops: list[Span], children: dict[str, list[Span]]) -> list[Span]:
    """Give one span of each circle of parents, which no well-formed trace has: an imported one may."""
    reached: set[str] = set()
    entries: list[Span] = []

    def reach(start: Span) -> None:
        stack = [start]
        while stack:
            span = stack.pop()
            if span.span_id not in reached:
                reached.add(span.span_id)
                stack.extend(children.get(span.span_id, ()))

    for span in tops:
        reach(span)
    for span in trace.spans:
        if span.span_id not in reached:
            entries.append(span)
            reach(span)
    return entries
