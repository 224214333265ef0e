"""One call of a traced function, of whichever kind: its span, from its arguments to its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import CO_ITERABLE_COROUTINE
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

from autolog._tracing.arguments import Parameters, unnamed
from autolog._tracing.context import activate, current_span, deactivate, is_suppressed
from autolog._tracing.generators import AsyncItems, Chunks, Reducer, items
from autolog._tracing.guard import report
from autolog._tracing.snapshot import snapshot
from autolog._tracing.span import LiveSpan, runtime

__all__ = ["Plan", "call"]


class Plan:
    """What is known of a traced function before it is called."""

    __slots__ = ("attributes", "is_async", "name", "parameters", "reducer", "span_type")

    def __init__(
        self,
        name: str,
        span_type: str,
        attributes: Mapping[str, Any] | None,
        reducer: Reducer | None,
        parameters: Parameters | None,
        *,
        is_async: bool,
    ) -> None:
        self.name = name
        self.span_type = span_type
        self.attributes: dict[str, Any] | None = snapshot(dict(attributes)) if attributes else None
        self.reducer = reducer
        self.parameters = parameters
        self.is_async = is_async


def call(traced: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Call a function in a span: the ``__call__`` of what stands for it, and one frame, for a function may recurse."""
    wrapped: Callable[..., Any] = traced.__wrapped__
    if not runtime.enabled or is_suppressed():
        return wrapped(*args, **kwargs)
    plan: Plan = traced._self_plan
    inputs, fits = _inputs(plan, args, kwargs)
    if plan.is_async and fits:
        later: Any = _awaited(plan, wrapped, args, kwargs, inputs)
        # What warnings and the names of tasks show.
        later.__name__ = getattr(wrapped, "__name__", plan.name)
        later.__qualname__ = getattr(wrapped, "__qualname__", plan.name)
        return later
    span = _begin(plan, inputs)
    if span is None:
        return wrapped(*args, **kwargs)
    activation = activate(span)
    try:
        result: Any = wrapped(*args, **kwargs)
    except BaseException as e:
        deactivate(activation)
        span.record_exception(e)
        span.end()
        raise
    deactivate(activation)
    if type(result) is CoroutineType:  # of an async function behind somebody's plain one
        return _finished_later(plan, Chunks(span, None), result)
    return _finished(plan, span, result)


def _inputs(plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, bool]:
    """Give the arguments by name, as they are now, and whether they fit the function."""
    try:
        if plan.parameters is None:
            return snapshot(unnamed(args, kwargs)), True
        named, fits = plan.parameters.named(args, kwargs)
        return snapshot(named), fits
    except Exception as e:
        report("reading the arguments of a traced function", e)
        return None, True


def _begin(plan: Plan, inputs: Any) -> LiveSpan | None:
    try:
        attributes = plan.attributes
        span = LiveSpan(
            plan.name,
            plan.span_type,
            parent=current_span(),
            attributes=None if attributes is None else attributes.copy(),
        )
    except Exception as e:
        report("starting the span of a traced function", e)
        return None
    span.inputs = inputs
    return span


def _finished(plan: Plan, span: LiveSpan, result: Any) -> Any:
    """End the span, or see that it ends with the generator that the function gave."""
    kind: Any = type(result)  # pyright: ignore[reportUnknownVariableType]
    if kind is GeneratorType and not result.gi_code.co_flags & CO_ITERABLE_COROUTINE:
        given: Any = items(result, Chunks(span, plan.reducer))
        given.__name__, given.__qualname__ = result.__name__, result.__qualname__
        return given
    if kind is AsyncGeneratorType:
        return AsyncItems(result, Chunks(span, plan.reducer))
    try:
        if span.outputs is None:  # what the function itself set is what it wants to show
            span.outputs = snapshot(result)
    except Exception as e:
        report("reading the result of a traced function", e)
    finally:
        span.end()
    return result


async def _awaited(
    plan: Plan, wrapped: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], inputs: Any
) -> Any:
    """Call an async function in a span, which starts when the call begins to run; one never awaited makes none."""
    span = None if is_suppressed() else _begin(plan, inputs)
    if span is None:
        return await wrapped(*args, **kwargs)
    return await _running(plan, span, wrapped, args, kwargs)


async def _finished_later(plan: Plan, end: Chunks, call: Any) -> Any:
    # `end` ends the span where this is never awaited.
    end.span.progress = None
    return await _running(plan, end.span, lambda: call, (), {})


async def _running(
    plan: Plan, span: LiveSpan, wrapped: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    activation = activate(span)
    try:
        result = await wrapped(*args, **kwargs)
    except BaseException as e:
        deactivate(activation)
        span.record_exception(e)
        span.end()
        raise
    deactivate(activation)
    return _finished(plan, span, result)
