"""The span that the calling thread pays for: slots, integers, and references to what is read later."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from autolog._names import Outcome, SpanType, Status
from autolog._tracing import sources
from autolog._tracing.failure import Failure, failure_of, outcome_of
from autolog._tracing.foreign import foreign_context
from autolog._tracing.snapshot import snapshot

if TYPE_CHECKING:
    from autolog._model import Feedback, Span
    from autolog._tracing.bridge import Bridge
    from autolog.integration import EndedCall, Fields

__all__ = ["LAST_TRACE_ID", "SESSION", "USER", "LiveSpan", "TraceState", "runtime"]


# The session and the user that traces which start here belong to.
SESSION: ContextVar[str | None] = ContextVar("autolog_session", default=None)
USER: ContextVar[str | None] = ContextVar("autolog_user", default=None)


class Runtime:
    """What the tracing room is connected to: where ended spans go, and the bridge to another tracing system."""

    __slots__ = ("bridge", "enabled", "generation", "last_trace_id", "submit")

    def __init__(self) -> None:
        self.submit: Callable[[TraceState, LiveSpan], None] = _nowhere
        self.bridge: Bridge | None = None
        # The setting of that name: what is false makes a traced function the function itself.
        self.enabled = True
        # Counts forks: a child process must not end the spans that its parent will end.
        self.generation = 0
        self.last_trace_id: int | None = None


def _nowhere(state: TraceState, span: LiveSpan) -> None:
    """Spans that end before there is a pipeline, or after tracing was turned off for good."""


class TraceState:
    """What the spans of one trace share while it runs."""

    __slots__ = (
        "admitted",
        "ended",
        "expectations",
        "feedback",
        "foreign",
        "generation",
        "metadata",
        "open",
        "queued",
        "session_id",
        "tags",
        "trace_id",
        "user_id",
    )

    def __init__(self, trace_id: int) -> None:
        self.trace_id = trace_id
        self.open: dict[int, LiveSpan] = {}
        self.ended: deque[LiveSpan] = deque()
        self.queued = False
        self.admitted: bool | None = None
        self.generation = runtime.generation
        self.tags: dict[str, str] | None = None
        self.metadata: dict[str, Any] | None = None
        self.session_id = SESSION.get()
        self.user_id = USER.get()
        self.feedback: list[Feedback] | None = None
        self.expectations: dict[str, Any] | None = None
        # The span of another tracing system that was current when this trace began.
        self.foreign: tuple[int, int] | None = None


runtime = Runtime()
LAST_TRACE_ID: ContextVar[int | None] = ContextVar("autolog_last_trace_id", default=None)


class LiveSpan:
    """A span that has started. Ends exactly once, whoever ends it first; what comes later is ignored."""

    __slots__ = (
        "__weakref__",
        "_id",
        "attributes",
        "bridged",
        "capture",
        "end_time_ns",
        "events",
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
        self.attributes = attributes
        self.integration = integration
        self.capture = capture
        self.read = read
        self.end_time_ns: int | None = None
        self.events: list[tuple[str, int, Any]] | None = None
        self.failure: Failure | None = None
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
        self.trace.open[self._id] = self

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
        if self.attributes is None:
            self.attributes = {}
        self.attributes[key] = snapshot(value)

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Record several attributes."""
        for key, value in attributes.items():
            self.set_attribute(key, value)

    def add_event(self, name: str, attributes: Mapping[str, Any] | None = None) -> None:
        """Record something that happens now."""
        if self.end_time_ns is not None:
            return
        if self.events is None:
            self.events = []
        self.events.append((name, sources.now_ns(), snapshot(attributes) if attributes else None))

    def set_status(self, status: Status) -> None:
        """Set ``"OK"`` or ``"ERROR"`` before the span ends. Raises ``ValueError`` for anything else."""
        if status not in ("OK", "ERROR"):
            raise ValueError(f"a span's status is 'OK' or 'ERROR', not {status!r}")
        if self.end_time_ns is None:
            self.status = status

    def record_exception(self, exc: BaseException) -> None:
        """Record an exception, and the status that follows from it."""
        if self.end_time_ns is not None:
            return
        self.outcome = outcome_of(exc)
        if self.outcome != "abandoned":
            self.status = "ERROR"
            self.failure = failure_of(exc)

    def end(self, *, outcome: Outcome | None = None, end_time_ns: int | None = None) -> None:
        """End the span now. Ending it again does nothing."""
        state = self.trace
        if state.open.pop(self._id, None) is None:
            return
        now = end_time_ns or sources.now_ns()
        self.end_time_ns = now if now >= self.start_time_ns else self.start_time_ns  # the clock may be set back
        if self.outcome is None:
            self.outcome = outcome or ("error" if self.status == "ERROR" else "completed")
        if state.generation != runtime.generation:
            return
        if self.bridged is not None:  # by the bridge that started it, whichever is connected now
            self.bridged.bridge.ended(self)
        # 0: the parent is in another process. What is not recorded is nobody's last trace.
        if state.admitted is not False and (self.parent is None or self.parent.start_time_ns == 0):
            runtime.last_trace_id = state.trace_id
            LAST_TRACE_ID.set(state.trace_id)
        runtime.submit(state, self)

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
