"""Whether two models differ by more than noise, from items that both were given."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tilth.work import Ratio

Numbers = npt.NDArray[np.float64]

CELLS = 1 << 22
"""Draws held in memory at once."""


def paired_interval(ratio: Ratio, models: tuple[Numbers, Numbers], below: Numbers, draws: int, seed: int) -> tuple[float, float]:
    """The 95 % percentile interval of the first model's metric less the second's, over so many resamples of the items, in
    each the same ones for both (Efron and Tibshirani 1993, chapters 13 and 16). `models`: what each has `above`, item by item."""
    generator = np.random.Generator(np.random.PCG64([seed, 1]))
    found = []
    for many in _pieces(draws, len(below)):
        drawn = generator.integers(0, len(below), (many, len(below)))
        under = below[drawn].sum(1)
        found.append(ratio.of(models[0][drawn].sum(1), under) - ratio.of(models[1][drawn].sum(1), under))
    low, high = np.quantile(np.concatenate(found), (0.025, 0.975))
    return float(low), float(high)


def sign_flips(differences: Numbers, draws: int, seed: int) -> float:
    """The two-sided p-value of a paired permutation test: how often a sum of the differences at least as far from zero comes out
    where for each item it is tossed which model is which (Fisher 1935). The order that was seen counts as one toss more, so
    p is never 0 (Phipson and Smyth 2010). Where two models have one denominator, this tests every monotone metric of the sums."""
    generator = np.random.Generator(np.random.PCG64([seed, 2]))
    seen = abs(float(differences.sum()))
    slack = 1e-12 * float(np.abs(differences).sum())
    reached = 0
    for many in _pieces(draws, len(differences)):
        signs = generator.integers(0, 2, (many, len(differences)), np.int8) * 2 - 1
        reached += int((np.abs(signs @ differences) >= seen - slack).sum())
    return (reached + 1) / (draws + 1)


def _pieces(draws: int, items: int) -> Iterator[int]:
    """So many draws at a time."""
    together = max(1, CELLS // items)
    yield from (min(together, draws - start) for start in range(0, draws, together))
