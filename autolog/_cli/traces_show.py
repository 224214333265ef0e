"""``autolog traces show``: one trace, or one of its spans."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict
from typing import Any, Final

from autolog._cli import output
from autolog._cli.errors import FOUND, NOTHING, USAGE, CommandError
from autolog._cli.ids import resolve
from autolog._cli.stores import opened
from autolog._model import Span, Trace
from autolog._render.detail import span_lines
from autolog._render.dialogue import dialogue_lines, span_dialogue, spoken_spans
from autolog._render.lines import Line
from autolog._render.markdown import trace_markdown
from autolog._render.messages import conversation
from autolog._render.tree import trace_lines

__all__ = ["run"]

_MOST_SPANS: Final = 1_000


def run(arguments: Namespace) -> int:
    """Show a trace."""
    with opened(arguments) as store:
        # For people, an image is a word; a program gets its bytes.
        trace = store.get_trace(resolve(store, arguments.id), blobs=arguments.json)
    if trace is None:
        raise CommandError(f"the trace {arguments.id} has just been deleted", code=NOTHING)
    span = _span(trace, arguments.span) if arguments.span else None
    if arguments.json:
        output.print_json(_messages(trace, span) if arguments.messages else (span or trace).to_dict())
    elif arguments.md:
        sys.stdout.write(output.charset().writable(trace_markdown(trace.with_spans([span]) if span else trace)))
    else:
        output.emit(_lines(trace, span, arguments))
    return FOUND


def _lines(trace: Trace, span: Span | None, arguments: Namespace) -> list[Line]:
    charset = output.charset()
    if span is not None:
        if arguments.messages:
            return span_dialogue(span, charset=charset)
        return span_lines(span, width=output.width(), charset=charset)
    if arguments.messages:
        return dialogue_lines(trace, charset=charset)
    lines = trace_lines(trace, width=output.width(), charset=charset, max_spans=None if arguments.all else _MOST_SPANS)
    if len(trace.spans) > _MOST_SPANS and not arguments.all:
        lines.append([("(--all shows them)", "dim")])
    return lines


def _span(trace: Trace, wanted: str) -> Span:
    found = [s for s in trace.spans if s.span_id.startswith(wanted.lower())]
    if len(found) == 1:
        return found[0]
    if not found:
        # People copy names from the tree as well.
        found = [s for s in trace.spans if s.name == wanted]
        if len(found) == 1:
            return found[0]
    if found:
        some = ", ".join(s.span_id for s in found[:3])
        raise CommandError(
            f"{len(found)} spans of the trace are called {wanted} ({some}...): give more of the id", code=USAGE
        )
    raise CommandError(f"the trace has no span {wanted}: --json lists them with their ids", code=NOTHING)


def _messages(trace: Trace, span: Span | None) -> list[dict[str, Any]]:
    spans = [span] if span is not None else spoken_spans(trace)
    return [{"span_id": s.span_id, "name": s.name, "messages": [asdict(m) for m in conversation(s)]} for s in spans]
