"""Which span is current, in this thread and task."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from contextvars import ContextVar, Token
from typing import Any

from autolog._tracing.span import LiveSpan, runtime

__all__ = ["activate", "current_span", "deactivate", "is_suppressed", "suppress"]

_CURRENT: ContextVar[LiveSpan | None] = ContextVar("autolog_current_span", default=None)
_SUPPRESSED: ContextVar[bool] = ContextVar("autolog_suppressed", default=False)


def current_span() -> LiveSpan | None:
    """Give the innermost open span.

    A context may still hold a span that has ended (a copied context, a generator's): an ended span is never
    current, its nearest open ancestor is.
    """
    span = _CURRENT.get()
    while span is not None and span.end_time_ns is not None:
        span = span.parent
    return span


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
    with contextlib.suppress(ValueError):  # made in another context: there, `current_span` skips the ended span
        _CURRENT.reset(token)
    if bridged is not None:
        bridge, attached = bridged
        bridge.deactivated(attached)


def is_suppressed() -> bool:
    """Tell whether this thread or task is inside :func:`suppress`."""
    return _SUPPRESSED.get()


@contextlib.contextmanager
def suppress() -> Generator[None]:
    """Make no spans from this block; only in this thread or task, and what it starts. Also a decorator."""
    token = _SUPPRESSED.set(True)
    try:
        yield
    finally:
        _SUPPRESSED.reset(token)
