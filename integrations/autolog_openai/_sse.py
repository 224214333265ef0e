"""Server-sent events: bytes to events, and how many of them the program took."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from autolog_openai._json import is_dict, loads

if TYPE_CHECKING:
    from autolog.integration import Outcome, Progress

__all__ = ["Event", "events_in", "taken"]

Event = tuple[str, Any]
"""The event's name (empty where it has none) and its data, parsed."""

_LINE_END = re.compile(r"\r\n|\r")


def _fields(block: str) -> tuple[str, str]:
    name, data = "", list[str]()
    for line in block.split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
    return name, "\n".join(data)


def events_in(body: bytes) -> list[Event]:
    """Give the events whose data is whole JSON, up to ``[DONE]``.

    https://html.spec.whatwg.org/multipage/server-sent-events.html; lines end at CR and LF only, for other line
    separators of Unicode occur inside JSON texts. The last event needs no blank line where its JSON is whole.
    """
    text = body.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    events: list[Event] = []
    for block in text.split("\n\n"):
        if block.startswith("data: ") and "\n" not in block:
            name, data = "", block[6:]
        else:
            name, data = _fields(block)
        if not data:
            continue
        if data.startswith("[DONE]"):
            break
        try:
            events.append((name, loads(data)))
        except ValueError:
            continue
    return events


def taken(events: list[Event], progress: Progress | None, outcome: Outcome | None) -> list[Event]:
    """Give the events that the program was given: the one place for this rule.

    The network may have delivered more than the program took. A stream that it left early has the first
    ``progress.count`` events, for the library makes one item of each. Behind them comes, where the stream failed, the
    event that the library raised instead of giving it. All events count where the stream was read to its end, and
    where no items were counted: the program read the lines or bytes itself.
    """
    if progress is None or progress.exhausted or not progress.count:
        return events
    count = progress.count
    if outcome == "error" and count < len(events):
        _, data = events[count]
        if is_dict(data) and "error" in data:
            count += 1
    return events[:count]
