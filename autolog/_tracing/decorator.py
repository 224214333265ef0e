"""``@autolog.trace``: any callable, with a span around each call."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType
from typing import Any, TypeVar, cast, overload

import wrapt

from autolog._names import SpanType
from autolog._tracing.arguments import parameters_of
from autolog._tracing.generators import Reducer
from autolog._tracing.traced import Plan, call

__all__ = ["Traced", "trace"]

F = TypeVar("F", bound="Callable[..., Any] | classmethod[Any, ..., Any] | staticmethod[..., Any]")


@overload
def trace(
    func: None = None,
    name: str | None = None,
    span_type: str = SpanType.UNKNOWN,
    attributes: Mapping[str, Any] | None = None,
    output_reducer: Reducer | None = None,
) -> Callable[[F], F]: ...


@overload
def trace(
    func: F,
    name: str | None = None,
    span_type: str = SpanType.UNKNOWN,
    attributes: Mapping[str, Any] | None = None,
    output_reducer: Reducer | None = None,
) -> F: ...


def trace(
    func: F | None = None,
    name: str | None = None,
    span_type: str = SpanType.UNKNOWN,
    attributes: Mapping[str, Any] | None = None,
    output_reducer: Reducer | None = None,
) -> F | Callable[[F], F]:
    """Give a callable that makes one span of each call: ``@trace``, ``@trace(name=…)`` or ``trace(function)``.

    ``name`` is the function's own by default; ``span_type`` is one of :class:`SpanType` or any other string.
    Arguments are the span's inputs, under the names of their parameters; the result is its outputs, unless the
    function sets them itself. An exception is recorded and goes on as it came. Of a generator, the chunks are the
    outputs (at most 100,000), or what ``output_reducer`` makes of their list. Functions, methods, ``classmethod`` and
    ``staticmethod`` (above or below this), async functions, generators, and whatever else can be called stay what they
    are for ``inspect``, ``pickle`` and type checkers. Raises ``TypeError`` for what cannot be called.
    """
    options = (name, span_type, attributes, output_reducer)
    if func is None:
        return lambda function: trace(function, *options)
    if isinstance(func, (classmethod, staticmethod)):
        kind: Any = type(cast("object", func))
        inner: Any = cast("Any", func).__func__
        return cast("F", kind(trace(inner, *options)))
    if not callable(func):
        hint = f"; a name is given as trace(name={func!r})" if isinstance(func, str) else ""
        if isinstance(func, property):
            hint = ": put @trace below @property"
        raise TypeError(f"trace() is for what can be called, and {func!r} cannot{hint}")
    return cast("F", Traced(func, options))


Options = tuple[str | None, str, Mapping[str, Any] | None, Reducer | None]


class Traced(wrapt.BaseObjectProxy[Any]):
    """A callable with a span around each call; in everything else the callable itself."""

    def __init__(self, wrapped: Callable[..., Any], options: Options) -> None:
        super().__init__(wrapped)
        name, span_type, attributes, reducer = options
        self._self_options = options
        self._self_plan = Plan(
            name or _name(wrapped),
            span_type,
            attributes,
            reducer,
            parameters_of(wrapped),
            is_async=_is_async(wrapped),
        )

    __call__ = call

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        wrapped = self.__wrapped__
        if isinstance(wrapped, FunctionType):
            return self if instance is None else MethodType(self, instance)
        kind: Any = type(wrapped)  # pyright: ignore[reportUnknownVariableType]
        if not hasattr(kind, "__get__"):
            return self
        bound = wrapped.__get__(instance, owner)
        return self if bound is wrapped else Traced(bound, self._self_options)

    def __reduce_ex__(self, protocol: Any) -> Any:
        wrapped = self.__wrapped__
        # A decorated function is found by its name; a function that was wrapped elsewhere is wrapped again.
        path: str = getattr(wrapped, "__qualname__", "")
        found: Any = sys.modules.get(getattr(wrapped, "__module__", None) or "")
        for part in path.split("."):
            found = getattr(found, part, None)
        return path if found is self else (_again, (wrapped, self._self_options))

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        import copy

        wrapped = copy.deepcopy(self.__wrapped__, memo)
        return self if wrapped is self.__wrapped__ else Traced(wrapped, self._self_options)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)


def _again(wrapped: Callable[..., Any], options: Options) -> Any:
    return Traced(wrapped, options)


def _name(wrapped: Any) -> str:
    while hasattr(wrapped, "func") and not hasattr(wrapped, "__name__"):  # a partial
        wrapped = wrapped.func
    name = getattr(wrapped, "__name__", None)
    return name if isinstance(name, str) else type(wrapped).__name__


def _is_async(wrapped: Any) -> bool:
    if inspect.isclass(wrapped):
        return False
    return inspect.iscoroutinefunction(wrapped) or inspect.iscoroutinefunction(getattr(wrapped, "__call__", None))  # noqa: B004
