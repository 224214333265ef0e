"""Names for classes that are found while the program runs, so that a patcher's target can say which one is meant.

A class may be local to a function, or still unfinished in its module, where no path leads to it. The classes are not kept
alive here.
"""

from __future__ import annotations

from itertools import count
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

__all__ = ["name_of"]

_numbers = count()
_names: WeakKeyDictionary[type[Any], str] = WeakKeyDictionary()
_classes: WeakValueDictionary[str, type[Any]] = WeakValueDictionary()


def name_of(kind: type[Any]) -> str:
    """Give the name under which this module has a class, the same each time."""
    name = _names.get(kind)
    if name is None:
        name = _names[kind] = f"{kind.__name__}_{next(_numbers)}"
        _classes[name] = kind
    return name


def __getattr__(name: str) -> type[Any]:
    try:
        return _classes[name]
    except KeyError:
        raise AttributeError(name) from None
