"""Traces as nested plain dicts, small and the same on every run, and the difference of two such trees as text."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

from autolog import semconv
from autolog._model import Span, Trace, Usage
from autolog._render.facts import model_of
from autolog._render.walk import rows

__all__ = ["Tree", "difference", "short_tokens", "tree_lines", "tree_of"]

Tree = list[dict[str, Any]]
"""Spans as dicts with ``name``, ``type`` and, where there is something to say, ``status``, ``children`` and more."""

# Ends that are no news.
_USUAL_ENDS: Final = frozenset({"stop", "tool_calls", "function_call"})
_SHORT_NAMES: Final = {
    "input_tokens": "input",
    "output_tokens": "output",
    "total_tokens": "total",
    "cached_input_tokens": "cached",
    "cache_creation_tokens": "cache_creation",
    "reasoning_tokens": "reasoning",
    "audio_input_tokens": "audio_input",
    "audio_output_tokens": "audio_output",
}
_LONGEST: Final = 120


def short_tokens(usage: Usage) -> dict[str, int]:
    """Give the counts that say something: no zeros of details, no total that is input and output together."""
    counts = {_SHORT_NAMES[name]: count for name, count in usage.to_dict().items()}
    if counts.get("total") == counts.get("input", 0) + counts.get("output", 0):
        del counts["total"]
    return {name: count for name, count in counts.items() if count or name in ("input", "output", "total")}


def tree_of(traces: Iterable[Trace], *, content: bool = False, ids: bool = False, times: bool = False) -> Tree:
    """Give the root spans of these traces with their children inside them, siblings in order of start.

    ``content`` adds ``inputs`` and ``outputs``, ``ids`` the span ids, ``times`` start and end in nanoseconds.
    """
    roots: Tree = []
    for trace in traces:
        # The dicts from the root to the last span: a list and not recursion, for deep trees.
        path: Tree = []
        for row in rows(trace):
            depth = len(row.ancestors_last) - 1
            node = _node(row.span, content=content, ids=ids, times=times)
            (path[depth - 1].setdefault("children", []) if depth else roots).append(node)
            path[depth:] = [node]
    return roots


def _node(span: Span, *, content: bool, ids: bool, times: bool) -> dict[str, Any]:
    attributes = span.attributes
    node: dict[str, Any] = {"name": span.name, "type": span.span_type}
    if span.status != "OK":
        node["status"] = span.status
        node["error"] = span.exception.type if span.exception else attributes.get(semconv.ERROR_TYPE)
    if span.outcome in ("cancelled", "abandoned"):
        node["outcome"] = span.outcome
    model = model_of(span)
    if model is not None:
        node["model"] = model
    if span.usage:
        node["tokens"] = short_tokens(span.usage)
    ends = [str(end) for end in attributes.get(semconv.FINISH_REASONS) or () if end not in _USUAL_ENDS]
    if ends:
        node["ended_by"] = ends
    tools = attributes.get(semconv.TOOL_CALLS)
    if tools:
        node["tools"] = [str(tool) for tool in tools]
    if attributes.get(semconv.RETRY_COUNT):
        node["retries"] = attributes[semconv.RETRY_COUNT]
    if ids:
        node["id"] = span.span_id
    if times:
        node |= {"start_ns": span.start_time_ns, "end_ns": span.end_time_ns}
    if content:
        node |= {name: value for name in ("inputs", "outputs") if (value := getattr(span, name)) is not None}
    return node


def tree_lines(tree: Sequence[Any]) -> list[str]:
    """Give a tree as lines, a span a line, children indented below their parent."""
    lines: list[str] = []
    for depth, node in _walk(tree):
        lines.append("  " * depth + _line(node))
    return lines


def _walk(tree: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    stack: list[tuple[int, Any]] = [(0, node) for node in reversed(tree)]
    while stack:
        depth, node = stack.pop()
        yield depth, node
        if isinstance(node, Mapping):
            children = cast("Mapping[str, Any]", node).get("children")
            if isinstance(children, (list, tuple)):
                below = cast("Sequence[Any]", children)
                stack += [(depth + 1, child) for child in reversed(below)]


def _line(node: Any) -> str:
    if not isinstance(node, Mapping):
        return _short(node)
    node = cast("Mapping[str, Any]", node)
    said = [f"{node.get('type', '?')} {node.get('name', '?')}"]
    for key, value in node.items():
        if key == "tokens" and isinstance(value, Mapping):
            counts = cast("Mapping[str, Any]", value)
            said.append(f"tokens {', '.join(f'{count} {name}' for name, count in counts.items())}")
        elif key == "tools" and isinstance(value, (list, tuple)):
            said.append(f"calls {', '.join(map(str, cast('Sequence[Any]', value)))}")
        elif key not in ("name", "type", "children"):
            said.append(f"{key} {_short(value)}")
    return " | ".join(said)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def difference(expected: Sequence[Any], actual: Sequence[Any]) -> list[str]:
    """Give two trees as one, lines that are only expected marked with ``-``, those that are only there with ``+``.

    A line that starts with ``?`` points at what differs in the line above it. Empty where the lines are equal.
    """
    old, new = tree_lines(expected), tree_lines(actual)
    if old == new:
        return []
    return [line.rstrip() for line in difflib.ndiff(old, new)]
