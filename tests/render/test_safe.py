from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autolog._render.safe import many_lines, one_line

_CATEGORIES_THAT_ACT = {"Cc", "Cs", "Zl", "Zp"}
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_nothing_that_acts_on_a_terminal_comes_through(text: str) -> None:
    for shown in (one_line(text), *many_lines(text)):
        assert not any(unicodedata.category(c) in _CATEGORIES_THAT_ACT or c in _BIDI for c in shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("gr\xfc\xdfe \u65e5\u672c \U0001f469\u200d\U0001f4bb", "gr\xfc\xdfe \u65e5\u672c \U0001f469\u200d\U0001f4bb"),
        ("two\r\nlines\tand  blanks", "two lines and blanks"),
        ("\x1b[31mred\x07\x9b", r"\x1b[31mred\x07\x9b"),
        ("a\u202eb\ud800c\U000e0041", r"a\u202eb\ud800c\U000e0041"),
        ("x" * 30, "x" * 10 + "…"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert one_line(text, limit=10 if text == "x" * 30 else 1000) == shown


def test_lines_stay_lines() -> None:
    assert many_lines("a\n\tb\r\nc\x1b") == ["a", "    b", r"c\x1b"]
