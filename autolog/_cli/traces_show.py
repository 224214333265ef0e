"""``autolog traces show``: one trace, or one of its spans."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

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

if TYPE_CHECKING:
    from autolog._store import Store

__all__ = ["run"]

_MOST_SPANS: Final = 1_000


def run(arguments: Namespace) -> int:
    """Show a trace."""
    ids: list[str] = [arguments.id] if isinstance(arguments.id, str) else arguments.id
    file: str | None = arguments.html
    if len(ids) > 1 and file is None:
        raise CommandError("more than one trace is shown in a file only: add --html FILE", code=USAGE)
    if file is not None and (arguments.span or arguments.messages or arguments.all):
        raise CommandError("--html shows all spans and messages: leave out --span, --messages and --all", code=USAGE)
    with opened(arguments) as store:
        # For people, an image is a word; a program and a page get its bytes.
        traces = [_trace(store, i, blobs=arguments.json or file is not None) for i in ids]
    if file is not None:
        return _write_page(traces, file)
    (trace,) = traces
    span = _span(trace, arguments.span) if arguments.span else None
    if arguments.json:
        output.print_json(_messages(trace, span) if arguments.messages else (span or trace).to_dict())
    elif arguments.md:
        sys.stdout.write(output.charset().writable(trace_markdown(trace.with_spans([span]) if span else trace)))
    else:
        output.emit(_lines(trace, span, arguments))
    return FOUND


def _trace(store: Store, wanted: str, *, blobs: bool) -> Trace:
    trace = store.get_trace(resolve(store, wanted), blobs=blobs)
    if trace is None:
        raise CommandError(f"the trace {wanted} has just been deleted", code=NOTHING)
    return trace


def _write_page(traces: list[Trace], file: str) -> int:
    from autolog._view.page import html

    try:
        html(traces, file)
    except OSError as e:
        raise CommandError(f"{file} cannot be written: {e.strerror or e}", code=USAGE) from e
    output.note(f"wrote {len(traces):,} trace{'s' * (len(traces) != 1)} to {file}")
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
