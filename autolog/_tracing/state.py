"""What spans share: those of one trace while it runs, and all of this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

if TYPE_CHECKING:
    from autolog._model import Feedback
    from autolog._tracing.bridge import Bridge
    from autolog._tracing.span import LiveSpan

__all__ = ["LAST_TRACE_ID", "SESSION", "USER", "TraceState", "freed", "runtime"]

_REMEMBERED: Final = 10_000

# The session and the user that traces which start here belong to.
SESSION: ContextVar[str | None] = ContextVar("autolog_session", default=None)
USER: ContextVar[str | None] = ContextVar("autolog_user", default=None)
LAST_TRACE_ID: ContextVar[int | None] = ContextVar("autolog_last_trace_id", default=None)


class Runtime:
    """What the tracing room is connected to: where ended spans go, and the bridge to another tracing system."""

    __slots__ = ("bridge", "enabled", "generation", "last_trace_id", "running", "submit", "unrecorded")

    def __init__(self) -> None:
        self.submit: Callable[[TraceState, LiveSpan], None] = _nowhere
        self.bridge: Bridge | None = None
        # The setting of that name: what is false makes a traced function the function itself.
        self.enabled = True
        # Counts forks: a child process must not end the spans that its parent will end.
        self.generation = 0
        self.last_trace_id: int | None = None
        # The traces with an open span, so that another thread finds them by their ids. Weak: a span that nobody ends is
        # freed with all that it holds.
        self.running: dict[int, ref[TraceState]] = {}
        # Traces that ended last and were not kept: sampled out, suppressed, or dropped.
        self.unrecorded: deque[int] = deque(maxlen=_REMEMBERED)


def _nowhere(state: TraceState, span: LiveSpan) -> None:
    """Spans that end before there is a pipeline, or after tracing was turned off for good."""


class TraceState:
    """What the spans of one trace share while it runs."""

    __slots__ = (
        "__weakref__",
        "admitted",
        "around",
        "ended",
        "expectations",
        "feedback",
        "foreign",
        "generation",
        "metadata",
        "open",
        "queued",
        "refused",
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
        self.refused = False
        self.around: ref[TraceState] | None = None
        self.generation = runtime.generation
        self.tags: dict[str, str] | None = None
        self.metadata: dict[str, Any] | None = None
        self.session_id = SESSION.get()
        self.user_id = USER.get()
        self.feedback: list[Feedback] | None = None
        self.expectations: dict[str, Any] | None = None
        # The span of another tracing system that was current when this trace began.
        self.foreign: tuple[int, int] | None = None

    def refuse(self) -> None:
        """Record nothing of it: tracing is off or suppressed where it starts. To its program there is no such trace."""
        self.admitted = False
        self.refused = True

    def opened(self) -> None:
        """Let other threads find this part of a trace; another part of it may run in this process too."""
        self.around = runtime.running.get(self.trace_id)
        runtime.running[self.trace_id] = ref(self, freed)

    def closed(self) -> None:
        """Let them find it no more, unless one of them has opened a span in it in the meantime."""
        known = runtime.running.get(self.trace_id)
        if known is None or known() is self:
            runtime.running.pop(self.trace_id, None)
            around = self.around() if self.around is not None else None
            found = self if self.open else around
            if found is not None and found.open:
                runtime.running[self.trace_id] = ref(found, freed)


def freed(gone: ref[TraceState]) -> None:
    """Forget a running trace whose spans were dropped without an end."""
    # The garbage collector calls this in the middle of anything: no lock. It is rare, and a search cheaper than a key
    # for each trace.
    for trace_id, running in list(runtime.running.items()):
        if running is gone:
            runtime.running.pop(trace_id, None)


runtime = Runtime()
