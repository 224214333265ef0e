"""What a block gives: its calls, its misses, what is left of its cassette, what was done at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autolog._model import Usage
from autolog._replay.cassette import Interaction
from autolog._replay.session import Call, Miss, Session
from autolog._replay.wire import usage_of

__all__ = ["ReplayDriftError", "Tape", "UnusedInteractionsError"]


class UnusedInteractionsError(AssertionError):
    """Interactions of the cassette were never replayed."""


class ReplayDriftError(AssertionError):
    """Mode ``verify``: live answers no longer have the shape of the recorded ones."""


class Tape:
    """What a block replays or records: its calls in the order of their start, its misses, and what is left.

    ``mode`` is the effective one (``stale`` is resolved). ``notes`` tell what was done at the end, ``changes`` what a
    new recording says differently, ``drift`` what mode ``verify`` found.
    """

    def __init__(self, path: Path, mode: str, session: Session) -> None:
        self.path = path
        self.mode = mode
        self.notes: list[str] = []
        self.changes: list[str] = []
        self.drift: list[str] = []
        self.discarded = False
        self._session = session

    @property
    def calls(self) -> list[Call]:
        """Every request that the program made, those to allowed hosts excepted."""
        return self._session.calls

    @property
    def misses(self) -> list[Miss]:
        """The requests that were refused."""
        return self._session.misses

    @property
    def unused(self) -> list[Interaction]:
        """The interactions that answered nothing (yet)."""
        return self._session.unused

    @property
    def usage(self) -> Usage:
        """The tokens that the responses of all calls report, together."""
        return sum((usage_of(call.response) for call in self.calls if call.response is not None), Usage())

    def audit(self, traces: Any) -> list[str]:
        """Compare the traces of the block with what went over the wire, and tell what is not equal."""
        from autolog._replay.audit import audit

        return audit(self, traces)

    def discard(self) -> None:
        """Save nothing at the end of the block."""
        self.discarded = True
