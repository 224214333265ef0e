"""The open spans by the dispatcher's ids: what starts them, what ends them, and which one is running here."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from autolog.integration import LiveSpan, current_span, is_suppressed
from autolog_llama_index import _model_events
from autolog_llama_index._call import Call
from autolog_llama_index._kinds import WRITER, Kind, kind_of, split_id
from autolog_llama_index._streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import ContextVar
    from types import FrameType

    from autolog.integration import EndedCall, Fields, Outcome

__all__ = ["Tracker"]

_MAX_FRAMES: Final = 60
_MAX_IDS: Final = 5_000
# Raised to steer a workflow, not because something went wrong.
_CONTROL_FLOW: Final = frozenset({"WorkflowDone", "WaitingForEvent", "WorkflowCancelledByUser"})


class Tracker:
    """Every open span, and for as long as one of its ancestors is open, the ids of those that have ended.

    The library's context variable may still hold such an id: in a task that outlives its call, or where a version
    leaves it set. It then stands for the nearest ancestor that is open.
    """

    def __init__(self, active_span_id: ContextVar[str | None]) -> None:
        self._active_span_id = active_span_id
        self._open: dict[str, LiveSpan] = {}
        self._spans: dict[str, LiveSpan] = {}
        self._frames: dict[FrameType, LiveSpan] = {}
        self._writers: dict[str, int] = {}
        self._streams = Streams(self._open, self._frames, self._end)

    def locate(self) -> LiveSpan | None:
        """Give the span that is running here: the library's context says so, or a stream's frame on the stack.

        A stream's generator runs long after its call has returned, in whatever context it is consumed in: there only
        the stack tells whose code this is. It is walked only while a stream is open.
        """
        active = self._active_span_id.get()
        found = self._spans.get(active) if active is not None else None
        if self._frames:
            frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
            for _ in range(_MAX_FRAMES):
                if frame is None:
                    break
                streaming = self._frames.get(frame)
                if streaming is not None:
                    return found if found is not None and found.is_inside(streaming) else streaming
                frame = frame.f_back
        return found

    def enter(self, id_: str, arguments: dict[str, Any], instance: Any, parent_id: str | None) -> None:
        """Start the span of a call, or let the span around it stand for it."""
        if is_suppressed():
            return
        what = split_id(id_)
        method = what.rpartition(".")[2]
        around = self._spans.get(parent_id) if parent_id is not None else None
        owner = cast("Any", type(instance)) if instance is not None else None
        kind = kind_of(owner, what, method, arguments)
        if kind is None or kind is WRITER or _is_same_call(around, kind, instance):
            if around is not None:
                self._stand_in(id_, around)
                if kind is not None and kind.family == "tool" and _is_tool_step(around):
                    metadata = getattr(instance, "metadata", None)
                    around.capture.facts["description"] = getattr(metadata, "description", None)
            if kind is WRITER:
                self._writers[id_] = id(instance)
            return
        if around is not None:
            self._spans[id_] = around  # what `locate` finds for the context's new id
        call = Call(id_, kind, method, instance)
        span = LiveSpan(
            what.rpartition("<locals>.")[2],
            kind.span_type,
            parent=current_span(),
            integration="llama_index",
            capture=call,
            read=_reader(kind.reader),
        )
        self._spans[id_] = self._open[id_] = span
        name = kind.begin(call, instance, arguments)
        if name is not None:
            span.name = name

    def exit(self, id_: str, instance: Any, result: Any) -> None:
        """End the span of a call that returned; of a stream, when the stream ends."""
        if id_ in self._writers:
            self._streams.written(self._writers.pop(id_), getattr(instance, "response", None), None)
        span = self._open.get(id_)
        if span is None:
            return
        call = cast("Call", span.capture)
        if self._streams.begin(span, call, result):
            return
        try:
            call.kind.finish(call, result)
        finally:
            self._end(span, "cancelled" if call.cancelled else None)

    def drop(self, id_: str, instance: Any, error: BaseException | None) -> None:
        """End the span of a call that raised."""
        if id_ in self._writers:
            self._streams.written(self._writers.pop(id_), getattr(instance, "response", None), error)
        span = self._open.get(id_)
        if span is not None:
            self._fail(span, error)
        elif error is not None and not _steers(error):
            around = self._spans.get(id_)
            if around is not None and _is_tool_step(around):  # the agent turns it into an answer
                around.record_exception(error)

    def event(self, event: Any) -> None:
        """Take what an event says of a span."""
        take = _model_events.TAKERS.get(type(event).__name__)
        if take is None or event.span_id is None:
            return
        span = self._spans.get(event.span_id)
        if span is None or type(span.capture) is not Call or span.end_time_ns is not None:
            return
        call = span.capture
        ended = take(span, call, event)
        if ended is None or call.frame is None:
            return
        call.kind.finish(call, None)
        if isinstance(ended, BaseException):
            self._fail(span, ended)
        else:
            self._end(span, None)

    def close(self) -> None:
        """End what is open: nobody will tell us of it any more."""
        for span in list(self._open.values()):
            self._end(span, "abandoned")
        self._spans.clear()
        self._writers.clear()

    def _fail(self, span: LiveSpan, error: BaseException | None) -> None:
        call = cast("Call", span.capture)
        outcome: Outcome | None = "cancelled" if call.cancelled else None
        if error is None or _steers(error):
            self._end(span, outcome)
            return
        span.record_exception(error)
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            call.error_status = status
        progress = span.progress
        left = span.outcome == "abandoned" and progress is not None
        self._end(span, outcome, (progress.last_ns or None) if left and progress is not None else None)

    def _end(self, span: LiveSpan, outcome: Outcome | None = None, end_time_ns: int | None = None) -> None:
        """End a span once; the nearest open ancestor stands for its ids from now on."""
        call = span.capture
        # The capture is let go once it was read.
        if type(call) is not Call or self._open.pop(call.id, None) is None:
            return
        if call.frame is not None:
            self._frames.pop(call.frame, None)
            call.frame = None
        call.last = None
        span.end(outcome=outcome, end_time_ns=end_time_ns)
        around = span.parent
        while around is not None and (around.end_time_ns is not None or type(around.capture) is not Call):
            around = around.parent
        for id_ in call.ids:
            if around is None:
                self._spans.pop(id_, None)
            else:
                self._stand_in(id_, around)
        call.ids = []

    def _stand_in(self, id_: str, around: LiveSpan) -> None:
        call = around.capture
        if type(call) is not Call:
            self._spans.pop(id_, None)
            return
        ids = call.ids
        self._spans[id_] = around
        ids.append(id_)
        if len(ids) > _MAX_IDS:  # of a run that goes on for days
            for old in ids[1 : _MAX_IDS // 2]:
                if old not in self._open:
                    self._spans.pop(old, None)
            del ids[1 : _MAX_IDS // 2]
        if around.end_time_ns is not None:  # in another thread, meanwhile
            self._spans.pop(id_, None)


def _is_tool_step(span: LiveSpan) -> bool:
    call = span.capture
    return type(call) is Call and call.method == "call_tool"


def _is_same_call(around: LiveSpan | None, kind: Kind, instance: Any) -> bool:
    """Tell whether a method only passes on what the same object was asked: ``acall`` to ``call``, or to ``super()``."""
    if around is None or around.end_time_ns is not None:
        return False
    outer = around.capture
    if type(outer) is not Call or outer.kind.family != kind.family:
        return False
    if outer.method == "call_tool":
        return True
    return outer.instance == id(instance)


def _steers(error: BaseException) -> bool:
    return any(c.__name__ in _CONTROL_FLOW for c in type(error).__mro__)


@cache
def _reader(name: str) -> Callable[[EndedCall], Fields]:
    """Give the reader, which is imported with the first call that is read."""
    module, _, function = name.partition(":")

    def read(call: EndedCall) -> Fields:
        return cast("Fields", getattr(import_module(f"autolog_llama_index.{module}"), function)(call))

    return read
