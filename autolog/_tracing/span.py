"""The span that the calling thread pays for: slots, integers, and references to what is read later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast
from weakref import ref

from autolog._names import Outcome, SpanType, Status, status_of
from autolog._tracing import sources
from autolog._tracing.failure import Failure, failure_of, outcome_of
from autolog._tracing.foreign import foreign_context
from autolog._tracing.snapshot import snapshot
from autolog._tracing.state import LAST_TRACE_ID, SESSION, USER, TraceState, freed, runtime

if TYPE_CHECKING:
    from autolog._model import Span
    from autolog.integration import EndedCall, Fields

__all__ = ["LAST_TRACE_ID", "SESSION", "USER", "LiveSpan", "TraceState", "runtime"]


class LiveSpan:
    """A span that has started. Ends exactly once, whoever ends it first; what comes later is ignored."""

    __slots__ = (
        "__weakref__",
        "_attributes",
        "_id",
        "bridged",
        "capture",
        "end_time_ns",
        "events",
        "failed_ns",
        "failure",
        "inputs",
        "integration",
        "name",
        "outcome",
        "outputs",
        "parent",
        "parent_span_id",
        "progress",
        "read",
        "recorded",
        "span_type",
        "start_time_ns",
        "status",
        "trace",
    )

    def __init__(
        self,
        name: str,
        span_type: str = SpanType.UNKNOWN,
        *,
        parent: LiveSpan | None = None,
        attributes: dict[str, Any] | None = None,
        integration: str | None = None,
        capture: Any = None,
        read: Callable[[EndedCall], Fields] | None = None,
        start_time_ns: int | None = None,
    ) -> None:
        self.name = name
        self.span_type = span_type
        self.parent = parent
        self._attributes = attributes
        self.integration = integration
        self.capture = capture
        self.read = read
        self.end_time_ns: int | None = None
        self.events: list[tuple[str, int, Any]] | None = None
        self.failure: Failure | None = None
        self.failed_ns: int
        self.inputs: Any = None
        self.outputs: Any = None
        self.outcome: Outcome | None = None
        self.status: Status = "OK"
        self.progress: Progress | None = None
        self.bridged: Any = None
        # What a bridge had to make of it already; a processor may have dropped it.
        self.recorded: tuple[Span | None] | None = None
        self._id = sources.new_span_id()
        if parent is None:
            self.parent_span_id = 0
            self.trace = TraceState(sources.new_trace_id())
            self.trace.foreign = foreign_context()
        else:
            self.parent_span_id = parent._id
            state = parent.trace
            if state.generation != runtime.generation:  # the parent lives in the process that forked us
                state = TraceState(state.trace_id)
            self.trace = state
        self.start_time_ns = start_time_ns or sources.now_ns()
        if runtime.bridge is not None:
            runtime.bridge.started(self)
        state = self.trace
        state.open[self._id] = self
        if len(state.open) == 1:
            if parent is None:
                runtime.running[state.trace_id] = ref(state, freed)
            else:
                state.opened()

    @property
    def span_id(self) -> str:
        """16 lower-case hex digits."""
        return format(self._id, "016x")

    @property
    def trace_id(self) -> str:
        """32 lower-case hex digits."""
        return format(self.trace.trace_id, "032x")

    @property
    def parent_id(self) -> str | None:
        """The parent's span id; ``None`` for a root."""
        return format(self.parent_span_id, "016x") if self.parent_span_id else None

    @property
    def is_root(self) -> bool:
        """Whether it has no parent in this process."""
        return self.parent is None or self.parent.start_time_ns == 0  # 0: the parent is in another process

    def is_inside(self, other: LiveSpan) -> bool:
        """Tell whether it is the other span, or below it."""
        span: LiveSpan | None = self
        while span is not None:
            if span is other:
                return True
            span = span.parent
        return False

    @property
    def request_id(self) -> str:
        """The ``trace_id``, by its older name."""
        return self.trace_id

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes that were set so far."""
        return self._attributes or {}

    @attributes.setter
    def attributes(self, attributes: dict[str, Any] | None) -> None:
        self._attributes = attributes

    def adopt_ids(self, trace_id: int, span_id: int, parent_span_id: int) -> None:
        """Take the ids that another tracing system gave this span (before it is registered as open)."""
        if self.parent is None:
            self.trace.trace_id = trace_id
        self._id = span_id
        self.parent_span_id = parent_span_id

    def set_inputs(self, inputs: Any) -> None:
        """Record the inputs as they are now: the structure is copied, the texts are shared."""
        if self.end_time_ns is None:
            self.inputs = snapshot(inputs)

    def set_outputs(self, outputs: Any) -> None:
        """Record the outputs as they are now: the structure is copied, the texts are shared."""
        if self.end_time_ns is None:
            self.outputs = snapshot(outputs)

    def set_attribute(self, key: str, value: Any) -> None:
        """Record one attribute, replacing an earlier value."""
        if self.end_time_ns is not None:
            return
        if self._attributes is None:
            self._attributes = {}
        self._attributes[key] = snapshot(value)

    def set_attributes(self, attributes: Mapping[str, Any] | None) -> None:
        """Record several attributes."""
        if attributes is not None:
            for key, value in attributes.items():
                self.set_attribute(key, value)

    def get_attribute(self, key: str) -> Any:
        """Give an attribute as it was set, ``None`` where it was not."""
        return self.attributes.get(key)

    def set_span_type(self, span_type: str) -> None:
        """Change the type that the span was started with."""
        if self.end_time_ns is None:
            self.span_type = span_type

    def add_event(self, name: Any, attributes: Mapping[str, Any] | None = None) -> None:
        """Record something that happens now.

        In place of a name, takes an object that has ``name``, ``attributes`` and perhaps its time in nanoseconds
        (``time_ns`` or ``timestamp``), as :class:`Event` does.
        """
        if self.end_time_ns is not None:
            return
        time_ns, given = None, attributes
        if not isinstance(name, str):
            time_ns = getattr(name, "time_ns", None) or getattr(name, "timestamp", None)
            given = attributes or getattr(name, "attributes", None)
            name = str(getattr(name, "name", name))
        kept: Any = snapshot(given) if given else None
        if not isinstance(kept, dict | None):
            kept = {"value": kept}
        self.events = self.events or []
        self.events.append((name, time_ns if isinstance(time_ns, int) else sources.now_ns(), cast("Any", kept)))

    def set_status(self, status: object) -> None:
        """Set ``"OK"`` or ``"ERROR"`` before the span ends; ``"UNSET"`` leaves it as it is.

        Also takes the enumerations and status objects of MLflow and OpenTelemetry. Raises ``ValueError`` for what is
        none of these.
        """
        known = status_of(status)
        if self.end_time_ns is None and known is not None:
            self.status = known

    def record_exception(self, exc: BaseException | str) -> None:
        """Record an exception, or the words of one, and the status that follows from it.

        The last one is the span's ``exception``; others that were recorded before are events of the name ``exception``.
        """
        if self.end_time_ns is not None:
            return
        if not isinstance(exc, BaseException):
            from autolog._tracing.recorded import as_exception

            exc = as_exception(exc)
        self.outcome = outcome_of(exc)
        if self.outcome != "abandoned":
            self.status = "ERROR"
            before, self.failure = self.failure, failure_of(exc)
            if before is not None and (before.type, before.message) != (self.failure.type, self.failure.message):
                from autolog._tracing.recorded import FailureAttributes

                self.events = self.events or []
                self.events.append(("exception", self.failed_ns, FailureAttributes(before)))
            self.failed_ns = sources.now_ns()

    def end(
        self,
        outputs: Any = None,
        attributes: Mapping[str, Any] | None = None,
        status: object = None,
        end_time_ns: int | None = None,
        *,
        outcome: Outcome | None = None,
    ) -> None:
        """End the span now, with what is given recorded before. Ending it again does nothing."""
        if attributes is not None:
            self.set_attributes(attributes)
        if outputs is not None:
            self.set_outputs(outputs)
        if status is not None:
            self.set_status(status)
        state = self.trace
        if state.open.pop(self._id, None) is None:
            return
        if not state.open:
            if self.parent is None:
                runtime.running.pop(state.trace_id, None)
                if state.open:  # another thread has opened a span in the meantime
                    runtime.running[state.trace_id] = ref(state, freed)
            else:
                state.closed()
        now = end_time_ns or sources.now_ns()
        self.end_time_ns = now if now >= self.start_time_ns else self.start_time_ns  # the clock may be set back
        if self.outcome is None:
            self.outcome = outcome or ("error" if self.status == "ERROR" else "completed")
        if state.generation != runtime.generation:
            return
        if self.bridged is not None:  # by the bridge that started it, whichever is connected now
            self.bridged.bridge.ended(self)
        runtime.submit(state, self)
        if self.parent is None or self.parent.start_time_ns == 0:  # `is_root`, which would cost a call
            # One that was sampled out is the last all the same: what is said of the last trace is not about another.
            if runtime.enabled and not state.refused:
                runtime.last_trace_id = state.trace_id
                LAST_TRACE_ID.set(state.trace_id)
            if state.admitted is False or not runtime.enabled:
                runtime.unrecorded.append(state.trace_id)

    def __repr__(self) -> str:
        return f"<LiveSpan {self.name!r} {self.span_type} {'open' if self.end_time_ns is None else self.status}>"


class Progress:
    """How far a stream got: items given to the program, and the time of the first and the last."""

    __slots__ = ("count", "exhausted", "first_ns", "last_ns")

    def __init__(self) -> None:
        self.count = 0
        self.first_ns = 0
        self.last_ns = 0
        self.exhausted = False
