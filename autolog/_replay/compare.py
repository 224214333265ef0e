"""Two recordings of the same calls: what changed in requests, texts, tokens and ends, interaction by interaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from autolog._replay.cassette import Cassette, Interaction
from autolog._replay.dialogue import Exchange, exchange
from autolog._replay.match import key_of
from autolog._replay.normalise import Rules, body_of, normalised
from autolog._replay.rebuild_pieces import json_list, json_object

__all__ = ["Change", "Difference", "compare", "differences"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A place in a JSON body and its two values; ``None`` where a side has none."""

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """Two interactions that belong together, or one that only one recording has (``None`` on the other side)."""

    old: Exchange | None
    new: Exchange | None
    request: tuple[Difference, ...] = ()

    @property
    def text_changed(self) -> bool:
        """Whether the answer says something else."""
        return self.old is None or self.new is None or self.old.text != self.new.text

    @property
    def changed(self) -> bool:
        """Whether anything differs that matters: not the cuts of a stream, ids or times."""
        old, new = self.old, self.new
        if old is None or new is None or self.request or self.text_changed:
            return True
        return (old.status, old.model, old.usage, old.ended, old.note) != (
            new.status,
            new.model,
            new.usage,
            new.ended,
            new.note,
        )


def compare(old: Cassette, new: Cassette) -> list[Change]:
    """Pair the interactions, equal requests first, then those of the same path in order, and say what changed."""
    pairs = _pairs(old.interactions, new.interactions)
    found = [
        Change(
            exchange(a) if a is not None else None,
            exchange(b) if b is not None else None,
            tuple(differences(_body(a), _body(b))) if a is not None and b is not None else (),
        )
        for a, b in pairs
    ]
    return sorted(found, key=lambda change: (change.new or change.old).number if change.new or change.old else 0)  # type: ignore[union-attr]


_RULES: Final = Rules()

Pair = tuple[Interaction | None, Interaction | None]


def _pairs(old: Sequence[Interaction], new: Sequence[Interaction]) -> list[Pair]:
    left, right = list(old), list(new)
    found: list[Pair] = []
    for key in (_whole_key, _path_key):
        waiting: dict[str, list[Interaction]] = {}
        for one in right:
            waiting.setdefault(key(one), []).append(one)
        rest: list[Interaction] = []
        for one in left:
            same = waiting.get(key(one))
            if same:
                found.append((one, same.pop(0)))
            else:
                rest.append(one)
        left, right = rest, [one for some in waiting.values() for one in some]
    return [*found, *((one, None) for one in left), *((None, one) for one in right)]


def _path_key(interaction: Interaction) -> str:
    return f"{interaction.request.method} {interaction.request.path}"


def _whole_key(interaction: Interaction) -> str:
    return key_of(interaction.request, _RULES).hex()


def _body(interaction: Interaction) -> Any:
    """Give the request as it is matched: other ids are no change."""
    return normalised(body_of(interaction.request), _RULES)


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """Give the places at which two JSON values differ, in order."""
    one, two = json_object(old), json_object(new)
    first, second = json_list(old), json_list(new)
    if one and two:
        for key in [*one, *(k for k in two if k not in one)]:
            yield from differences(one.get(key), two.get(key), f"{path}.{key}" if path else key)
    elif first and second:
        for place in range(max(len(first), len(second))):
            a = first[place] if place < len(first) else None
            b = second[place] if place < len(second) else None
            yield from differences(a, b, f"{path}[{place}]")
    elif old != new or type(old) is not type(new):
        yield Difference(path or "(body)", old, new)
