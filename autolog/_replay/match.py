"""Finds the recorded interaction that a request asks for, in the same time however many there are."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

from autolog._replay.cassette import Interaction, RecordedRequest
from autolog._replay.jsonpaths import parse_path
from autolog._replay.normalise import NORMALISERS, Rules, body_of, normalised, place_of, query_of

__all__ = ["Index", "Key", "canonical", "key_of", "rules_for"]

Key = bytes
"""What a request asks, as a digest: equal for requests that the same recording may answer."""

HIDDEN = "**REDACTED**"
"""What stands in the place of the URI where a project removed it: any URI is taken for it."""


def rules_for(ignore: Iterable[str] = (), normalize: Callable[[Any], Any] | str | None = None) -> Rules:
    """Make the rules of comparing; raises ``ValueError`` for a path or a name that is none.

    ``ignore`` are JSON paths into the body (``messages[*].content.date``), or ``?name`` for a parameter of the query.
    ``normalize`` gets the parsed body (or text) and gives what is compared; ``"dates"`` leaves dates and times out.
    """
    if isinstance(ignore, str):
        raise ValueError(f"ignore is a list of JSON paths: [{ignore!r}]")
    paths = list(ignore)
    if isinstance(normalize, str):
        if normalize not in NORMALISERS:
            raise ValueError(f"normalize is a function or one of {', '.join(NORMALISERS)}, not {normalize!r}")
        normalize = NORMALISERS[normalize]
    return Rules(
        tuple(parse_path(path) for path in paths if not path.startswith("?")),
        normalize,
        tuple(path[1:] for path in paths if path.startswith("?")),
    )


def canonical(
    request: RecordedRequest, ignore: Iterable[str] = (), normalize: Callable[[Any], Any] | str | None = None
) -> Key:
    """Give the key of a request: method, host (not of this machine), path, query and canonical body."""
    return key_of(request, rules_for(ignore, normalize))


def _digest(value: Any) -> bytes:
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, default=_odd)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _odd(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)


def key_of(request: RecordedRequest, rules: Rules) -> Key:
    """Give the key of a request under rules that are made already."""
    return _key(request, rules, body_of(request))


def _key(request: RecordedRequest, rules: Rules, body: Any) -> Key:
    try:
        body = normalised(body, rules)
    except RecursionError:
        body = request.body
    if request.uri == HIDDEN:
        return _digest([request.method.upper(), HIDDEN, body])
    host, path = place_of(request.uri)
    return _digest([request.method.upper(), host, path, query_of(request.uri, rules), body])


def _exact(key: Key, body: Any) -> Key:
    """A key that only the same texts have: of two recordings with other ids, the one with these comes first."""
    try:
        return key + _digest(body)
    except RecursionError:
        return key


class Index:
    """The interactions of a cassette by what they answer. Not locked: the caller holds its lock.

    ``repeats`` gives an interaction again when all that match were given: the last one of them.
    """

    def __init__(
        self, interactions: Sequence[Interaction], rules: Rules, *, strict: bool = False, repeats: bool = False
    ) -> None:
        self.rules = rules
        self.taken: set[int] = set()
        self._strict = strict
        self._repeats = repeats
        self._next = 0
        self._keys: list[Key] = []
        self._alike: defaultdict[Key, deque[int]] = defaultdict(deque)
        self._same: defaultdict[Key, deque[int]] = defaultdict(deque)
        self._last: dict[Key, int] = {}
        self._hidden = any(each.request.uri == HIDDEN for each in interactions)
        for number, each in enumerate(interactions):
            body = body_of(each.request)
            key = _key(each.request, rules, body)
            self._keys.append(key)
            self._alike[key].append(number)
            self._same[_exact(key, body)].append(number)

    def __len__(self) -> int:
        return len(self._keys)

    def keys_of(self, request: RecordedRequest) -> tuple[Key, Key]:
        """The keys to :meth:`take` by; made outside of the lock, as they cost what the body is long."""
        body = body_of(request)
        key = _key(request, self.rules, body)
        if self._hidden and key not in self._alike:
            key = _digest([request.method.upper(), HIDDEN, normalised(body, self.rules)])
        return key, _exact(key, body)

    def take(self, keys: tuple[Key, Key]) -> int | None:
        """Give the number of the interaction that answers, and mark it; ``None`` where there is none (any more)."""
        key, exact = keys
        if self._strict:
            return self._take_next(key)
        number = self._first(self._same.get(exact))
        if number is None:
            number = self._first(self._alike.get(key))
        if number is None:
            return self._last.get(key) if self._repeats else None
        self.taken.add(number)
        self._last[key] = number
        return number

    def _take_next(self, key: Key) -> int | None:
        if self._next < len(self._keys) and self._keys[self._next] == key:
            self._next += 1
            self.taken.add(self._next - 1)
            self._last[key] = self._next - 1
            return self._next - 1
        return self._last.get(key) if self._repeats else None

    def _first(self, waiting: deque[int] | None) -> int | None:
        """The first that was not taken: each number leaves its queue once, so this is constant on average."""
        while waiting:
            if waiting[0] in self.taken:
                waiting.popleft()
            else:
                return waiting.popleft()
        return None

    def alike(self, key: Key) -> list[int]:
        """All interactions that answer such a request, given or not."""
        return [number for number, other in enumerate(self._keys) if other == key]

    @property
    def next_in_order(self) -> int | None:
        """With strict order, the interaction whose turn it is."""
        return self._next if self._strict and self._next < len(self._keys) else None
