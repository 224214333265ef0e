"""Starts and ends runs for the handler. A failure of ours is reported here, and not left to LangChain, which logs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from autolog.integration import report, snapshot
from autolog_langchain._describe import describe_trace, name_of
from autolog_langchain._keep import keep_error
from autolog_langchain._later import read
from autolog_langchain._runs import Kept, Run, Runs

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["Recorder"]

_HIDDEN: Final = "langsmith:hidden"  # how LangGraph marks what is no user's business


class Recorder:
    """Begins and ends runs. ``on`` is false once tracing is off: no run begins, and those that are open end."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self.on = True

    def start(
        self,
        kind: str,
        span_type: str,
        serialized: Any,
        make: Callable[[], Any],
        run_id: UUID,
        about: Mapping[str, Any],
    ) -> Run | None:
        """Start a run; ``make`` gives what is kept of its inputs, ``about`` is what else LangChain says of it."""
        if not self.on:
            return None
        try:
            tags, metadata, parent_run_id = about.get("tags"), about.get("metadata"), about.get("parent_run_id")
            if tags and _HIDDEN in tags:
                self.runs.hide(run_id, parent_run_id)
                return None
            kept = Kept(kind, make())
            kept.serialized = serialized
            kept.tags = list(tags) if tags else None
            kept.metadata = snapshot(metadata) if metadata else None
            name = about.get("name") or name_of(serialized, kind)
            run = self.runs.start(run_id, parent_run_id, name, span_type, kept, read)
            if run is not None and run.parent is None and run.span is not None:
                describe_trace(run.span, kept)
        except Exception as e:
            report(f"starting a {kind} of LangChain", e)
            return None
        return run

    def end(self, run_id: UUID, make: Callable[[], Any]) -> None:
        """End a run; ``make`` gives what is kept of its outputs."""
        outputs: Any = None
        run = self.runs.end(run_id)
        if run is None:
            return
        try:
            if run.shown:
                outputs = make()
        except Exception as e:
            report("reading a result of LangChain", e)
        finally:
            self.runs.finish(run, outputs)

    def fail(self, run_id: UUID, error: BaseException, response: Any = None) -> None:
        """End a run that raised."""
        run = self.runs.end(run_id)
        if run is None:
            return
        try:
            if run.kept is not None and run.kept.kind in ("chat", "llm"):
                run.kept.facts.update(keep_error(error, response))
        except Exception as e:
            report("reading an exception of LangChain", e)
        finally:
            self.runs.fail(run, error)

    def inputs(self, run_id: UUID, inputs: Any) -> None:
        """Note the inputs of a run that has begun without them."""
        try:
            run = self.runs.get(run_id)
            if run is not None and run.kept is not None:
                run.kept.inputs = snapshot(inputs)
        except Exception as e:
            report("reading the inputs of a chain", e)

    def note(self, run_id: UUID, event: str, make: Callable[[], dict[str, Any]]) -> None:
        """Note something that happens in a run."""
        try:
            run = self.runs.get(run_id)
            if run is not None and run.span is not None:
                run.span.add_event(event, make())
        except Exception as e:
            report(f"noting the event {event}", e)
