"""The one sync and the one async wrapper around a call that is looked at, not traced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autolog._patching.calls import Gate, Wrapper
from autolog._tracing.guard import report

__all__ = ["Look", "async_observer", "sync_observer"]


@dataclass(frozen=True, eq=False, repr=False, match_args=False)
class Look:
    """What looks at a call: see :meth:`Patcher.observe`. Whatever raises in it is ours to hear of."""

    target: str
    before: Callable[[Any, tuple[Any, ...], dict[str, Any]], None] | None
    after: Callable[[Any, Any], None] | None
    failed: Callable[[Any, BaseException], None] | None

    def call(self, look: Callable[..., None] | None, *args: Any) -> None:
        """Call one of the three, if it is there."""
        if look is not None:
            try:
                look(*args)
            except Exception as e:
                report(f"observing {self.target}", e)


def sync_observer(look: Look, gate: Gate) -> Wrapper:
    """Wrap a plain method."""

    def observing(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not gate.open:
            return wrapped(*args, **kwargs)
        look.call(look.before, instance, args, kwargs)
        try:
            result = wrapped(*args, **kwargs)
        except BaseException as e:
            look.call(look.failed, instance, e)
            raise
        look.call(look.after, instance, result)
        return result

    return observing


def async_observer(look: Look, gate: Gate) -> Wrapper:
    """Wrap an async method."""

    async def observing(
        wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if not gate.open:
            return await wrapped(*args, **kwargs)
        look.call(look.before, instance, args, kwargs)
        try:
            result = await wrapped(*args, **kwargs)
        except BaseException as e:
            look.call(look.failed, instance, e)
            raise
        look.call(look.after, instance, result)
        return result

    return observing
