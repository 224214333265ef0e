"""Replace methods on one object, which is freed, copied and pickled as before once they are given back."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

__all__ = ["Replaced"]


class Replaced:
    """The methods that were replaced on one object. Does not itself hold on to the object."""

    __slots__ = ("_methods", "_owner")

    def __init__(self, owner: Any) -> None:
        self._owner: weakref.ref[Any] = weakref.ref(owner)
        self._methods: dict[str, tuple[Callable[[], Any], Callable[[], Any] | None]] = {}

    def method(self, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Put ``make(old)`` in the place of a method; nothing happens where the object has no such method.

        The old method holds the object, as it must: a caller may have let go of the object when the method begins. So
        the object refers to itself until the method is given back.
        """
        owner = self._owner()
        own = getattr(owner, "__dict__", {}).get(name)
        old = getattr(owner, name, None)
        if old is None:
            return
        new = make(old)
        setattr(owner, name, new)
        # Weak, for the methods hold the object.
        self._methods[name] = (weakref.ref(new), None if own is None else _reference(own))

    def give_back(self) -> None:
        """Undo all, but for what somebody else has replaced since."""
        owner = self._owner()
        for name, (new, own) in self._methods.items() if owner is not None else ():
            if owner.__dict__.get(name) is not new():
                continue
            if own is None:
                delattr(owner, name)
            else:
                setattr(owner, name, own())
        self._methods.clear()


def _reference(method: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(method)
    except TypeError:  # of a kind that nobody can refer to weakly
        return lambda: method
