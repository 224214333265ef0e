"""The attributes of foreign objects that hold our wrappers, whoever else changes them meanwhile."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from inspect import getattr_static
from types import FunctionType, MethodType, ModuleType
from typing import Any

import wrapt

from autolog._patching.calls import Gate, Wrapper
from autolog._tracing.guard import report

__all__ = ["Place", "dig_out", "layers", "lock"]

lock = threading.RLock()
# Wrappers that were not where they were put when they were to be taken back: somebody else wrapped them, or put
# something in their place that gives them back one day. Inert, and taken out once they are found again.
_buried: list[tuple[weakref.ref[Any], str, weakref.ref[Any]]] = []
_DEEPEST = 100


class Place:
    """An attribute of a class, a module or an object, and the wrappers that we have put there. Does not hold it."""

    __slots__ = ("_gate", "_handles", "_make", "name", "parent")

    def __init__(self, parent: Any, name: str, make: Callable[[Any], Wrapper], gate: Gate) -> None:
        self.parent = weakref.ref(parent)
        self.name = name
        self._make = make
        self._gate = gate
        # More than one only where somebody took one away: it may come back. One on an object holds the object.
        self._handles: list[weakref.ref[Any]] = []

    def put(self) -> None:
        """Wrap what is there now."""
        parent = self.parent()
        wrapper = self._make(getattr(parent, self.name))
        if not isinstance(parent, (type, ModuleType)):
            wrapper = _bound_to(parent, wrapper)
        self._handles.append(weakref.ref(wrapt.wrap_function_wrapper(parent, self.name, wrapper)))

    def lost(self) -> bool:
        """Whether a call surely comes no more to any of our wrappers."""
        parent = self.parent()
        found = getattr_static(parent, self.name, None) if parent is not None else None
        return found is not None and not self.has(found) and _is_plain(found)

    def has(self, found: Any) -> bool:
        """Whether one of our wrappers lies in a function."""
        ours = {id(wrapper) for handle in self._handles if (wrapper := handle()) is not None}
        return any(id(layer) in ours or id(getattr(layer, "_self_parent", None)) in ours for layer in layers(found))

    def label(self) -> str:
        """Say what it is."""
        parent = self.parent()
        name = getattr(parent, "__name__", None) or type(parent).__name__
        return f"{name}.{self.name}"

    def take_back(self) -> None:
        """Take our wrappers out; the gate is shut, so that those which are not found may be left for later."""
        parent = self.parent()
        for handle in reversed(self._handles):
            wrapper = handle()
            if parent is not None and wrapper is not None and not _unwrapped(parent, self.name, wrapper):
                _buried.append((self.parent, self.name, handle))
                self._gate.late = dig_out
        self._handles.clear()


def _bound_to(instance: Any, wrapper: Wrapper) -> Wrapper:
    """Give the wrapper of what lies on an object, and is called without it."""

    def bound(wrapped: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return wrapper(wrapped, instance, args, kwargs)

    return bound


def _is_plain(found: Any) -> bool:
    """Whether at the bottom of a function is the function of a class: no double, no closure, which may hold anything."""
    for layer in layers(found):
        found = layer
    return type(found) is FunctionType and all(isinstance(c.cell_contents, type) for c in found.__closure__ or ())


def layers(found: Any) -> Iterator[Any]:
    """Give a function, and what it wraps, down to what wraps nothing."""
    for _ in range(_DEEPEST):
        yield found
        inner = found.__func__ if type(found) is MethodType else getattr(found, "__wrapped__", None)
        if inner is None:
            return
        found = inner


def dig_out() -> None:
    """Take out the wrappers left behind that are outermost by now. Waits for nobody."""
    if not _buried or not lock.acquire(blocking=False):
        return
    try:
        for item in list(_buried):
            parent, name, handle = item[0](), item[1], item[2]()
            # Where nobody has the wrapper any more, nobody can put it back.
            if parent is None or handle is None or _unwrapped(parent, name, handle):
                _buried.remove(item)
    finally:
        lock.release()


def _unwrapped(parent: Any, name: str, handle: Any) -> bool:
    try:
        wrapt.unwrap_object(parent, name, handle)
    except (wrapt.WrapperNotOutermostError, wrapt.WrapperNotFoundError):
        return False
    except Exception as e:
        report(f"unwrapping {name}", e)
    return True
