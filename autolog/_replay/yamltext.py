"""Writes YAML that a person can read and a diff can show: blocks where they help, one line where it fits.

PyYAML's emitters are not used: libyaml escapes every emoji and then cannot use a block, the Python one is slow, and
neither puts the short on one line and the long in a block.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, cast

__all__ = ["Line", "yaml_text"]

WIDTH: Final = 100
# PyYAML reads a key on one line only up to 1024 characters.
MAX_KEY: Final = 1000
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./@+()=?&%*;,' :-]*")
_PLAIN_IN_FLOW = re.compile(r"[A-Za-z][A-Za-z0-9_./@+()' -]*")
_EXPONENT = re.compile(r"[0-9]e[+-]?[0-9]")
_WORDS: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
# What a YAML reader refuses or breaks a line at; JSON may hold it unescaped.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class Line(dict[str, Any]):
    """A mapping that stands on one line, its values as JSON."""


def _quoted(text: str) -> str:
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def flat_json(value: Any) -> str:
    """A value as one line of JSON that YAML reads too."""
    text = json.dumps(value, ensure_ascii=False)
    if _EXPONENT.search(text):
        text = _slow_json(value)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _slow_json(value: Any) -> str:
    """The same with ``1.0e-05`` for ``1e-05``, which YAML 1.1 takes for text."""
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_slow_json(v)}" for k, v in items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_slow_json, cast("list[Any]", value))) + "]"
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("e", ".0e", 1) if isinstance(value, float) and "." not in text else text


def _scalar(value: Any, *, flow: bool) -> str:
    if isinstance(value, str):
        pattern = _PLAIN_IN_FLOW if flow else _PLAIN
        doubtful = ": " in value or value.endswith((":", " ")) or value.lower() in _WORDS
        if not doubtful and len(value) < 2000 and pattern.fullmatch(value):
            return value
        return _quoted(value)
    return flat_json(value)


def _literal(text: str) -> bool:
    return "\n" in text and not _UNSAFE.search(text) and text.strip("\n ") != ""


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return "{" + ", ".join(f"{_scalar(str(k), flow=True)}: {_flow(v)}" for k, v in items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, cast("list[Any]", value))) + "]"
    return _scalar(value, flow=True)


def _room(value: Any, room: int) -> int:
    """What is left of ``room`` characters after a value; negative as soon as it is too long, or holds lines."""
    if room < 0:
        return room
    if isinstance(value, str):
        return -1 if "\n" in value else room - len(value) - 2
    if isinstance(value, Line):
        return -1
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            room = _room(item, room - len(key) - 4)
        return room - 2
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            room = _room(item, room - 2)
        return room - 2
    return room - len(flat_json(value))


def _numbers(value: list[Any]) -> bool:
    return all(isinstance(item, int | float) for item in value)


def _value(value: Any, indent: int) -> Iterator[str]:
    """What follows a ``key:`` or a ``-``: the rest of that line, then lines of their own."""
    if isinstance(value, Line):
        yield " " + "{" + ", ".join(f"{key}: {flat_json(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, dict | list) and value and not _on_one_line(value, indent):
        yield ""
        yield from _block(value, indent)
    elif isinstance(value, str) and _literal(value):
        ending = "" if value.endswith("\n") else "-"
        ending = "+" if value.endswith("\n\n") else ending
        start = "2" if value[0] in " \n\t" else ""
        yield f" |{start}{ending}"
        pad = " " * indent
        for line in value.removesuffix("\n").split("\n"):
            yield pad + line if line else ""
    elif isinstance(value, dict | list):
        yield " " + _flow(value)
    else:
        yield " " + _scalar(value, flow=False)


def _on_one_line(value: Any, indent: int) -> bool:
    if isinstance(value, list) and _numbers(cast("list[Any]", value)):
        return True
    return _room(value, WIDTH - indent) >= 0


def _block(value: Any, indent: int) -> Iterator[str]:
    pad = " " * indent
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            # A list stands at the column of its key, as most people write YAML.
            inner = indent if isinstance(item, list) else indent + 2
            lines = _value(item, inner)
            yield f"{pad}{_scalar(key, flow=False)}:{next(lines)}"
            yield from lines
        return
    for item in cast("list[Any]", value):
        if isinstance(item, dict) and not isinstance(item, Line) and item and not _on_one_line(item, indent + 2):
            lines = _block(item, indent + 2)
            yield f"{pad}- {next(lines)[indent + 2 :]}"
        else:
            lines = _value(item, indent + 2)
            first = next(lines)
            if isinstance(item, list) and not first:
                first = " " + next(lines)[indent + 2 :]
            yield f"{pad}-{first}"
        yield from lines


def yaml_text(value: dict[str, Any]) -> str:
    """Write a mapping as a YAML document. Keys are strings of at most :data:`MAX_KEY` characters."""
    return "".join(line + "\n" for line in _block(value, 0))
