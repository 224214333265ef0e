"""The open spans that clients started, found by their ids."""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from autolog._tracing import sources
from autolog._tracing.context import current_span
from autolog._tracing.span import LiveSpan, TraceState, runtime

__all__ = ["add", "keep_unended", "parent", "root", "running", "take"]

_MOST_OPEN: Final = 10_000
_REMEMBERED: Final = 10_000

_log = logging.getLogger("autolog")
_lock = threading.Lock()
# By trace id and span id, of all clients: a span may be ended with another client than it was started with.
_open: dict[str, dict[str, LiveSpan]] = {}
_roots: dict[str, LiveSpan] = {}
_ended: OrderedDict[str, None] = OrderedDict()
_warned = False


def add(span: LiveSpan, *, root: bool = False) -> None:
    """Know a span until it is taken. Of more than 10,000 open traces, the oldest is kept as incomplete and forgotten."""
    global _warned
    oldest: dict[str, LiveSpan] = {}
    with _lock:
        _open.setdefault(span.trace_id, {})[span.span_id] = span
        if root:
            _roots[span.trace_id] = span
        if len(_open) > _MOST_OPEN:
            trace_id = next(iter(_open))
            oldest = _open.pop(trace_id)
            _roots.pop(trace_id, None)
    if oldest:
        _keep_incomplete(oldest.values())
        if not _warned:
            _warned = True
            _log.warning(
                "more than %d traces of autolog.Client are open: the oldest are kept as incomplete. "
                "Each start_trace() needs its end_trace(). It is said once.",
                _MOST_OPEN,
            )


def root(trace_id: str) -> LiveSpan:
    """Give the open root of a trace. Raises ``ValueError`` where there is none."""
    with _lock:
        found = _roots.get(trace_id)
    if found is None:
        raise ValueError(_unknown_trace(trace_id, "end"))
    return found


def parent(trace_id: str, parent_id: str | None) -> LiveSpan:
    """Give the parent of a new span. Raises ``ValueError`` where the trace or the parent is not known."""
    with _lock:
        spans = _open.get(trace_id)
        root = _roots.get(trace_id)
        found = root if parent_id is None else (spans or {}).get(parent_id)
    if found is not None:
        return found
    here = current_span()
    while here is not None and here.trace_id == trace_id:
        if parent_id in (None, here.span_id):
            return here
        here = here.parent
    state = running(trace_id)
    if state is None:
        raise ValueError(_unknown_trace(trace_id, "start a span in"))
    found = _open_in(state, parent_id)
    if found is not None:
        return found
    if parent_id is None:
        raise ValueError(
            f"the root of the trace {trace_id} has ended: give the parent_id of the span to start it below"
        )
    if _key(trace_id, parent_id) not in _ended:
        raise ValueError(
            f"the trace {trace_id} has no span {parent_id}: give the span_id of one that was started in it"
        )
    return _Ended(state, int(parent_id, 16))


def _open_in(state: TraceState, span_id: str | None) -> LiveSpan | None:
    """Give an open span of a trace, by default its root; whoever started it, in whichever thread."""
    for span in list(state.open.values()):
        if span.span_id == span_id if span_id is not None else span.is_root:
            return span
    return None


class _Ended(LiveSpan):
    """A parent that has ended: its id is all that a child needs of it."""

    __slots__ = ()

    def __init__(self, state: TraceState, span_id: int) -> None:
        for name in LiveSpan.__slots__:
            if name != "__weakref__":
                setattr(self, name, None)
        self.trace = state
        self._id = span_id
        self.start_time_ns = self.end_time_ns = sources.now_ns()


def take(trace_id: str, span_id: str) -> LiveSpan:
    """Give an open span and forget it. Raises ``ValueError`` where there is none."""
    with _lock:
        spans = _open.get(trace_id, {})
        span = spans.pop(span_id, None)
        if span is not None:
            _ended[_key(trace_id, span_id)] = None
            if _roots.get(trace_id) is span:
                del _roots[trace_id]
                _ended[trace_id] = None
            while len(_ended) > _REMEMBERED:
                _ended.popitem(last=False)
            if not spans:
                _open.pop(trace_id, None)
            return span
    if _key(trace_id, span_id) in _ended:
        raise ValueError(f"the span {span_id} has ended already: a span ends once")
    if not spans:
        raise ValueError(_unknown_trace(trace_id, "end a span of"))
    raise ValueError(f"the trace {trace_id} has no span {span_id} that a client started in this process")


def _key(trace_id: str, span_id: str) -> str:
    return f"{trace_id}/{span_id}"


def _unknown_trace(trace_id: str, what: str) -> str:
    if trace_id in _ended:
        return f"cannot {what} the trace {trace_id}: it has ended already"
    if running(trace_id) is not None:
        return f"cannot {what} the trace {trace_id}: no client started it. It ends with its function or its block"
    return (
        f"cannot {what} the trace {trace_id or '(without an id)'}: none of this id runs in this process. "
        "Give the trace_id of the span that start_trace() gave"
    )


def running(trace_id: str) -> TraceState | None:
    """Give the trace if one of its spans is open in this process, or it is current here."""
    with _lock:
        spans = _open.get(trace_id)
        if spans:
            return next(iter(spans.values())).trace
    try:
        known = runtime.running.get(int(trace_id, 16))
    except (TypeError, ValueError):
        return None
    state = known() if known is not None else None
    if state is not None and state.open and state.generation == runtime.generation:
        return state
    here = current_span()
    return here.trace if here is not None and here.trace_id == trace_id else None


def keep_unended() -> None:
    """Record the program's own spans that are open at the end of the process, as they are: without an end.

    Those of libraries end with what they watch.
    """
    with _lock:
        _open.clear()
        _roots.clear()
    for known in list(runtime.running.values()):
        state = known()
        while state is not None:
            _keep_incomplete([span for span in list(state.open.values()) if span.read is None])
            state = state.around() if state.around is not None else None


def _keep_incomplete(spans: Iterable[LiveSpan]) -> None:
    """Record what never ended, as it is: without an end."""
    for span in spans:
        state = span.trace
        # A forked child has copies of spans that its parent will end.
        if state.generation == runtime.generation and state.open.pop(int(span.span_id, 16), None) is not None:
            if not state.open:
                state.closed()
            span.status = "IN_PROGRESS"
            runtime.submit(state, span)


def _after_fork_in_child() -> None:
    global _lock
    _lock = threading.Lock()  # another thread may have held it; and what is open is the parent's to end
    _open.clear()
    _roots.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
