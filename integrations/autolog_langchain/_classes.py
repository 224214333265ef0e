"""The subclasses of one of LangChain's base classes: those that exist, and those that are still to be defined.

LangChain emits no callback for embeddings and vector stores, and their methods are abstract: every subclass has its own.
Python tells a base class of each new subclass through ``__init_subclass__``, which these base classes do not define: it
is set while tracing is on and deleted afterwards, and the class is then as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from autolog.integration import report

if TYPE_CHECKING:
    from types import ModuleType

    from autolog.integration import Operation, Patcher

__all__ = ["trace_methods"]


def trace_methods(
    patcher: Patcher, module_name: str, class_name: str, methods: Callable[[str], Operation | None]
) -> None:
    """Trace the methods of all subclasses; ``methods(name)`` gives the operation of a method, or ``None``."""

    def on_import(module: ModuleType) -> None:
        base: type[Any] = getattr(module, class_name)
        for kind in list(_subclasses(base)):
            _trace(patcher, kind, methods)
        _watch(patcher, base, methods)

    patcher.when_imported(module_name, on_import)


def _subclasses(base: type[Any]) -> Iterator[type[Any]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _subclasses(kind)


def _trace(patcher: Patcher, kind: type[Any], methods: Callable[[str], Operation | None]) -> None:
    for name, member in list(vars(kind).items()):
        made = methods(name)
        if made is not None and not getattr(member, "__isabstractmethod__", False):
            patcher.trace(replace(made, target=f"{kind.__module__}:{kind.__qualname__}.{name}"), on=kind)


def _watch(patcher: Patcher, base: type[Any], methods: Callable[[str], Operation | None]) -> None:
    if "__init_subclass__" in vars(base):  # LangChain has one of its own by now: only the classes of today are traced
        return

    def init_subclass(cls: type[Any], **kwargs: Any) -> None:
        super(base, cls).__init_subclass__(**kwargs)
        try:
            if patcher.gate.open:
                _trace(patcher, cls, methods)
        except Exception as e:
            report(f"tracing the class {cls.__name__}", e)

    hook: Any = classmethod(cast("Any", init_subclass))
    setattr(base, "__init_subclass__", hook)  # noqa: B010  (a type checker would compare the signatures)

    def undo() -> None:
        if vars(base).get("__init_subclass__") is hook:
            delattr(base, "__init_subclass__")

    patcher.on_undo(undo)
