"""The line that ``autolog run --summary`` says at the end: what this process traced."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from autolog._model import Span, Trace
from autolog._render.header import cost_words
from autolog._render.numbers import usage_words

__all__ = ["Tally", "summarise_at_exit"]


class Tally:
    """An exporter that keeps of each span what totals need, and nothing that was said."""

    def __init__(self) -> None:
        self._spans: dict[str, list[Span]] = {}

    def export(self, traces: Sequence[Trace]) -> None:
        """Note the spans of these parts of traces."""
        for trace in traces:
            kept = self._spans.setdefault(trace.trace_id, [])
            kept += [
                replace(s, inputs=None, outputs=None, attributes={}, events=(), exception=None) for s in trace.spans
            ]

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002
        """Nothing is held back."""
        return True

    def close(self) -> None:
        """Nothing is open."""

    def words(self) -> str:
        """Say what was traced."""
        if not self._spans:
            return "nothing was traced (`autolog doctor` finds out why)"
        traces = [Trace(trace_id, tuple(spans)) for trace_id, spans in self._spans.items()]
        # One trace of all spans: its totals are the totals.
        whole = Trace("", tuple(s for t in traces for s in t.spans))
        errors = sum(1 for t in traces if t.status == "ERROR")
        parts = [
            _counted(len(traces), "trace"),
            _counted(len(whole.spans), "span"),
            _counted(errors, "error") if errors else "",
            usage_words(whole.usage),
            cost_words(whole),
        ]
        return ", ".join(filter(None, parts))


def summarise_at_exit() -> None:
    """Say the line on standard error when the interpreter ends, after everything that is registered from now on."""
    import autolog
    from autolog import _control

    tally = Tally()
    autolog.configure(exporters=(*_control.settings().exporters, tally))

    def say() -> None:
        autolog.flush()
        store = _control.settings().store
        where = f" -> {os.path.abspath(store)}" if store else ""
        if sys.stderr is not None:  # pyright: ignore[reportUnnecessaryComparison]
            sys.stderr.write(f"autolog: {tally.words()}{where}\n")

    atexit.register(say)


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"
