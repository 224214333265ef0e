"""Where else a method of a class is called from: what somebody bound to it before we came, past our wrapper.

Other tracing tools put a wrapper on a subclass or on one object, around the method as they found it. A call of such an
object never comes to the class that has the method.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import MethodType
from typing import Any

__all__ = ["objects_with_a_copy", "stands_for", "subclasses_with_a_copy"]


def stands_for(found: Any, original: Any) -> bool:
    """Whether a function is said to be a method, itself or as what wraps it (``functools.wraps`` says so too)."""
    return all(
        getattr(found, member, None) == getattr(original, member, None) is not None
        for member in ("__qualname__", "__module__")
    )


def subclasses_with_a_copy(owner: type[Any], name: str, original: Any) -> Iterator[type[Any]]:
    """Give the subclasses that have a function of their own which stands for the method, not one that overrides it."""
    for subclass in owner.__subclasses__():
        if stands_for(vars(subclass).get(name), original):
            yield subclass
        yield from subclasses_with_a_copy(subclass, name, original)


def objects_with_a_copy(owner: type[Any], name: str) -> list[Any]:
    """Give the objects of the class on which somebody has put what stands for the method.

    All objects of the program are searched for one that holds the method bound, which takes long: only where somebody
    holds it at all. So the caller must not.
    """
    if not _is_held(owner, name):
        return []
    original = getattr(owner, name)
    bound = (o.__self__ for o in gc.get_referrers(vars(owner)[name]) if type(o) is MethodType)
    found = {
        id(o): o for o in bound if isinstance(o, owner) and stands_for(getattr(o, "__dict__", {}).get(name), original)
    }
    return list(found.values())


class _Alone:
    def method(self) -> None: ...


def _is_held(owner: type[Any], name: str) -> bool:
    """Whether anybody but its class holds a method."""
    count = getattr(sys, "getrefcount", None)
    if count is None or name not in vars(owner):
        return False
    held: bool = count(vars(owner)[name]) > count(vars(_Alone)["method"])
    return held
