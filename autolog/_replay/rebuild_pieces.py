"""Texts back into pieces, as a stream would have sent them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

__all__ = ["Json", "json_list", "json_object", "pieces", "shares", "words"]

Json = dict[str, Any]

_WORD: Final = re.compile(r"\s*\S+\s*\Z|\s*\S+|\s+\Z")


def json_object(value: object) -> Json:
    """Give a JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def json_list(value: object) -> list[Any]:
    """Give a JSON array, or an empty one."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def words(text: str) -> list[str]:
    """Give the text's words, each with the blanks before it: joined, they are the text."""
    return _WORD.findall(text) if text else []


def pieces(text: str, count: int) -> list[str]:
    """Cut a text into this many pieces, between words where there are enough; fewer where it has fewer characters."""
    units: Sequence[str] = words(text)
    if len(units) < count:
        units = text
    count = max(min(count, len(units)), 1)
    edges = [len(units) * i // count for i in range(count + 1)]
    return ["".join(units[start:end]) for start, end in pairwise(edges)]


def shares(lengths: Sequence[int], total: int) -> list[int]:
    """Share out ``total`` by length: one each at least, none more than its length."""
    given = [1] * len(lengths)
    left = total - len(lengths)
    whole = sum(lengths)
    if left <= 0 or not whole:
        return given
    for i, length in enumerate(lengths):
        given[i] += max(min(left * length // whole, length - 1), 0)
    left = total - sum(given)
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        more = max(min(left, lengths[i] - given[i]), 0)
        given[i] += more
        left -= more
    return given
