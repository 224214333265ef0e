"""Paths into JSON (``messages[*].content.date``): parsed, written, and what they point at taken away."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

__all__ = ["Path", "parse_path", "path_text", "without"]

Path = tuple[str | int | None, ...]
"""Keys and positions; ``None`` stands for every key or position (``*``)."""

_STEP = re.compile(r"""\.?([^.\[\]"*]+)|\.?(\*)|\[(\d+)\]|\[(\*)\]|\[(?:"([^"]*)"|'([^']*)')\]""")


def parse_path(text: str) -> Path:
    """Parse ``tools``, ``messages[0].content``, ``messages[*].date``, ``$.a["odd key"]``; raises ``ValueError``."""
    rest = text.removeprefix("$").strip()
    steps: list[str | int | None] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if not found:
            break
        key, star, position, every, quoted, single = found.groups()
        if position is not None:
            steps.append(int(position))
        elif star or every:
            steps.append(None)
        else:
            steps.append(key if key is not None else quoted if quoted is not None else single)
        at = found.end()
    if not steps or at < len(rest):
        raise ValueError(f"{text!r} is no JSON path; write it like messages[*].content, tools or metadata.run")
    return tuple(steps)


def path_text(path: Iterable[str | int]) -> str:
    """Write a path."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[^.\[\]\"*']+", step):
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


def without(value: Any, paths: Iterable[Path]) -> Any:
    """Give JSON without what the paths point at; shares what is left with ``value``."""
    for path in paths:
        value = _dropped(value, path)
    return value


def _dropped(value: Any, path: Path) -> Any:
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        hit = list(members) if step is None else [k for k in members if k == step]
        if not hit:
            return members
        if not rest:
            return {k: v for k, v in members.items() if k not in hit}
        return {k: _dropped(v, rest) if k in hit else v for k, v in members.items()}
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if isinstance(step, str):
            return items
        if not rest:
            # Its place stays: what follows keeps its number.
            return [None if step in (None, n) else item for n, item in enumerate(items)]
        return [_dropped(item, rest) if step in (None, n) else item for n, item in enumerate(items)]
    return value
