"""Where a copy of linked objects is: what it is inside of, what it has shown, how much it may still take."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["Walk"]

_MAX_DEPTH: Final = 60
_MAX_PARTS: Final = 200_000
_SMALL: Final = 64
# One text for all, since there may be a million of them.
_LEFT_OUT: Final = "<left out: too many parts>"


class Walk:
    """Bounds a copy of a value: a cycle ends where it begins, and what is linked from many places is shown once.

    Args:
        max_depth: levels that are copied.
        max_parts: dicts, lists and objects that are copied. A graph of a million nodes costs its program no more.
    """

    __slots__ = ("_left", "_left_before", "_max_depth", "_seen")

    def __init__(self, *, max_depth: int = _MAX_DEPTH, max_parts: int = _MAX_PARTS) -> None:
        self._max_depth = max_depth
        self._left = max_parts
        # By id, and kept alive: what an object makes anew when it is asked may get the id of what was there before.
        self._seen: dict[int, Any] = {}
        self._left_before: list[int] = []

    def enter(self, value: object) -> str | None:
        """Go into a value; or give the text that stands for it, where it is not to be copied (again)."""
        if id(value) in self._seen:
            return f"<{type(value).__name__} shown above>"
        if len(self._left_before) >= self._max_depth:
            return f"<{type(value).__name__} nested too deep>"
        if self._left <= 0:
            return _LEFT_OUT
        self._seen[id(value)] = value
        self._left_before.append(self._left)
        self._left -= 1
        return None

    def leave(self, value: object) -> None:
        """Come back from what :meth:`enter` went into. What is small may be shown again: most are no links."""
        if self._left_before.pop() - self._left <= _SMALL:
            del self._seen[id(value)]
