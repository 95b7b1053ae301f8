"""Intervals of 95 % of shares, and of the ratio of two shares."""

from __future__ import annotations

import math

Z = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(rows: int, of: int) -> tuple[float, float]:
    """The interval of a share (Wilson 1927). Of none it begins at 0, and of all it ends at 1, exactly."""
    share, weight = rows / of, Z * Z / of
    middle, half = share + weight / 2, Z * math.sqrt(share * (1 - share) / of + weight / (4 * of))
    return (middle - half) / (1 + weight) if rows else 0.0, (middle + half) / (1 + weight) if rows < of else 1.0


def ratio(rows: int, of: int, others: int, of_others: int) -> tuple[float, float]:
    """The interval of the ratio of two independent shares, of which the second is not zero: on the logarithm (Katz, Baptista,
    Azen and Pike 1978), with half a row added to each count, so that a share of nothing has an interval too."""
    a, b = rows + 0.5, others + 0.5
    middle = math.log(a / (of + 0.5)) - math.log(b / (of_others + 0.5))
    half = Z * math.sqrt(max(0.0, 1 / a - 1 / (of + 0.5) + 1 / b - 1 / (of_others + 0.5)))
    return math.exp(middle - half), math.exp(middle + half)
