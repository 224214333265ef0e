"""How sure a difference is: intervals for differences of means, of shares and of percentiles."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import NormalDist, fmean, variance
from typing import Final

__all__ = ["Interval", "mean_difference", "percentile_difference", "share_difference"]

Interval = tuple[float, float]

_RESAMPLES: Final = 4_000
_SEED: Final = 20_261_101  # the same traces give the same interval


def mean_difference(a: Sequence[float], b: Sequence[float], confidence: float) -> Interval | None:
    """Give Welch's interval for the difference of two means, of samples whose variances may differ.

    B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved",
    Biometrika 34 (1947). ``None`` where a sample has fewer than two values.
    """
    if len(a) < 2 or len(b) < 2:
        return None
    difference = fmean(b) - fmean(a)
    of_a, of_b = variance(a) / len(a), variance(b) / len(b)
    if of_a + of_b == 0:
        return difference, difference
    freedom = (of_a + of_b) ** 2 / (of_a**2 / (len(a) - 1) + of_b**2 / (len(b) - 1))
    reach = student_quantile(0.5 + confidence / 2, freedom) * math.sqrt(of_a + of_b)
    return difference - reach, difference + reach


def share_difference(a: float, of_a: int, b: float, of_b: int, confidence: float) -> Interval | None:
    """Give Newcombe's interval for the difference of two shares (``b / of_b`` less ``a / of_a``).

    A trace may count for a part, where its sources do not agree. The variance of values from 0 to 1 is at most that of
    zeros and ones with the same mean (R. Bhatia, C. Davis, "A Better Bound on the Variance", American Mathematical
    Monthly 107, 2000), so that the interval is then rather too wide than too narrow, and never leaves -1 to 1.

    Method 10 of R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics
    in Medicine 17 (1998): Wilson's score intervals of the two, joined. It holds for small samples and for shares of 0
    and 1, where the usual one has no width. ``None`` of an empty sample.
    """
    if not of_a or not of_b:
        return None
    share_a, share_b = a / of_a, b / of_b
    low_a, high_a = _wilson(share_a, of_a, confidence)
    low_b, high_b = _wilson(share_b, of_b, confidence)
    difference = share_b - share_a
    below = math.hypot(share_b - low_b, high_a - share_a)
    above = math.hypot(high_b - share_b, share_a - low_a)
    return difference - below, difference + above


def percentile_difference(a: Sequence[float], b: Sequence[float], percent: float, confidence: float) -> Interval | None:
    """Give the bootstrap's percentile interval for the difference of two percentiles of sorted samples.

    B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13. No sample is drawn again: the
    percentile of a resample is the value at the place of one uniform order statistic, which has a beta distribution
    (A. D. Hutson, M. D. Ernst, "The exact bootstrap mean and variance of an L-estimator", 2000), so that a resample
    costs the same for ten traces and for a million. ``None`` where a sample has fewer than two values.
    """
    if len(a) < 2 or len(b) < 2:
        return None
    chance = random.Random(_SEED)  # noqa: S311
    found = sorted(_drawn(b, percent, chance) - _drawn(a, percent, chance) for _ in range(_RESAMPLES))
    tail = (1 - confidence) / 2
    last = _RESAMPLES - 1
    return found[round(tail * last)], found[round((1 - tail) * last)]


def student_quantile(share: float, freedom: float) -> float:
    """Give the quantile of Student's t distribution (``share`` from 0.5 to 1), to about six digits.

    By halving on the distribution's integral: there is none in closed form, and Python's library has only the normal
    distribution's, which it is from a few thousand degrees of freedom on.
    """
    if freedom > 5_000:
        return NormalDist().inv_cdf(share)
    low, high = 0.0, 2.0
    while _student_below(high, freedom) < share:
        low, high = high, high * 2
    for _ in range(40):
        middle = (low + high) / 2
        if _student_below(middle, freedom) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _student_below(value: float, freedom: float) -> float:
    """Integrate the density from 0, by Simpson's rule in the angle ``atan(t / sqrt(freedom))``, where it is smooth."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
    steps = 128
    width = math.atan(value / math.sqrt(freedom)) / steps
    total: float = sum(
        (1 if i in (0, steps) else 4 if i % 2 else 2) * math.cos(i * width) ** (freedom - 1) for i in range(steps + 1)
    )
    return 0.5 + scale * total * width / 3


def _wilson(share: float, size: int, confidence: float) -> Interval:
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    spread = z * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    middle, whole = share + z * z / (2 * size), 1 + z * z / size
    return (middle - spread) / whole, (middle + spread) / whole


def _drawn(ordered: Sequence[float], percent: float, chance: random.Random) -> float:
    size = len(ordered)
    rank = min(size, max(1, math.ceil(size * percent / 100)))
    place = int(chance.betavariate(rank, size - rank + 1) * size)
    return ordered[min(place, size - 1)]
