"""The one sync and the one async wrapper around a traced call."""

from __future__ import annotations

from collections.abc import Callable
from types import CoroutineType
from typing import TYPE_CHECKING, Any, cast

from autolog._patching.streams import watch
from autolog._tracing.context import activate, current_span, deactivate, is_suppressed
from autolog._tracing.guard import report
from autolog._tracing.span import LiveSpan

if TYPE_CHECKING:
    from autolog.integration import Begin, Operation

__all__ = ["Gate", "async_wrapper", "sync_wrapper"]

Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]


class Gate:
    """Whether a wrapper that somebody still holds may trace. Shut before anything is undone."""

    __slots__ = ("integration", "late", "open")

    def __init__(self, integration: str) -> None:
        self.open = True
        self.integration = integration
        # Called by a wrapper that is called though the gate is shut, where some could not be taken out.
        self.late: Callable[[], None] | None = None

    def passes(self) -> bool:
        """Ask whether to trace."""
        if not self.open and self.late is not None:
            self.late()
        return self.open


def _begin(
    operation: Operation, gate: Gate, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[LiveSpan, Begin] | None:
    if not (gate.open or gate.passes()) or is_suppressed():
        return None
    try:
        begin = operation.start(instance, args, kwargs)
        if begin is None:
            return None
        span = LiveSpan(
            begin.name,
            begin.span_type,
            parent=current_span(),
            attributes=begin.attributes,
            integration=gate.integration,
            capture=begin.capture,
            read=operation.read,
        )
        return span, begin
    except Exception as e:
        report(f"starting {operation.target}", e)
        return None


def _raised(operation: Operation, span: LiveSpan, exc: BaseException) -> None:
    try:
        span.record_exception(exc)
        if operation.fail is not None:
            operation.fail(span.capture, exc)
    except Exception as e:
        report(f"reading the exception of {operation.target}", e)
    finally:
        span.end()


def _returned(operation: Operation, span: LiveSpan, result: Any) -> None:
    try:
        source = operation.finish(span.capture, result) if operation.finish is not None else None
        if source is None:
            span.end()
        else:
            watch(span, source)
    except Exception as e:
        span.end()
        report(f"reading the result of {operation.target}", e)


def sync_wrapper(operation: Operation, gate: Gate) -> Wrapper:
    """Wrap a plain method."""

    def traced(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        begun = _begin(operation, gate, instance, args, kwargs)
        if begun is None:
            return wrapped(*args, **kwargs)
        span, begin = begun
        activation = activate(span)
        try:
            result = wrapped(
                *(args if begin.args is None else begin.args), **(kwargs if begin.kwargs is None else begin.kwargs)
            )
        except BaseException as e:
            deactivate(activation)
            _raised(operation, span, e)
            raise
        deactivate(activation)
        if type(result) is CoroutineType:
            return _awaited(operation, span, cast("Any", result))
        _returned(operation, span, result)
        return result

    return traced


async def _awaited(operation: Operation, span: LiveSpan, call: Any) -> Any:
    """Finish an async call that somebody's wrapper below ours hides behind a plain function."""
    activation = activate(span)
    try:
        result = await call
    except BaseException as e:
        deactivate(activation)
        _raised(operation, span, e)
        raise
    deactivate(activation)
    _returned(operation, span, result)
    return result


def async_wrapper(operation: Operation, gate: Gate) -> Wrapper:
    """Wrap an async method; a coroutine that is never awaited makes no span."""

    async def traced(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        begun = _begin(operation, gate, instance, args, kwargs)
        if begun is None:
            return await wrapped(*args, **kwargs)
        span, begin = begun
        activation = activate(span)
        try:
            result = await wrapped(
                *(args if begin.args is None else begin.args), **(kwargs if begin.kwargs is None else begin.kwargs)
            )
        except BaseException as e:
            deactivate(activation)
            _raised(operation, span, e)
            raise
        deactivate(activation)
        _returned(operation, span, result)
        return result

    return traced
