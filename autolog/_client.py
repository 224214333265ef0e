"""Traces and spans that a program starts and ends by their ids, from any thread, without a context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from autolog import _control, _finding
from autolog._model import Feedback, Trace
from autolog._names import SpanType
from autolog._tracing import by_id, sources
from autolog._tracing.context import is_suppressed
from autolog._tracing.labels import label, tag_value
from autolog._tracing.snapshot import snapshot
from autolog._tracing.span import LiveSpan, TraceState

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Client"]


class Client:
    """Explicit control over traces: every method may be called from any thread, and none looks at the context.

    ``autolog.trace`` and ``autolog.start_span`` are simpler wherever a call begins and ends in the same place.
    """

    def start_trace(
        self,
        name: str,
        span_type: str = SpanType.UNKNOWN,
        inputs: Any = None,
        attributes: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        start_time_ns: int | None = None,
    ) -> LiveSpan:
        """Start a trace and give its root span, whose ``trace_id`` and ``span_id`` the other methods take.

        It is recorded when :meth:`end_trace` is called; if that never happens, it is kept as incomplete at exit.
        """
        root = _start(name, span_type, None, inputs, attributes, start_time_ns)
        label(root.trace, tags=tags, metadata=metadata, session_id=session_id, user_id=user_id)
        by_id.add(root, root=True)
        return root

    def start_span(
        self,
        name: str,
        trace_id: str,
        parent_id: str | None = None,
        span_type: str = SpanType.UNKNOWN,
        inputs: Any = None,
        attributes: Mapping[str, Any] | None = None,
        start_time_ns: int | None = None,
    ) -> LiveSpan:
        """Start a span in a trace that runs, below the span ``parent_id``, by default below the root.

        The trace may be one of :meth:`start_trace`, or the one that is current here. A parent may have ended before.
        Raises ``ValueError`` for a trace or a parent that is not known here, or a trace that is over.
        """
        span = _start(name, span_type, by_id.parent(trace_id, parent_id), inputs, attributes, start_time_ns)
        by_id.add(span)
        return span

    def end_span(
        self,
        trace_id: str,
        span_id: str,
        outputs: Any = None,
        attributes: Mapping[str, Any] | None = None,
        status: Literal["OK", "ERROR"] = "OK",
        end_time_ns: int | None = None,
    ) -> None:
        """End a span; its children may end later, and its parent may have ended before.

        Raises ``ValueError`` for a span that is not known or has ended already, and for a status that is neither
        ``"OK"`` nor ``"ERROR"``.
        """
        _check_status(status)
        span = by_id.take(trace_id, span_id)
        if attributes:
            span.set_attributes(attributes)
        if outputs is not None:
            span.set_outputs(outputs)
        if status == "ERROR":  # an exception that was recorded stays an error
            span.set_status(status)
        span.end(end_time_ns=end_time_ns)

    def end_trace(
        self,
        trace_id: str,
        outputs: Any = None,
        attributes: Mapping[str, Any] | None = None,
        status: Literal["OK", "ERROR"] = "OK",
        end_time_ns: int | None = None,
    ) -> None:
        """End the root of a trace. Spans below it that are still open go on, and are recorded when they end.

        Raises ``ValueError`` for a trace that is not known or has ended already.
        """
        _check_status(status)
        self.end_span(trace_id, by_id.root(trace_id).span_id, outputs, attributes, status, end_time_ns)

    def get_trace(self, trace_id: str) -> Trace | None:
        """Give a trace, as :func:`autolog.get_trace` does."""
        return _finding.get_trace(trace_id)

    @overload
    def search_traces(
        self, filter_string: str | None = None, *, return_type: Literal["list"] = "list", **options: Any
    ) -> list[Trace]: ...

    @overload
    def search_traces(
        self, filter_string: str | None = None, *, return_type: Literal["pandas"], **options: Any
    ) -> DataFrame: ...

    @overload
    def search_traces(
        self, filter_string: str | None = None, *, return_type: Literal["arrow"], **options: Any
    ) -> Any: ...

    def search_traces(
        self,
        filter_string: str | None = None,
        *,
        return_type: Literal["list", "pandas", "arrow"] = "list",
        **options: Any,
    ) -> Any:
        """Find traces, with the options of :func:`autolog.search_traces`; as a list where nothing else is asked for."""
        search = cast("Any", _finding.search_traces)
        return search(filter_string, return_type=return_type, **options)

    def delete_traces(
        self,
        trace_ids: Iterable[str] | str | None = None,
        *,
        older_than: str | datetime | timedelta | None = None,
        filter_string: str | None = None,
    ) -> int:
        """Delete traces, as :func:`autolog.delete_traces` does, and tell how many."""
        return _finding.delete_traces(trace_ids, older_than=older_than, filter_string=filter_string)

    def set_trace_tag(self, trace_id: str, key: str, value: Any) -> None:
        """Set a tag of a trace that runs or is stored. Raises ``ValueError`` for a trace that is neither."""
        tags = {tag_value(key): tag_value(value)}
        state = by_id.running(trace_id)
        if state is not None:
            label(state, tags=tags)
        self._add(trace_id, state, tags=tags)

    def delete_trace_tag(self, trace_id: str, key: str) -> None:
        """Take a tag away. Raises ``ValueError`` for a trace that is not known, or that has no such tag."""
        state = by_id.running(trace_id)
        was_there = state is not None and (state.tags or {}).pop(tag_value(key), None) is not None
        _control.flush(30.0)
        if (state is None or _stores()) and _control.store().delete_tag(trace_id, tag_value(key)):
            was_there = True
        if not was_there:
            raise ValueError(f"the trace {trace_id} has no tag {key!r}, or there is no such trace")

    def log_feedback(
        self, trace_id: str, name: str, value: Any, rationale: str | None = None, source: str | None = None
    ) -> Feedback:
        """Keep what somebody thought of a trace: a truth value, a number or a text, and why.

        ``source`` says who: a person, a judge's model, a program. Of one name and source the last value counts;
        ``feedback.NAME`` filters by it. Raises ``ValueError`` for a trace that neither runs here nor is stored.
        """
        given = Feedback(
            tag_value(name),
            snapshot(value),
            None if rationale is None else tag_value(rationale),
            None if source is None else tag_value(source),
            sources.now_ns(),
        )
        state = by_id.running(trace_id)
        if state is not None:
            kept = [f for f in state.feedback or () if (f.name, f.source) != (given.name, given.source)]
            state.feedback = [*kept, given]
        self._add(trace_id, state, feedback=(given,))
        return given

    def log_expectation(self, trace_id: str, name: str, value: Any) -> None:
        """Keep what the answer to a trace should have been, by name; ``expectation.NAME`` filters by it.

        Raises ``ValueError`` for a trace that neither runs here nor is stored.
        """
        given = {tag_value(name): snapshot(value)}
        state = by_id.running(trace_id)
        if state is not None:
            state.expectations = {**(state.expectations or {}), **given}
        self._add(trace_id, state, expectations=given)

    def _add(self, trace_id: str, state: TraceState | None, **labels: Any) -> None:
        """Write to what is stored of a trace; what runs takes it along with its next span anyway."""
        if state is not None and not _stores():
            return
        _control.flush(30.0)
        found = _control.store().full_id(trace_id)
        if found is not None:
            _control.store().write([Trace(found, (), **labels)])
        elif state is None:
            raise ValueError(f"there is no trace {trace_id}: it neither runs in this process nor is it stored")


def _stores() -> bool:
    return _control.settings().store is not None


def _start(
    name: str,
    span_type: str,
    parent: LiveSpan | None,
    inputs: Any,
    attributes: Mapping[str, Any] | None,
    start_time_ns: int | None,
) -> LiveSpan:
    _control.settings()
    span = LiveSpan(name, span_type, parent=parent, start_time_ns=start_time_ns)
    if is_suppressed():
        span.trace.admitted = False
    if attributes:
        span.set_attributes(attributes)
    if inputs is not None:
        span.set_inputs(inputs)
    return span


def _check_status(status: str) -> None:
    if status not in ("OK", "ERROR"):
        raise ValueError(f"a span's status is 'OK' or 'ERROR', not {status!r}")
