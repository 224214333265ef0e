"""The current span, and all else that a context holds, into another thread."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import ParamSpec, TypeVar

__all__ = ["carry"]

P = ParamSpec("P")
R = TypeVar("R")


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """Give the function so that it runs in the context of now, whichever thread calls it.

    ``pool.submit(autolog.carry(work), x)``, ``pool.map(autolog.carry(work), xs)``,
    ``Thread(target=autolog.carry(work))``: spans of ``work`` are children of the span that is current here, and
    session, user and :func:`suppress` hold there too. Every call gets a copy of the context of its own, so that calls
    may overlap. Tasks and ``asyncio.to_thread`` carry it anyway. Raises ``TypeError`` for async functions and
    generators, whose body runs later, in the context of who drives it.
    """
    if iscoroutinefunction(function) or isgeneratorfunction(function) or isasyncgenfunction(function):
        name = getattr(function, "__name__", repr(function))
        raise TypeError(
            f"carry() is for plain functions, and {name} is an async or generator function: its body runs in the "
            "context of the task or loop that drives it. Carry the plain function that the other thread calls"
        )
    context = copy_context()

    @wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.copy().run(function, *args, **kwargs)

    return carried
