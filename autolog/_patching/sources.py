"""What an integration says of a returned object whose call goes on: how it is read, and how it can end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autolog._patching.bodies import BodyTap

__all__ = ["BodySource", "Deferred", "StreamSource"]


# Plain classes: a dataclass takes longer to make than all the rest of this module.
class StreamSource:
    """A stream object that reads its items from an iterator in one of its attributes.

    The object stays the same object: only the iterator behind ``attribute`` is watched. Closing ``response`` (the
    HTTP response below it) ends the call too, and so does reading its ``body`` to the end past the stream.
    ``hide(item)`` tells which items the program must not see.
    """

    __slots__ = ("attribute", "body", "hide", "owner", "response")

    def __init__(
        self,
        owner: Any,
        attribute: str,
        response: Any,
        body: BodyTap | None = None,
        hide: Callable[[Any], bool] | None = None,
    ) -> None:
        self.owner = owner
        self.attribute = attribute
        self.response = response
        self.body = body
        self.hide = hide


class Deferred:
    """An object that gives the real result later, from a method that is declared with ``patcher.opener``.

    ``opened(result)`` says what that result is: a :class:`StreamSource`, or ``None`` where it ends the call.
    """

    __slots__ = ("body", "opened", "owner", "response")

    def __init__(self, owner: Any, response: Any, body: BodyTap, opened: Callable[[Any], StreamSource | None]) -> None:
        self.owner = owner
        self.response = response
        self.body = body
        self.opened = opened


class BodySource:
    """An object that the program reads itself; the call ends when ``response`` is closed or dropped."""

    __slots__ = ("body", "owner", "response")

    def __init__(self, owner: Any, response: Any, body: BodyTap) -> None:
        self.owner = owner
        self.response = response
        self.body = body
