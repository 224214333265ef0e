"""What a span that waits for the worker holds in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from autolog._tracing.span import LiveSpan

__all__ = ["let_go", "weight_of"]

# Memory that a small call holds until it is stored (measured on the small chat of the benchmarks).
_SPAN_BYTES = 5_000
# The same of a span of the program's own, with small inputs and outputs and nothing to be read.
_OWN_SPAN_BYTES = 1_500


def weight_of(live: LiveSpan) -> int:
    """Estimate what a span holds, from what costs nothing to look at; the same when it comes and when it goes."""
    if live.capture is not None:
        return _SPAN_BYTES + getattr(live.capture, "weight", 0)
    weight = _OWN_SPAN_BYTES
    inputs, outputs = live.inputs, live.outputs
    if type(inputs) is dict:
        for value in cast("dict[str, Any]", inputs).values():
            if type(value) is str or type(value) is bytes:
                weight += len(value)
    if type(outputs) is str or type(outputs) is bytes:
        weight += len(outputs)
    return weight


def let_go(live: LiveSpan) -> None:
    """Drop the content of a span that is recorded: a child span or a context may keep the span itself."""
    live.capture = live.inputs = live.outputs = live.attributes = live.events = live.failure = live.read = None
    live.bridged = live.recorded = None
