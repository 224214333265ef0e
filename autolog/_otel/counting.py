"""Whose usage is sent: each token once, at the deepest span that carries it."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["DeepestUsage"]

_REMEMBERED = 10_000


class DeepestUsage:
    """Tells, as spans end one after the other, which of them have usage below them.

    A framework's model span and the call below it report the same tokens, and backends add up every span that has
    some. Parts of a trace come at different times, so what ended earlier is remembered, up to a bound.
    """

    def __init__(self) -> None:
        self._above: OrderedDict[str, None] = OrderedDict()

    def counts(self, span_id: str, parent_id: str | None, *, has_usage: bool) -> bool:
        """Take the next span that has ended; tell whether no span below it had usage."""
        below = self._above.pop(span_id, span_id) is None
        if parent_id is not None and (has_usage or below):
            self._above[parent_id] = None
            self._above.move_to_end(parent_id)
            if len(self._above) > _REMEMBERED:
                self._above.popitem(last=False)
        return not below
