"""What an integration says of a returned object whose call goes on: how it is read, and how it can end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autolog._patching.bodies import BodyTap

__all__ = ["BodySource", "Deferred", "StreamSource"]


@dataclass(slots=True, eq=False, repr=False, match_args=False)
class StreamSource:
    """A stream object that reads its items from an iterator in one of its attributes.

    The object stays the same object: only the iterator behind ``attribute`` is watched. Closing ``response`` (the
    HTTP response below it) ends the call too, and so does reading its ``body`` to the end past the stream.
    ``hide(item)`` tells which items the program must not see.
    """

    owner: Any
    attribute: str
    response: Any
    body: BodyTap | None = None
    hide: Callable[[Any], bool] | None = None


@dataclass(slots=True, eq=False, repr=False, match_args=False)
class Deferred:
    """An object that gives the real result later, from the method ``opener``.

    ``opened(result)`` says what that result is: a :class:`StreamSource`, or ``None`` where it ends the call.
    """

    owner: Any
    opener: str
    response: Any
    body: BodyTap
    opened: Callable[[Any], StreamSource | None]


@dataclass(slots=True, eq=False, repr=False, match_args=False)
class BodySource:
    """An object that the program reads itself; the call ends when ``response`` is closed or dropped."""

    owner: Any
    response: Any
    body: BodyTap
