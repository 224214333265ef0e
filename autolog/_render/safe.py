"""Text of a trace, made harmless for a terminal: it came from models, tools and the network."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["many_lines", "one_line"]

# What moves the cursor, changes colours, title or clipboard (C0, DEL, C1), what reorders or hides what is read
# (bidirectional controls, tags), and what no encoding can write (lone surrogates).
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_TAB: Final = "    "


def one_line(text: str, *, limit: int = 1_000) -> str:
    """Give the text on one line of at most ``limit`` characters, its control characters spelled out."""
    cut = len(text) > limit
    text = text[:limit]
    if not text.isascii() or not text.isprintable():
        text = _UNSAFE.sub(_spelled, _BLANKS.sub(" ", text))
    return text + "…" if cut else text


def many_lines(text: str) -> list[str]:
    """Give the text's lines, tabs as blanks and other control characters spelled out."""
    return [_UNSAFE.sub(_spelled, line.replace("\t", _TAB)) for line in text.replace("\r\n", "\n").split("\n")]


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
