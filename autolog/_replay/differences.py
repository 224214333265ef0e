"""Where two bodies differ: by JSON path, and inside a long text around the words that changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, cast

from autolog._replay.jsonpaths import path_text

__all__ = ["Difference", "differences", "similarity", "word_window"]

SHORT: Final = 60
"""Texts up to this length are shown whole, side by side."""

WINDOW: Final = 24
_MISSING: Final = object()
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the live request is not the recorded one, and what stands there on both sides."""

    path: str
    lines: tuple[str, ...]
    note: str = ""


def differences(recorded: Any, now: Any) -> list[Difference]:
    """Give all differences, in the order of the live request."""
    return list(_walk(recorded, now, ()))


def _walk(recorded: Any, now: Any, path: tuple[str | int, ...]) -> Iterator[Difference]:
    same_type = cast("type[Any]", type(recorded)) is cast("type[Any]", type(now))
    if isinstance(recorded, dict) and isinstance(now, dict):
        a, b = cast("dict[str, Any]", recorded), cast("dict[str, Any]", now)
        for key in [*b, *(k for k in a if k not in b)]:
            yield from _walk(a.get(key, _MISSING), b.get(key, _MISSING), (*path, key))
    elif isinstance(recorded, list) and isinstance(now, list):
        yield from _lists(cast("list[Any]", recorded), cast("list[Any]", now), path)
    elif recorded is not now and not (same_type and recorded == now):
        yield _leaf(recorded, now, path_text(path) or "the body")


def _lists(recorded: list[Any], now: list[Any], path: tuple[str | int, ...]) -> Iterator[Difference]:
    if len(recorded) == len(now):
        for n, (a, b) in enumerate(zip(recorded, now, strict=True)):
            yield from _walk(a, b, (*path, n))
        return
    # One more or one less in between is one difference, not one for each that follows.
    matcher = SequenceMatcher(None, [repr(item) for item in recorded], [repr(item) for item in now], autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        paired = min(a2 - a1, b2 - b1)
        for n in range(paired):
            yield from _walk(recorded[a1 + n], now[b1 + n], (*path, b1 + n))
        for n in range(b1 + paired, b2):
            yield _leaf(_MISSING, now[n], path_text((*path, n)))
        for n in range(a1 + paired, a2):
            yield _leaf(recorded[n], _MISSING, f"{path_text((*path, n))} of the recording")


def _leaf(recorded: Any, now: Any, path: str) -> Difference:
    if isinstance(recorded, str) and isinstance(now, str) and max(len(recorded), len(now)) > SHORT:
        return Difference(path, word_window(recorded, now), f"({len(recorded)} → {len(now)} chars)")
    return Difference(path, (f"recorded: {_shown(recorded)}", f"now:      {_shown(now)}"))


def _shown(value: Any) -> str:
    import json

    if value is _MISSING:
        return "(not there)"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def word_window(recorded: str, now: str, *, most: int = 3) -> tuple[str, ...]:
    """Show the words that changed with a little of what stands around them, at most ``most`` places."""
    start = _common(recorded, now)
    end = _common(recorded[start:][::-1], now[start:][::-1])
    old = _WORDS.findall(recorded[start : len(recorded) - end])
    new = _WORDS.findall(now[start : len(now) - end])
    # Whole words: back to where the word began, on to where it ends.
    head = re.search(r"\w*$", recorded[:start])
    start -= len(head[0]) if head and (old[:1] or new[:1]) and _in_word(recorded, now, start) else 0
    tail = re.match(r"\w*", recorded[len(recorded) - end :]) if end else None
    end -= len(tail[0]) if tail and _in_word_at_end(recorded, now, end) else 0
    old = _WORDS.findall(recorded[start : len(recorded) - end])
    new = _WORDS.findall(now[start : len(now) - end])
    if len(old) * len(new) > 4_000_000:
        codes: list[tuple[str, int, int, int, int]] = [("replace", 0, len(old), 0, len(new))]
    else:
        codes = list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())
    changed = [code for code in codes if code[0] != "equal"]
    lines: list[str] = []
    for _, a1, a2, b1, b2 in changed[:most]:
        at = start + sum(map(len, old[:a1]))
        before = recorded[max(0, at - WINDOW) : at]
        stop = start + sum(map(len, old[:a2]))
        after = recorded[stop : stop + WINDOW]
        gone, come = _cut("".join(old[a1:a2])), _cut("".join(new[b1:b2]))
        change = (f"[-{gone}-]" if gone else "") + (f"{{+{come}+}}" if come else "")
        shown = f"{'…' if at > WINDOW else ''}{before}{change}{after}{'…' if stop + WINDOW < len(recorded) else ''}"
        lines.append(f"at char {at}: {shown}".replace("\n", "⏎"))
    if len(changed) > most:
        lines.append(f"and in {len(changed) - most} more places")
    return tuple(lines)


def _in_word(a: str, b: str, at: int) -> bool:
    return any(at < len(text) and (text[at].isalnum() or text[at] == "_") for text in (a, b))


def _in_word_at_end(a: str, b: str, end: int) -> bool:
    return any(
        len(text) > end and (text[len(text) - end - 1].isalnum() or text[len(text) - end - 1] == "_") for text in (a, b)
    )


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:50]}…{text[-25:]}"


def _common(a: str, b: str) -> int:
    """The length of the common beginning, found by halving."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def similarity(recorded: Any, now: Any) -> float:
    """Tell how much of two bodies is the same, from 0 to 1: texts by their words, long ones weighing more."""
    same, total = _weigh(recorded, now)
    return same / total if total else 1.0


def _weight(value: Any) -> float:
    if isinstance(value, dict):
        return 0.5 + sum(map(_weight, cast("dict[str, Any]", value).values()))
    if isinstance(value, list):
        return 0.5 + sum(map(_weight, cast("list[Any]", value)))
    return 1.0 + min(len(value), 4000) ** 0.5 / 4 if isinstance(value, str) else 1.0


def _weigh(a: Any, b: Any) -> tuple[float, float]:
    if isinstance(a, dict) and isinstance(b, dict):
        left, right = cast("dict[str, Any]", a), cast("dict[str, Any]", b)
        both = [_weigh(left[key], right[key]) for key in left if key in right]
        alone = [left[key] for key in left if key not in right] + [right[key] for key in right if key not in left]
    elif isinstance(a, list) and isinstance(b, list):
        first, second = cast("list[Any]", a), cast("list[Any]", b)
        both = [_weigh(x, y) for x, y in zip(first, second, strict=False)]
        alone = first[len(second) :] or second[len(first) :]
    else:
        return _weigh_leaves(cast("object", a), b)
    return 0.5 + sum(pair[0] for pair in both), 0.5 + sum(map(_weight, alone)) + sum(pair[1] for pair in both)


def _weigh_leaves(a: object, b: object) -> tuple[float, float]:
    weight = max(_weight(a), _weight(b))
    if type(a) is type(b) and a == b:
        return weight, weight
    return (weight * _alike(a, b) if isinstance(a, str) and isinstance(b, str) and a and b else 0.0), weight


def _alike(a: str, b: str) -> float:
    start = _common(a, b)
    end = _common(a[start:][::-1], b[start:][::-1])
    edges = (start + end) / max(len(a), len(b))
    left, right = set(_WORDS.findall(a[:20_000])), set(_WORDS.findall(b[:20_000]))
    words = len(left & right) / max(1, len(left | right))
    return min(0.99, max(edges, words))
