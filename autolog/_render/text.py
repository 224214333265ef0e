"""A trace as plain text: for logs, notebooks that show no HTML, and pipes."""

from __future__ import annotations

from autolog._model import Trace
from autolog._render.lines import Charset, plain
from autolog._render.tree import trace_lines

__all__ = ["trace_text"]


def trace_text(trace: Trace, *, width: int | None = None, encoding: str = "utf-8", max_spans: int | None = None) -> str:
    """Give a trace as a tree in plain text, without a last line break.

    ``width`` is in columns (default: as wide as needed); an ``encoding`` other than UTF gets a tree drawn in ASCII.
    """
    return plain(trace_lines(trace, width=width, charset=Charset(encoding), max_spans=max_spans))
