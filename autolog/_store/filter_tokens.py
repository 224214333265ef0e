"""The filter language's words, and errors that show where in the text they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from autolog._store.errors import FilterError

OPERATORS: Final = "= != <> > >= < <= LIKE, ILIKE, IN (...), BETWEEN ... AND ..., IS NULL, each also with NOT"

_SHOWN: Final = 100
_INSTEAD: Final = {"&": "AND", "|": "OR", "!": "NOT"}
_TOKEN: Final = re.compile(
    r"""\s*(?:
    (?P<quoted>'(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*`)
  | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])
  | (?P<word>[^\W\d]\w*(?:\.[\w-]+)*\.?)
  | (?P<sign><=|>=|<>|!=|==|=|<|>|\(|\)|,)
  | (?P<end>$)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, quoted text or sign, from ``at`` to ``after`` in the text; ``end`` closes the list."""

    kind: str
    text: str
    at: int
    after: int

    @property
    def keyword(self) -> str:
        """The token in capitals if it is a word."""
        return self.text.upper() if self.kind == "word" else self.text


def wrong(text: str, at: int, problem: str, help_text: str = "") -> NoReturn:
    """Raise a ``FilterError`` that shows the text with a caret under the place."""
    flat = re.sub(r"\s", " ", text)
    start = max(0, at - _SHOWN // 2) if len(flat) > _SHOWN else 0
    shown = ("..." if start else "") + flat[start : start + _SHOWN] + ("..." if start + _SHOWN < len(flat) else "")
    caret = " " * (at - start + (3 if start else 0)) + "^"
    raise FilterError("\n".join(filter(None, (problem, f"  {shown}", f"  {caret}", help_text))))


def tokens(text: str) -> list[Token]:
    """Split a filter. Raises ``FilterError``."""
    found: list[Token] = []
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            _no_token(text, at + len(text[at:]) - len(text[at:].lstrip()))
        kind = match.lastgroup or ""
        found.append(Token(kind, match[kind], match.start(kind), match.end()))
        at = match.end()
        if kind == "end":
            return found


def _no_token(text: str, at: int) -> NoReturn:
    char = text[at]
    if char in "'\"`":
        doubled = f"A quote inside a text is doubled: {char}it{char * 2}s{char}"
        wrong(text, at, f"the quote {char} is not closed", doubled)
    if char.isdigit() or char in "+-.":
        wrong(text, at, "not a number", "Write text, times and durations in quotes: '1.5s', '2026-11-01'")
    help_text = f"Write {_INSTEAD[char]}" if char in _INSTEAD else f"Operators: {OPERATORS}; AND, OR, NOT, ( )"
    wrong(text, at, f"{char!r} means nothing here", help_text)


def unquoted(text: str) -> str:
    """Give a quoted token's text."""
    return text[1:-1].replace(text[0] * 2, text[0])
