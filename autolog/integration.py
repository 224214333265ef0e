"""The plugin contract: everything that an integration imports from autolog, and nothing else.

An integration is a module named by an entry point of the group ``autolog.integrations``. It has ``INTEGRATION``
and a function ``autolog(*, log_traces=True, …)``. See ``docs/write-an-integration.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from autolog import semconv
from autolog._names import Outcome, SpanType, Status
from autolog._patching.around import Enter, Leave
from autolog._patching.bodies import BodyTap, tap_body
from autolog._patching.items import watch_items
from autolog._patching.patcher import Patcher
from autolog._patching.sources import BodySource, Deferred, StreamSource
from autolog._tracing import sources
from autolog._tracing.context import activate, current_span, deactivate, is_suppressed
from autolog._tracing.guard import report
from autolog._tracing.snapshot import snapshot
from autolog._tracing.span import LiveSpan, Progress
from autolog._tracing.walk import Walk

# What only readers need is imported with the first of them: turning an integration on costs the program's start.
if TYPE_CHECKING:
    from autolog._fields import Fields
    from autolog._model import Event, ExceptionInfo, Span, Trace, Usage
    from autolog._tracing.keys import hide_keys_in

__all__ = [
    "Begin",
    "BodySource",
    "BodyTap",
    "Deferred",
    "EndedCall",
    "Enter",
    "Event",
    "ExceptionInfo",
    "Fields",
    "Integration",
    "Leave",
    "LiveSpan",
    "Operation",
    "Outcome",
    "Patcher",
    "Progress",
    "Span",
    "SpanType",
    "Status",
    "StreamSource",
    "Trace",
    "Usage",
    "Walk",
    "activate",
    "current_span",
    "deactivate",
    "hide_keys_in",
    "is_suppressed",
    "now_ns",
    "report",
    "semconv",
    "snapshot",
    "switch",
    "tap_body",
    "watch_items",
]


# A plain class, as Begin is: making a dataclass takes longer than all else in this module. An operation is one for
# `dataclasses.replace`, and not frozen, for that takes twice as long again.
class Integration:
    """What autolog needs to know of an integration before the library is imported.

    ``requires`` is a PEP 508 string, the same as in the extra that installs the library.
    ``install(patcher, **options)`` only declares; its options are those of the integration's ``autolog``.
    """

    __slots__ = ("install", "name", "requires")

    def __init__(self, *, name: str, requires: str, install: Callable[..., None]) -> None:
        self.name = name
        self.requires = requires
        self.install = install


class Begin:
    """How a call's span starts. Made on the calling thread, so nothing in it may cost more than a look-up.

    ``capture`` is the integration's own record of the call; it is given to every later reader of this call.
    ``args`` and ``kwargs`` replace the call's own where the user asked for a change of the request.
    """

    __slots__ = ("args", "attributes", "capture", "kwargs", "name", "span_type")

    def __init__(
        self,
        name: str,
        span_type: str,
        capture: Any = None,
        attributes: dict[str, Any] | None = None,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.span_type = span_type
        self.capture = capture
        self.attributes = attributes
        self.args = args
        self.kwargs = kwargs


class EndedCall(Protocol):
    """What a reader gets in the background: the ended call."""

    @property
    def capture(self) -> Any:
        """The integration's own record of the call."""
        ...

    @property
    def progress(self) -> Progress | None:
        """How far the stream got, where there was one."""
        ...

    @property
    def outcome(self) -> Outcome | None:
        """How the call ended."""
        ...

    @property
    def start_time_ns(self) -> int:
        """When the call began."""
        ...

    @property
    def end_time_ns(self) -> int | None:
        """When the call ended."""
        ...


@dataclass(kw_only=True, eq=False, repr=False, match_args=False)
class Operation:
    """One library call that is traced: where it is, and how it is read.

    ``target`` is ``"module:Class.method"``; sync or async is found out. On the calling thread, and each no more
    than a few look-ups: ``start(instance, args, kwargs)`` gives a :class:`Begin`, or ``None`` for a call that is not
    traced; ``finish(capture, result)`` gives ``None`` where the call is over, or says how to watch what was
    returned; ``fail(capture, exception)`` takes what the exception holds. In the background: ``read(call)`` gives
    the :class:`Fields`. Any of them may raise: the program never notices.
    """

    target: str
    start: Callable[[Any, tuple[Any, ...], dict[str, Any]], Begin | None]
    read: Callable[[EndedCall], Fields]
    finish: Callable[[Any, Any], StreamSource | Deferred | BodySource | None] | None = None
    fail: Callable[[Any, BaseException], None] | None = None


def now_ns() -> int:
    """Give the time of this moment, in nanoseconds since 1970; tests have another clock."""
    return sources.now_ns()


def switch(name: str, *, log_traces: bool, **options: Any) -> None:
    """Turn the integration of this name on with these options, or off; what every integration's ``autolog`` calls.

    Raises ``ImportError``, naming the fix, where the library is not installed.
    """
    from autolog import _registry

    _registry.switch(name, log_traces=log_traces, options=options)


_LATER = {
    "Fields": "_fields",
    "hide_keys_in": "_tracing.keys",
    **dict.fromkeys(("Event", "ExceptionInfo", "Span", "Trace", "Usage"), "_model"),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'autolog.integration' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"autolog.{_LATER[name]}"), name)
    return value
