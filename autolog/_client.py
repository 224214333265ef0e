"""Traces and spans that a program starts and ends by their ids, from any thread, without a context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast, overload

from autolog import _control, _finding, _verdicts
from autolog._model import Feedback, Trace
from autolog._names import SpanType, status_of
from autolog._tracing import by_id
from autolog._tracing.labels import label
from autolog._tracing.span import LiveSpan
from autolog._tracing.unrecorded import NO_SPAN, NO_TRACE, Unrecorded, is_off

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Client"]


class Page(list[Trace]):
    """Traces, and where the next of them are."""

    def __init__(self, traces: list[Trace], options: Mapping[str, Any]) -> None:
        super().__init__(traces)
        most: int | None = options.get("max_results", 100)
        more = bool(traces) and len(traces) == most
        self.token = str(options.get("offset", 0) + most) if more else None


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
        trace_id: str = "",
        parent_id: str | None = None,
        span_type: str = SpanType.UNKNOWN,
        inputs: Any = None,
        attributes: Mapping[str, Any] | None = None,
        start_time_ns: int | None = None,
        *,
        request_id: str = "",
    ) -> LiveSpan:
        """Start a span in a trace that runs, below the span ``parent_id``, by default below the root.

        The trace may be one of :meth:`start_trace`, or any that runs in this process, in whichever thread; of such, a
        parent is open, or current here. A parent from :meth:`start_trace` or this may have ended before.
        ``request_id`` is the older name of ``trace_id``. Raises ``ValueError`` for a trace or a parent that is not known
        here, or a trace that is over; where tracing is off, gives a span that is not recorded instead.
        """
        trace_id = trace_id or request_id
        try:
            parent = by_id.parent(trace_id, parent_id)
        except ValueError:
            if _is_unrecorded(trace_id, parent_id):
                return Unrecorded()
            raise
        if is_off() and not parent.trace.refused:
            return Unrecorded()
        span = _start(name, span_type, parent, inputs, attributes, start_time_ns)
        by_id.add(span)
        return span

    def end_span(
        self,
        trace_id: str = "",
        span_id: str = "",
        outputs: Any = None,
        attributes: Mapping[str, Any] | None = None,
        status: object = "OK",
        end_time_ns: int | None = None,
        *,
        request_id: str = "",
    ) -> None:
        """End a span; its children may end later, and its parent may have ended before.

        Raises ``ValueError`` for a span that is not known or has ended already, and for a status that is neither
        ``"OK"`` nor ``"ERROR"``.
        """
        failed = status_of(status) == "ERROR"
        trace_id = trace_id or request_id
        try:
            span = by_id.take(trace_id, span_id)
        except ValueError:
            if _is_unrecorded(trace_id, span_id):
                return
            raise
        # An exception that was recorded stays an error.
        span.end(outputs, attributes, "ERROR" if failed else None, end_time_ns)

    def end_trace(
        self,
        trace_id: str = "",
        outputs: Any = None,
        attributes: Mapping[str, Any] | None = None,
        status: object = "OK",
        end_time_ns: int | None = None,
        *,
        request_id: str = "",
    ) -> None:
        """End the root of a trace. Spans below it that are still open go on, and are recorded when they end.

        Raises ``ValueError`` for a trace that is not known or has ended already.
        """
        status_of(status)
        trace_id = trace_id or request_id
        try:
            root = by_id.root(trace_id)
        except ValueError:
            if _is_unrecorded(trace_id):
                return
            raise
        self.end_span(trace_id, root.span_id, outputs, attributes, status, end_time_ns)

    def get_trace(self, trace_id: str, *, silent: bool = True, display: bool = False) -> Trace | None:
        """Give a trace, as :func:`autolog.get_trace` does; ``display`` also shows it, as :func:`autolog.display` does."""
        found = _finding.get_trace(trace_id, silent=silent)
        if display and found is not None:
            import autolog

            autolog.display(found)
        return found

    @overload
    def search_traces(
        self,
        filter_string: str | None = None,
        *,
        return_type: Literal["list"] = "list",
        page_token: str | None = None,
        **options: Any,
    ) -> Page: ...

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
        page_token: str | None = None,
        **options: Any,
    ) -> Any:
        """Find traces, with the options of :func:`autolog.search_traces`; as a list where nothing else is asked for.

        The list's ``token`` is the ``page_token`` of the next page, ``None`` at the end.
        """
        if page_token is not None:
            if not page_token.isdecimal():
                raise ValueError(f"a page_token is the token of the page before, not {page_token!r}")
            options["offset"] = int(page_token)
        search = cast("Any", _finding.search_traces)
        found = search(filter_string, return_type=return_type, **options)
        return Page(found, options) if return_type == "list" else found

    def delete_traces(
        self,
        trace_ids: DataFrame | Iterable[Trace | str] | Trace | str | None = None,
        *,
        older_than: str | datetime | timedelta | None = None,
        max_timestamp_millis: int | None = None,
        filter_string: str | None = None,
    ) -> int:
        """Delete traces, as :func:`autolog.delete_traces` does, and tell how many.

        ``max_timestamp_millis`` is ``older_than`` as milliseconds since 1970.
        """
        if max_timestamp_millis is not None:
            older_than = datetime.fromtimestamp(max_timestamp_millis / 1000, UTC)
        return _finding.delete_traces(trace_ids, older_than=older_than, filter_string=filter_string)

    def set_trace_tag(self, trace_id: str, key: str, value: Any) -> None:
        """Set a tag of a trace, as :func:`autolog.set_trace_tag` does."""
        _verdicts.set_trace_tag(trace_id, key, value)

    def delete_trace_tag(self, trace_id: str, key: str) -> None:
        """Take a tag away, as :func:`autolog.delete_trace_tag` does."""
        _verdicts.delete_trace_tag(trace_id, key)

    def log_feedback(
        self,
        trace_id: str,
        name: str = "feedback",
        value: Any = None,
        rationale: str | None = None,
        source: object = None,
        **details: Unpack[_verdicts.FeedbackDetails],
    ) -> Feedback:
        """Keep what somebody thought of a trace, as :func:`autolog.log_feedback` does."""
        return _verdicts.log_feedback(trace_id, name, value, rationale, source, **details)

    def log_expectation(
        self, trace_id: str, name: str, value: Any, source: object = None, **details: Unpack[_verdicts.Details]
    ) -> None:
        """Keep what the answer to a trace should have been, as :func:`autolog.log_expectation` does."""
        _verdicts.log_expectation(trace_id, name, value, source, **details)


def _is_unrecorded(trace_id: str, span_id: str | None = None) -> bool:
    return is_off() or trace_id == NO_TRACE or span_id == NO_SPAN


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
    if is_off() and parent is None:
        span.trace.refuse()
    span.set_attributes(attributes)
    if inputs is not None:
        span.set_inputs(inputs)
    return span
