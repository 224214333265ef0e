"""Lines of styled text, which a terminal shows in colour and everything else as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from autolog._render.safe import one_line

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["Charset", "Line", "Segment", "ansi", "as_rich", "cells", "cut", "flow", "pad", "plain"]

Segment = tuple[str, str]
"""A text and its style, in rich's words (``"bold red"``); ``""`` is the default style."""

Line = Sequence[Segment]

# Every word that styles here are made of.
_SGR: Final = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}


@dataclass(frozen=True, slots=True)
class Charset:
    """What can be written: everything, or what ``encoding`` holds with ASCII for the lines that are drawn."""

    encoding: str = "utf-8"

    @property
    def ascii_only(self) -> bool:
        """Whether guides, bars and arrows are drawn in ASCII."""
        return not self.encoding.lower().startswith("utf")

    def glyph(self, unicode: str, ascii_: str) -> str:
        """Give the first where it can be written, else the second."""
        return ascii_ if self.ascii_only else unicode

    def writable(self, text: str) -> str:
        """Spell out what the encoding does not hold, so that widths are right and nothing raises on the way out."""
        if not self.ascii_only or text.isascii():
            return text
        text = text.replace("…", "...").replace("µ", "u")
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def one_line(self, text: str, *, limit: int = 1_000) -> str:
        """Give text of a trace on one line, harmless and writable."""
        return self.writable(one_line(text, limit=limit))


def cells(text: str) -> int:
    """Give the number of terminal columns that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cut(text: str, width: int, *, mark: str = "…") -> str:
    """Give the text in at most ``width`` columns, with a mark where something was cut off."""
    if cells(text) <= width:
        return text
    room = width - cells(mark)
    if room <= 0:
        return mark[: max(width, 0)]
    if text.isascii():
        return text[:room] + mark
    from rich.cells import set_cell_size

    return set_cell_size(text, room).rstrip() + mark


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill the text with blanks up to ``width`` columns: after it, or before it (``right``)."""
    blanks = " " * max(0, width - cells(text))
    return blanks + text if right else text + blanks


def flow(items: Iterable[Segment], *, between: str, width: int | None, charset: Charset) -> list[Line]:
    """Lay items one after the other, beginning a new line, indented, where the next one has no room."""
    lines: list[list[Segment]] = []
    used = 0
    for text, style in items:
        size = cells(text)
        if lines and (width is None or used + len(between) + size <= width):
            lines[-1] += [(between, "dim"), (text, style)]
            used += len(between) + size
            continue
        lead = "  " if lines else ""
        if width is not None:
            text = cut(text, max(width - len(lead), 8), mark=charset.glyph("…", "..."))
        lines.append([(lead, ""), (text, style)] if lead else [(text, style)])
        used = len(lead) + cells(text)
    return list(lines)


def _trimmed(line: Line) -> Line:
    """Give the line without the blanks at its end."""
    kept = list(line)
    while kept and not kept[-1][0].strip():
        kept.pop()
    if kept:
        kept[-1] = (kept[-1][0].rstrip(), kept[-1][1])
    return kept


def plain(lines: Iterable[Line]) -> str:
    """Give lines as text without styles and without blanks at line ends."""
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def ansi(lines: Iterable[Line]) -> str:
    """Give lines with the codes that terminals take for styles. As rich gives them, without its 0.15 s to begin."""
    return "\n".join("".join(_coloured(text, style) for text, style in _trimmed(line)) for line in lines)


def _coloured(text: str, style: str) -> str:
    if not style or not text or text.isspace():
        return text
    return f"\x1b[{';'.join(_SGR[word] for word in style.split())}m{text}\x1b[0m"


def as_rich(lines: Iterable[Line]) -> Text:
    """Give lines as rich's text: never parsed as markup, never wrapped or cropped."""
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ignore", end="")
    for line in lines:
        for part, style in _trimmed(line):
            text.append(part, style or None)
        text.append("\n")
    return text
