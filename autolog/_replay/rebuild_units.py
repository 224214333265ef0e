"""The pieces that the chunks of one choice are made of, and how they become as many as there were chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from autolog._replay.rebuild_pieces import Json, json_list, json_object, pieces, shares, words

__all__ = ["Unit", "as_many", "by_word"]

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A chunk to be, of the choice ``index``: its ``members``, with a ``text`` that belongs at ``path`` of them.

    Cut into pieces, the first has the members and all others ``again``. ``logprobs`` are the log probabilities of the
    text's tokens. ``last`` says that the choice ends with this.
    """

    index: int
    members: Json
    path: Path = ()
    text: str = ""
    again: Json = field(default_factory=dict[str, Any])
    logprobs: Json | None = None
    last: bool = False

    def choice(self) -> Json:
        """Give the choice of the chunk."""
        members = _put(self.members, self.path, self.text) if self.path else self.members
        return {"index": self.index, "logprobs": self.logprobs, "finish_reason": None, **members}

    def cut(self, count: int) -> list[Unit]:
        """Give the same in this many pieces, or in as many as there are characters."""
        first, *others = pieces(self.text, count)
        more = [replace(self, text=text, members=self.again, logprobs=None) for text in others]
        return [replace(self, text=first), *more]

    def by_token(self) -> list[Unit] | None:
        """Give one piece for each token that has log probabilities, where the tokens are the text."""
        known = self.logprobs or {}
        tokens = json_list(known.get("content"))
        said = [json_object(token).get("token") for token in tokens]
        if not said or any(not isinstance(s, str) for s in said) or "".join(map(str, said)) != self.text:
            return None
        found: list[Unit] = [
            replace(self, text=str(s), members=self.members if i == 0 else self.again, logprobs={"content": [t]})
            for i, (s, t) in enumerate(zip(said, tokens, strict=True))
        ]
        others = {k: v for k, v in known.items() if k != "content"}
        found[0] = replace(found[0], logprobs={"content": tokens[:1], **others})
        return found


def _put(value: Any, path: Path, text: str) -> Any:
    """Give a copy of the value with the text at the path."""
    if not path:
        return text
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        return [_put(member, rest, text) if i == step else member for i, member in enumerate(json_list(value))]
    members = json_object(value)
    return {**members, step: _put(members.get(step), rest, text)}


def by_word(units: Sequence[Unit]) -> list[Unit]:
    """Cut the texts into words; into tokens where these are known."""
    return [small for unit in units for small in unit.by_token() or unit.cut(len(words(unit.text)))]


def as_many(units: Sequence[Unit], count: int, *, blank: Json) -> list[Unit]:
    """Cut texts or join neighbours until there are ``count`` units; blank ones stand in where nothing can be cut."""
    found = list(units)
    while len(found) > max(count, 1) and (joined := _joined(found)) is not None:
        found = joined
    if len(found) < count:
        found = _cut(found, count)
    if found and len(found) < count:
        found[-1:-1] = [Unit(found[-1].index, blank)] * (count - len(found))
    return found


def _cut(units: list[Unit], count: int) -> list[Unit]:
    with_text = [i for i, unit in enumerate(units) if unit.text]
    given = shares([len(units[i].text) for i in with_text], count - len(units) + len(with_text))
    wanted = dict(zip(with_text, given, strict=True))
    found: list[Unit] = []
    for i, unit in enumerate(units):
        tokens = unit.by_token()
        size = wanted.get(i, 1)
        found += tokens if tokens is not None and len(tokens) == size else unit.cut(size)
    return found


def _joined(units: list[Unit]) -> list[Unit] | None:
    """Join the first two neighbours that fit into one chunk; ``None`` where none do."""
    for i, (one, two) in enumerate(pairwise(units)):
        if one.index != two.index or one.last or (one.logprobs and two.logprobs):
            continue
        members = _merged(_whole(one), _whole(two))
        if members is not None:
            both = Unit(one.index, members, logprobs=one.logprobs or two.logprobs, last=two.last)
            return [*units[:i], both, *units[i + 2 :]]
    return None


def _whole(unit: Unit) -> Json:
    return _put(unit.members, unit.path, unit.text) if unit.path else unit.members


def _merged(one: Json, two: Json) -> Json | None:
    found = dict(one)
    for key, value in two.items():
        if key not in found:
            found[key] = value
        elif key == "delta":
            inner = _merged(json_object(found[key]), json_object(value))
            if inner is None:
                return None
            found[key] = inner
        elif key == "tool_calls":
            found[key] = [*json_list(found[key]), *json_list(value)]
        elif key == "text" and not (found[key] and value):
            found[key] = found[key] or value
        else:
            return None
    return found
