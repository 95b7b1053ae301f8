"""Is a difference more than noise? Distances between two samples, how sure they are, and how likely by chance.

Both sides are taken as independent draws; rows that stand in both make the answers cautious. Intervals are of 95 %
and, but for Newcombe's, hold for any distribution; so they are wider than a bootstrap's, and need no chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tilth.intervals import wilson

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

MISS = 0.05
"""The chance with which an interval may miss the truth, and the share of findings that may be false."""

EXPECTED = 5.0
"""Labels of which a side expects fewer rows than this are judged together (Cochran 1954)."""


class Distance(NamedTuple):
    """How far two samples lie apart, between which ends 95 % of such intervals hold the truth, and the probability of a
    distance as great where both are draws of one distribution."""

    value: float
    low: float
    high: float
    p: float


def kolmogorov_smirnov(a: Numbers, b: Numbers) -> Distance:
    """The greatest difference between the shares of the two sides that lie at or below any number, from 0 to 1.

    The interval is that of Dvoretzky, Kiefer and Wolfowitz (1956) with Massart's constant (1990), half of the chance to
    miss given to each side. The probability is Kolmogorov's limit with Stephens' correction (1970); ties make it too
    great, never too small. Neither side may be empty or hold NaN."""
    a, b = np.sort(a), np.sort(b)
    every = np.concatenate([a, b])
    gaps = np.searchsorted(a, every, "right") / len(a) - np.searchsorted(b, every, "right") / len(b)
    value = float(np.abs(gaps).max())
    room = sum(math.sqrt(math.log(4 / MISS) / (2 * len(side))) for side in (a, b))
    root = math.sqrt(len(a) * len(b) / (len(a) + len(b)))
    return Distance(value, max(0.0, value - room), min(1.0, value + room), kolmogorov_tail((root + 0.12 + 0.11 / root) * value))


def kolmogorov_tail(x: float) -> float:
    """The probability that Kolmogorov's limit exceeds `x`."""
    if x < 0.3:  # there it is 1 up to the fifth decimal, and the series converges slowly
        return 1.0
    return min(1.0, max(0.0, 2 * sum((-1.0) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 21))))


def total_variation(a: Counts, b: Counts) -> Distance:
    """Half the sum of the differences between the labels' shares: the share of rows that would need another label for both
    sides to be alike, from 0 to 1.

    `a`, `b`: rows of each label, in one order. The interval is Weissman and others' (2003) for each side, with half of the
    chance to miss; the probability is that of Pearson's test of homogeneity, rare labels together."""
    sizes = int(a.sum()), int(b.sum())
    value = float(np.abs(a / sizes[0] - b / sizes[1]).sum() / 2)
    room = sum(_deviation(len(a), size) for size in sizes)
    return Distance(value, max(0.0, value - room), min(1.0, value + room), _homogeneity(*_pooled(a, b)))


def _deviation(labels: int, rows: int) -> float:
    """How far the shares of so many labels lie from the truth at most, in total variation: P ≤ (2^k − 2) exp(−2 n d²)."""
    return math.sqrt((labels * math.log(2) + math.log1p(-(2.0 ** (1 - labels))) + math.log(2 / MISS)) / (2 * rows)) if labels > 1 else 0.0


def _pooled(a: Counts, b: Counts) -> tuple[Counts, Counts]:
    """The same with the rare labels as one."""
    least = (a + b) * (min(a.sum(), b.sum()) / (a.sum() + b.sum()))
    rare = least < EXPECTED
    return (np.append(a[~rare], a[rare].sum()), np.append(b[~rare], b[rare].sum())) if rare.sum() > 1 else (a, b)


def _homogeneity(a: Counts, b: Counts) -> float:
    there = a + b > 0
    table = np.array([a[there], b[there]], np.float64)
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
    return chi_squared_tail(float(((table - expected) ** 2 / expected).sum()), int(there.sum()) - 1)


def chi_squared_tail(x: float, freedom: int) -> float:
    """The probability that chi squared with so many degrees of freedom exceeds `x`: the regularised upper incomplete gamma
    function, by its series where that converges and by Lentz's continued fraction beyond."""
    if freedom < 1 or x <= 0:
        return 1.0
    half, a = x / 2, freedom / 2
    front = math.exp(a * math.log(half) - half - math.lgamma(a))
    if half < a + 1:
        term = total = 1 / a
        while term > total * 1e-15:
            a += 1
            term *= half / a
            total += term
        return max(0.0, 1 - front * total)
    return front * _fraction(half, a)


def _fraction(x: float, a: float) -> float:
    """The continued fraction of the upper incomplete gamma function."""
    b = x + 1 - a
    c, d = 1e300, 1 / b
    found = d
    for k in range(1, 10_000):
        an, b = -k * (k - a), b + 2
        d = 1 / (an * d + b)
        c = b + an / c
        found *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return found


def shares(a: tuple[int, int], b: tuple[int, int]) -> Distance:
    """The share of `b` less that of `a`, each (rows, of how many), from −1 to 1.

    The interval is Newcombe's of two Wilson intervals (1998, method 10); the probability is that of the score test."""
    (x, n), (y, m) = a, b
    p, q = x / n, y / m
    low, high = difference((p, *wilson(x, n)), (q, *wilson(y, m)))
    both = (x + y) / (n + m)
    spread = math.sqrt(both * (1 - both) * (1 / n + 1 / m))
    return Distance(q - p, low, high, math.erfc(abs(q - p) / spread / math.sqrt(2)) if spread else 1.0)


def difference(a: tuple[float, float, float], b: tuple[float, float, float]) -> tuple[float, float]:
    """The interval of `b` less `a` from the interval of each, given as value, low, high, where the two are independent: their
    distances to the ends added as squares (Zou and Donner 2008)."""
    return (
        b[0] - a[0] - math.hypot(b[0] - b[1], a[2] - a[0]),
        b[0] - a[0] + math.hypot(b[2] - b[0], a[0] - a[1]),
    )


def findings(probabilities: Sequence[float]) -> list[bool]:
    """Which of many differences are more than noise: of those named, at most 5 % are expected to be chance (Benjamini and
    Hochberg 1995; it also holds where measures rise together, Benjamini and Yekutieli 2001)."""
    order = np.argsort(probabilities, kind="stable")
    below = np.asarray(probabilities)[order] <= MISS * np.arange(1, len(order) + 1) / max(1, len(order))
    last = int(np.flatnonzero(below).max(initial=-1))
    found = np.zeros(len(order), np.bool_)
    found[order[: last + 1]] = True
    return [bool(one) for one in found]
