"""The places of a traceback, without its words."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["places_in"]

_PLACE: Final = re.compile(r'  File "[^"]*", line \d+, in \S+')
_TYPE: Final = re.compile(r"[A-Za-z_][\w.<>]*(?=:|$)")
_START: Final = "Traceback (most recent call last):"
# Python's own words between two exceptions.
_LINKS: Final = frozenset(
    {
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
    }
)


def places_in(traceback: str | None) -> str | None:
    """Give a traceback's files, lines, functions and types of exception: no line of source, and no message.

    A message may have any number of lines, so nothing is taken from what follows a type until the next exception begins.
    """
    if traceback is None:
        return None
    kept: list[str] = []
    in_message = False
    for line in traceback.splitlines():
        if line in _LINKS:
            kept += ["", line, ""]
            in_message = False
        elif in_message or not line or line.startswith("    "):
            continue
        elif line == _START or _PLACE.fullmatch(line):
            kept.append(line)
        else:
            found = _TYPE.match(line)
            kept += [found[0]] if found else []
            in_message = True
    return "\n".join(kept) + "\n" if kept else ""
