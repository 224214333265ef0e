from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autolog import Usage
from autolog._render.numbers import clock, dollars, duration, tokens_pair, usage_words


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (0, "0ns"),
        (0.000_412, "412ns"),
        (0.412, "412µs"),
        (1.234, "1.23ms"),
        (12.34, "12.3ms"),
        (123.4, "123ms"),
        (999.4, "999ms"),
        (999.6, "1.00s"),
        (9_999, "10.0s"),
        (59_940, "59.9s"),
        (59_960, "1m 00s"),
        (125_000, "2m 05s"),
        (3_599_600, "1h 00m"),
        (3_720_000, "1h 02m"),
        (90_000_000, "1d 01h"),
        (-12.34, "-12.3ms"),
    ],
)
def test_durations_take_the_unit_that_fits(ms: float | None, text: str) -> None:
    assert duration(ms) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, ""),
        (0.0, "$0"),
        (0.000012, "$0.000012"),
        (0.0000123456, "$0.0000123"),
        (2.4e-7, "$0.00000024"),
        (1.5e-12, "$1.5e-12"),
        (0.0123, "$0.0123"),
        (0.5, "$0.50"),
        (0.9999, "$1.00"),
        (1.5, "$1.50"),
        (1234.567, "$1,234.57"),
        (-0.5, "-$0.50"),
        (float("inf"), ""),
    ],
)
def test_dollars_keep_small_amounts(amount: float | None, text: str) -> None:
    assert dollars(amount) == text


@settings(deadline=None)
@given(st.floats(min_value=1e-300, max_value=1e12))
def test_no_cost_looks_like_nothing_and_none_is_far_off(amount: float) -> None:
    shown = float(dollars(amount).removeprefix("$").replace(",", ""))
    assert shown > 0
    assert shown == pytest.approx(amount, rel=0.06)


@settings(deadline=None)
@given(st.floats(min_value=1e-6, max_value=1e15))
def test_no_duration_looks_like_nothing(ms: float) -> None:
    assert re.search("[1-9]", duration(ms))


@pytest.mark.parametrize(
    ("usage", "short", "words"),
    [
        (Usage(), "", ""),
        (Usage(1204, 88, 1292, 1024), "1,204→88", "1,204 in (1,024 cached) + 88 out = 1,292 tokens"),
        (Usage(1204, 88), "1,204→88", "1,204 in + 88 out"),
        (Usage(10, 5, 8), "10→5", "10 in + 5 out"),
        (Usage(12, total_tokens=12), "12 in", "12 tokens, 12 in"),
        (Usage(output_tokens=7, reasoning_tokens=3), "7 out", "7 out (3 reasoning) tokens"),
        (Usage(total_tokens=9), "9 tok", "9 tokens"),
        (Usage(0, 0, 0), "0→0", "0 in + 0 out = 0 tokens"),
        (
            Usage(5, 5, 10, None, 2, None, 1, 4),
            "5→5",
            "5 in (2 written to cache, 1 audio) + 5 out (4 audio) = 10 tokens",
        ),
    ],
)
def test_usage_says_what_the_provider_sent_and_no_more(usage: Usage, short: str, words: str) -> None:
    assert tokens_pair(usage) == short
    assert usage_words(usage) == words


def test_a_moment_that_no_calendar_has_is_given_as_it_is() -> None:
    assert clock(1_795_000_000_000_000_000) == "2026-11-18 11:06:40"
    assert clock(2**70) == f"{2**70} ns"
