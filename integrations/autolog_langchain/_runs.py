"""The runs that LangChain has told us of, each with its span: how one starts, is current, and ends once."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from autolog.integration import (
    LiveSpan,
    Outcome,
    Progress,
    activate,
    current_span,
    deactivate,
    is_suppressed,
    report,
    snapshot,
)

if TYPE_CHECKING:
    from uuid import UUID

    from autolog.integration import EndedCall, Fields

__all__ = ["STARTED", "Kept", "Run", "Runs"]

# Runs whose end never came (LangChain tells none where a call is cancelled early) are ended when there are more.
_MOST_OPEN = 10_000

STARTED: ContextVar[list[Run] | None] = ContextVar("autolog_langchain_started", default=None)
"""Where a guarded async call collects the run that it starts, see ``_guards``."""


class Kept:
    """What the calling thread keeps of a run for its reader: structure copied, texts shared."""

    __slots__ = ("around", "facts", "inputs", "kind", "metadata", "outputs", "owner", "serialized", "tags")

    def __init__(self, kind: str, inputs: Any = None) -> None:
        self.kind = kind
        self.inputs = inputs
        self.outputs: Any = None
        self.metadata: dict[str, Any] | None = None
        self.tags: list[str] | None = None
        self.serialized: Any = None
        self.facts: dict[str, Any] = {}
        # What was kept of the run around it: a run inherits tags and metadata, which are told once.
        self.around: Kept | None = None
        # Which embedding model or vector store it was, only ever compared with ``is`` through its id.
        self.owner = 0


class Run:
    """An open run. A hidden one (``shown`` is false) has the span of the run that it is inside."""

    __slots__ = ("activation", "children", "kept", "parent", "run_id", "shown", "span")

    def __init__(self, run_id: UUID, span: LiveSpan | None, kept: Kept | None, parent: Run | None) -> None:
        self.run_id = run_id
        self.span = span
        self.kept = kept
        self.parent = parent
        self.shown = kept is not None
        self.activation: Any = None
        self.children: dict[UUID, Run] | None = None


class Runs:
    """All open runs of this process, by LangChain's run id."""

    def __init__(self) -> None:
        self._open: dict[UUID, Run] = {}

    def __len__(self) -> int:
        return len(self._open)

    def get(self, run_id: UUID | None) -> Run | None:
        """Give an open run."""
        return self._open.get(run_id) if run_id is not None else None

    def span_of(self, run_id: UUID | None) -> LiveSpan | None:
        """Give the span of an open run."""
        run = self._open.get(run_id) if run_id is not None else None
        return run.span if run is not None else None

    def start(
        self,
        run_id: UUID,
        parent_run_id: UUID | None,
        name: str,
        span_type: str,
        kept: Kept,
        read: Callable[[EndedCall], Fields],
    ) -> Run | None:
        """Start a run's span; ``None`` inside ``suppress()``."""
        if is_suppressed() or run_id in self._open:
            return None
        outer = self.get(parent_run_id)
        kept.around = outer.kept if outer is not None else None
        span = LiveSpan(name, span_type, parent=self._parent(outer), integration="langchain", capture=kept, read=read)
        return self._add(Run(run_id, span, kept, outer))

    def hide(self, run_id: UUID, parent_run_id: UUID | None) -> None:
        """Start a run without a span of its own."""
        outer = self.get(parent_run_id)
        if outer is not None:
            self._add(Run(run_id, outer.span, None, outer))

    def _parent(self, outer: Run | None) -> LiveSpan | None:
        """Find the span that a run is in: its parent run's, or one that the program opened inside of that."""
        here = current_span()
        if outer is None or outer.span is None:
            return here
        return here if here is not None and here.is_inside(outer.span) else outer.span

    def _add(self, run: Run) -> Run:
        self._open[run.run_id] = run
        outer = run.parent
        if outer is not None:
            if outer.children is None:
                outer.children = {}
            outer.children[run.run_id] = run
        started = STARTED.get()
        if started is not None and not started and run.shown:
            started.append(run)
        if len(self._open) > _MOST_OPEN:
            self._drop_oldest()
        return run

    def _drop_oldest(self) -> None:
        oldest = next((run for run in list(self._open.values()) if not run.children), None)
        if oldest is not None:
            self.close(oldest, "abandoned")

    def open_window(self, run: Run) -> None:
        """Make a run's span current: from now on the library's own code runs, until :meth:`close_window`."""
        if run.span is not None and run.activation is None:
            run.activation = activate(run.span)

    def close_window(self, run: Run) -> None:
        """Make current again what was before."""
        activation = run.activation
        if activation is not None:
            run.activation = None
            deactivate(activation)

    def chunk(self, run: Run, now_ns: int) -> None:
        """Note that a chunk came, before the program gets it: what the program does with it is not the run's."""
        if run.activation is not None:
            self.close_window(run)
        span = run.span
        if span is None:
            return
        progress = span.progress
        if progress is None:
            progress = span.progress = Progress()
            progress.first_ns = now_ns
        progress.count += 1
        progress.last_ns = now_ns

    def end(self, run_id: UUID) -> Run | None:
        """Take a run out; what is left is to end its span with :meth:`finish` or :meth:`fail`."""
        run = self._open.pop(run_id, None)
        if run is None:
            return None
        if run.parent is not None and run.parent.children is not None:
            run.parent.children.pop(run_id, None)
        self.close_window(run)
        return run

    def finish(self, run: Run, outputs: Any) -> None:
        """End the span of a run that came to its end."""
        if not run.shown or run.span is None:
            return
        try:
            if run.kept is not None:
                run.kept.outputs = outputs
        finally:
            run.span.end()

    def fail(self, run: Run, error: BaseException) -> None:
        """End the span of a run that raised; where it was cancelled, what still runs inside it too."""
        if run.run_id in self._open:
            self.end(run.run_id)
        span = run.span
        if span is None:
            return
        if not run.shown or span.end_time_ns is not None:
            return
        try:
            if is_control_flow(error):
                self._note_control_flow(run, error)
            else:
                span.record_exception(error)
        except Exception as e:
            report("reading an exception of LangChain", e)
        finally:
            if span.outcome == "cancelled":
                self.close_children(run, "cancelled")
            span.end()

    def _note_control_flow(self, run: Run, error: BaseException) -> None:
        if run.kept is None:
            return
        interrupted = type(error).__name__ == "GraphInterrupt"
        run.kept.facts["interrupted"] = interrupted
        run.kept.outputs = snapshot(list(error.args))
        if interrupted and run.parent is not None and run.parent.kept is not None:
            run.parent.kept.facts["interrupted"] = True  # the outermost graph ends as if it had come to its end

    def close(self, run: Run, outcome: Outcome) -> None:
        """End a run whose own end does not come, and what is open inside it."""
        self.close_children(run, outcome)
        self.end(run.run_id)
        if run.shown and run.span is not None:
            run.span.end(outcome=outcome)

    def close_children(self, run: Run, outcome: Outcome) -> None:
        """End what is open inside a run."""
        for child in list((run.children or {}).values()):
            self.close(child, outcome)


def is_control_flow(error: BaseException) -> bool:
    """Tell LangGraph's control flow (interrupts, hand-overs to a parent graph, draining) from an error, by class name."""
    return any(kind.__name__ == "GraphBubbleUp" for kind in type(error).__mro__)
