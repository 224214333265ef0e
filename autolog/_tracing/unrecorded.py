"""Spans that are not recorded by decision: tracing is off or suppressed here, or the trace was sampled out."""

from __future__ import annotations

from typing import Final

from autolog._names import SpanType
from autolog._tracing import sources
from autolog._tracing.context import is_suppressed
from autolog._tracing.span import LiveSpan
from autolog._tracing.state import TraceState, runtime

__all__ = ["NO_SPAN", "NO_TRACE", "Unrecorded", "is_off", "is_sampled", "was_unrecorded"]

NO_TRACE: Final = "0" * 32
NO_SPAN: Final = "0" * 16
"""The ids of what is not recorded: W3C Trace Context says that they name no trace and no span."""
_LOW_BITS: Final = 0xFFFF_FFFF_FFFF_FFFF


class Unrecorded(LiveSpan):
    """A span that takes everything and keeps nothing. Its ids are all zeros."""

    __slots__ = ()

    def __init__(self) -> None:
        for name in LiveSpan.__slots__:
            if name != "__weakref__":
                setattr(self, name, None)
        self.name = "unrecorded"
        self.span_type = SpanType.UNKNOWN
        self.status = "OK"
        self.parent_span_id = 0
        self._id = 0
        self.start_time_ns = self.end_time_ns = sources.now_ns()  # what has ended ignores what is set
        self.trace = TraceState(0)
        self.trace.refuse()


def is_off() -> bool:
    """Tell whether what starts here is not recorded, whatever it is."""
    return not runtime.enabled or is_suppressed()


def is_sampled(trace_id: int, rate: float) -> bool:
    """Tell whether a trace is one of the share that is kept: the same answer in every process."""
    return rate >= 1.0 or (trace_id & _LOW_BITS) < rate * 2**64


def was_unrecorded(trace_id: str, rate: float) -> bool:
    """Tell whether there is no such trace to be found because it was not to be recorded."""
    if is_off():
        return True
    try:
        number = int(trace_id, 16)
    except ValueError:
        return False
    if len(trace_id) != 32:  # an id has 32 digits; the beginning of one says nothing about sampling
        return False
    return number == 0 or number in runtime.unrecorded or not is_sampled(number, rate)
