"""Which span is current, in this thread and task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar, Token
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any, ParamSpec, TypeVar, cast

from autolog._tracing.guard import report
from autolog._tracing.span import LiveSpan, runtime

__all__ = [
    "SUPPRESSED",
    "Activation",
    "activate",
    "add_locator",
    "current_span",
    "deactivate",
    "is_suppressed",
    "last_activated",
    "remove_locator",
    "suppress",
]

P = ParamSpec("P")
R = TypeVar("R")

_CURRENT: ContextVar[LiveSpan | None] = ContextVar("autolog_current_span", default=None)
SUPPRESSED: ContextVar[int] = ContextVar("autolog_suppressed", default=0)


Locator = Callable[[], LiveSpan | None]
# How frameworks that carry a context of their own tell which of their spans is running here.
_locators: tuple[Locator, ...] = ()


def add_locator(locate: Locator) -> None:
    """Ask this function too which span is current; it must be cheap, and is asked on every call that is traced."""
    global _locators
    _locators = (*_locators, locate)


def remove_locator(locate: Locator) -> None:
    """Stop asking it."""
    global _locators
    _locators = tuple(known for known in _locators if known is not locate)


def current_span() -> LiveSpan | None:
    """Give the innermost open span.

    A context may still hold a span that has ended (a copied context, a generator's): an ended span is never
    current, its nearest open ancestor is. What a framework's own context names is taken unless ours is inside it.
    """
    span = _CURRENT.get()
    if span is not None and span.end_time_ns is not None:
        span = _nearest_open(span)
    if not _locators:
        return span
    for locate in _locators:
        try:
            found = _nearest_open(locate())
        except Exception as e:
            report("finding the span of a framework", e)
            continue
        if found is not None and not (span is not None and span.is_inside(found)):
            span = found
    return span


def _nearest_open(span: LiveSpan | None) -> LiveSpan | None:
    while span is not None and span.end_time_ns is not None:
        span = span.parent
    return span


def last_activated() -> LiveSpan | None:
    """Give what :func:`activate` was called with last here, though it may have ended since."""
    return _CURRENT.get()


Activation = tuple[Token[LiveSpan | None], Any]


def activate(span: LiveSpan | None) -> Activation:
    """Make a span current until :func:`deactivate` gets what this gives back."""
    bridge = runtime.bridge
    # With the bridge that did it: another one may be connected by the time it is undone.
    bridged = (bridge, bridge.activated(span)) if bridge is not None and span is not None else None
    return _CURRENT.set(span), bridged


def deactivate(activation: Activation) -> None:
    """Undo :func:`activate`; also where the context has changed in between, as it does in generators."""
    token, bridged = activation
    try:  # noqa: SIM105  (contextlib.suppress costs a tenth of a whole span)
        _CURRENT.reset(token)
    except ValueError:  # made in another context: there, `current_span` skips the ended span
        pass
    if bridged is not None:
        bridge, attached = bridged
        bridge.deactivated(attached)


def is_suppressed() -> bool:
    """Tell whether this thread or task is inside :func:`suppress`."""
    return SUPPRESSED.get() > 0


class suppress:  # noqa: N801  (used as a function: `with suppress():`)
    """Make no spans from this block; only in this thread or task, and what it starts.

    Also a decorator of plain and async functions. Raises ``TypeError`` where it decorates a generator function.
    """

    def __enter__(self) -> None:
        # A count and no token: a block may be left in another context, as in the fixtures of web frameworks.
        SUPPRESSED.set(SUPPRESSED.get() + 1)

    def __exit__(self, *exc_info: object) -> None:
        SUPPRESSED.set(max(0, SUPPRESSED.get() - 1))

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Give the function with its calls inside the block."""
        if isgeneratorfunction(function) or isasyncgenfunction(function):
            raise TypeError(
                f"suppress() cannot decorate the generator function {function.__name__}: "
                "use `with autolog.suppress():` around the calls in it"
            )

        @wraps(function)
        def quiet(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        @wraps(function)
        async def aquiet(*args: P.args, **kwargs: P.kwargs) -> Any:
            with self:
                return await cast("Callable[P, Awaitable[Any]]", function)(*args, **kwargs)

        return cast("Callable[P, R]", aquiet) if iscoroutinefunction(function) else quiet
