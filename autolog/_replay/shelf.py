"""A cassette for one reader at a time: interactions taken from it, and a request that it does not have explained."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autolog._replay.cassette import Cassette, Interaction, RecordedRequest
from autolog._replay.match import Index, rules_for
from autolog._replay.nearmiss import Hints, explain_miss
from autolog._replay.saving import save_recorded
from autolog._replay.scrub import scrub

__all__ = ["Shelf", "add_to_file"]


class Shelf:
    """The interactions of a cassette, each given once; ``upstream`` is where they came from.

    Not locked: the caller holds its lock.
    """

    def __init__(
        self,
        cassette: Cassette,
        *,
        ignore: Iterable[str] = (),
        normalize: Callable[[Any], Any] | str | None = None,
        repeats: bool = False,
        upstream: str = "https://api.openai.com/v1",
    ) -> None:
        rules = rules_for(ignore, normalize)
        self._cassette = cassette
        self._index = Index(cassette.interactions, rules, repeats=repeats)
        command = f"autolog replay-proxy {shlex.quote(str(cassette.path))}"
        accept = f"{command} --record --upstream {upstream}"
        self._hints = Hints(
            accept=accept,
            missing=accept,
            ignore=f"{command} {{flags}}",
            normalize='replay_proxy(..., normalize="dates")',
            repeats=f"{command} --repeats",
            rules=rules,
        )

    def take(self, request: RecordedRequest) -> int | None:
        """Give the index of the interaction that answers a request, ``None`` where there is none left."""
        return self._index.take(self._index.keys_of(request))

    @property
    def left(self) -> list[int]:
        """The indexes of those that were not given."""
        return [index for index in range(len(self._index)) if index not in self._index.taken]

    def explain(self, request: RecordedRequest) -> str:
        """Say what the cassette has instead of this request."""
        return explain_miss(request, self._cassette, self._index.taken, self._hints)


def add_to_file(cassette: Cassette, new: Sequence[Interaction], *, anew: bool) -> list[str]:
    """Add interactions to a cassette's file, made if it is not there, and give notes on it for people.

    With ``anew`` they take the place of what is there.

    Raises ``SecretError`` naming the place where something secret is left, and writes nothing then.
    """
    cassette.path.parent.mkdir(parents=True, exist_ok=True)
    clean = [scrub(interaction) for interaction in new]
    mode = "all" if anew else "missing"
    return save_recorded(cassette.path, clean, mode=mode, loaded=cassette, rules=rules_for(), owner="").notes
