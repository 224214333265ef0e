"""Intervals against published figures, and against what sampling says."""

from __future__ import annotations

import random
from collections import Counter
from math import comb
from statistics import NormalDist

import pytest

from autolog._analysis import intervals
from autolog._analysis.intervals import (
    _drawn,
    mean_difference,
    percentile_difference,
    share_difference,
    student_quantile,
)


@pytest.mark.parametrize(
    ("share", "freedom", "quantile"),
    [  # tables of Student's t distribution
        (0.975, 1, 12.7062),
        (0.975, 2, 4.30265),
        (0.975, 5, 2.57058),
        (0.95, 10, 1.81246),
        (0.995, 30, 2.75000),
        (0.975, 120, 1.97993),
        (0.975, 1e6, 1.95996),
    ],
)
def test_student(share: float, freedom: float, quantile: float) -> None:
    assert student_quantile(share, freedom) == pytest.approx(quantile, rel=2e-5)


def test_welch() -> None:
    # Student's sleep data (1908), as R's `t.test(extra ~ group, data = sleep)` gives them.
    a = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    b = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    assert mean_difference(a, b, 0.95) == pytest.approx((-0.2054832, 3.3654832), abs=2e-5)
    assert mean_difference(b, a, 0.95) == pytest.approx((-3.3654832, 0.2054832), abs=2e-5)
    assert mean_difference([1, 1], [2, 2], 0.95) == (1, 1)
    assert mean_difference([1], b, 0.95) is None


def test_newcombe() -> None:
    # Newcombe (1998), table II, method 10: 56/70 less 48/80 is 0.0524 to 0.3339.
    low, high = share_difference(48, 80, 56, 70, 0.95)  # type: ignore[misc]
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    # ... and 9/10 less 3/10: 0.1705 to 0.8090; 10/10 less 0/20: 0.6791 to 1.0
    assert share_difference(3, 10, 9, 10, 0.95) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert share_difference(0, 20, 10, 10, 0.95) == pytest.approx((0.6791, 1.0), abs=5e-5)
    assert share_difference(0, 0, 1, 2, 0.95) is None


@pytest.mark.parametrize("percent", [50, 95])
def test_a_percentile_is_drawn_as_from_a_resample(percent: int) -> None:
    size, draws, chance = 20, 20_000, random.Random(1)
    rank = -(-size * percent // 100)
    drawn = Counter(_drawn(range(size), percent, chance) for _ in range(draws))
    below = 0.0
    for place in range(size):
        below += drawn[place] / draws
        # The percentile of a resample is at most this value where at least `rank` of its members are.
        share = (place + 1) / size
        expected = sum(comb(size, k) * share**k * (1 - share) ** (size - k) for k in range(rank, size + 1))
        assert below == pytest.approx(expected, abs=0.015)


def test_percentiles() -> None:
    a, b = [float(n) for n in range(100)], [float(n) + 50 for n in range(100)]
    low, high = percentile_difference(a, b, 50, 0.9)  # type: ignore[misc]
    assert 30 < low < 50 < high < 70
    assert percentile_difference(a, b, 50, 0.9) == (low, high)
    assert percentile_difference([1.0], b, 50, 0.9) is None


def test_intervals_cover_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "_RESAMPLES", 400)
    chance = random.Random(3)
    covered = {"means": 0, "medians": 0}
    for _ in range(300):
        a = sorted(chance.gauss(10, 2) for _ in range(30))
        b = sorted(chance.gauss(11, 4) for _ in range(40))
        for name, found in (("means", mean_difference(a, b, 0.9)), ("medians", percentile_difference(a, b, 50, 0.9))):
            assert found is not None
            covered[name] += found[0] <= 1 <= found[1]
    spread = NormalDist().inv_cdf(0.9999) * (0.9 * 0.1 / 300) ** 0.5
    assert covered["means"] / 300 == pytest.approx(0.9, abs=spread)
    assert covered["medians"] / 300 > 0.9 - 2 * spread
