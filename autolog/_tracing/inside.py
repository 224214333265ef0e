"""What is current inside of a generator: taken from it when it yields, given back when it goes on."""

from __future__ import annotations

from autolog._tracing.context import SUPPRESSED, Activation, activate, deactivate, last_activated
from autolog._tracing.span import SESSION, USER, LiveSpan

__all__ = ["Inside"]

Labels = tuple[str | None, str | None]
Entered = tuple[Activation, int, Labels]


class Inside:
    """The span, the labels and the suppression that a generator's own code has set, apart from its consumer's.

    Python leaves a context variable that a generator sets to whoever runs next; so a block that is open across a
    ``yield`` would be the parent of what the consumer does, and not of what the generator does afterwards.
    """

    __slots__ = ("_labels", "_quiet", "_root", "_span")

    def __init__(self, span: LiveSpan) -> None:
        self._root = self._span = span
        self._quiet = 0
        self._labels: Labels | None = None

    def enter(self) -> Entered:
        """Go into the generator; :meth:`leave` gets what this gives."""
        quiet, labels = SUPPRESSED.get(), (SESSION.get(), USER.get())
        activation = activate(self._span)
        if self._quiet:
            SUPPRESSED.set(max(0, quiet + self._quiet))
        if self._labels is not None:
            _set(self._labels)
        return activation, quiet, labels

    def leave(self, entered: Entered) -> None:
        """Come out of it: keep what it has set, and give the consumer back what was there."""
        activation, quiet, labels = entered
        span = last_activated()
        self._span = span if span is not None and span.is_inside(self._root) else self._root
        deactivate(activation)
        self._quiet = SUPPRESSED.get() - quiet
        if self._quiet:
            SUPPRESSED.set(quiet)
        now = (SESSION.get(), USER.get())
        self._labels = None if now == labels else now
        if self._labels is not None:
            _set(labels)


def _set(labels: Labels) -> None:
    SESSION.set(labels[0])
    USER.set(labels[1])
