"""The one sync and the one async wrapper around a call that is no span: something is done before it and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autolog._patching.calls import Gate, Wrapper
from autolog._tracing.guard import report

__all__ = ["Enter", "Leave", "async_around", "looking", "sync_around"]

Leave = Callable[[Any, BaseException | None], None]
Enter = Callable[[Any, tuple[Any, ...], dict[str, Any]], Leave | None]


def looking(
    before: Callable[[Any, tuple[Any, ...], dict[str, Any]], None] | None,
    after: Callable[[Any, Any], None] | None,
    failed: Callable[[Any, BaseException], None] | None,
) -> Enter:
    """Make the one function of :meth:`Patcher.around` from the three of :meth:`Patcher.observe`."""

    def enter(instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Leave | None:
        if before is not None:
            before(instance, args, kwargs)
        if after is None and failed is None:
            return None

        def leave(result: Any, exc: BaseException | None) -> None:
            if exc is not None:
                if failed is not None:
                    failed(instance, exc)
            elif after is not None:
                after(instance, result)

        return leave

    return enter


def sync_around(target: str, enter: Enter, gate: Gate) -> Wrapper:
    """Wrap a plain method."""

    def around(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        leave = _entered(target, enter, instance, args, kwargs) if gate.open or gate.passes() else None
        if leave is None:
            return wrapped(*args, **kwargs)
        try:
            result = wrapped(*args, **kwargs)
        except BaseException as e:
            _left(target, leave, None, e)
            raise
        _left(target, leave, result, None)
        return result

    return around


def async_around(target: str, enter: Enter, gate: Gate) -> Wrapper:
    """Wrap an async method."""

    async def around(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        leave = _entered(target, enter, instance, args, kwargs) if gate.open or gate.passes() else None
        if leave is None:
            return await wrapped(*args, **kwargs)
        try:
            result = await wrapped(*args, **kwargs)
        except BaseException as e:
            _left(target, leave, None, e)
            raise
        _left(target, leave, result, None)
        return result

    return around


def _entered(target: str, enter: Enter, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Leave | None:
    try:
        return enter(instance, args, kwargs)
    except Exception as e:
        report(f"before {target}", e)
        return None


def _left(target: str, leave: Leave, result: Any, exc: BaseException | None) -> None:
    try:
        leave(result, exc)
    except Exception as e:
        report(f"after {target}", e)
