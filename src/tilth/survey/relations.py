"""Columns and measures that go together, as far as it is worth seeing.

Numbers with numbers: Spearman's ρ, with an interval by Fisher's z and the standard error of Bonett and Wright (2000). A
number by a category: the correlation ratio η of its ranks, corrected for the number of groups (Kelley's ε, 1935). Categories:
Cramér's V with the correction of Bergsma (2013).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import atanh, sqrt, tanh

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.intervals import Z
from tilth.survey.facts import Relation
from tilth.survey.numbers import ranks

WORTH, SURELY = 0.2, 0.999
MOST, ROWS, LEAST = 8, 5000, 50
RARE = 3.719
"""The standard deviation that one number of a normal distribution in 10,000 exceeds: a relation that chance makes more often is not told,
for up to some hundred pairs are tried."""

GROUPS, COLUMNS = 50, 16
"""A category with more values, and columns beyond so many of a kind, are left out."""

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
"""A number for each value of a category; −1: none."""


def relations(numbers: Mapping[str, Floats], categories: Mapping[str, Codes]) -> list[Relation]:
    """The strongest ones. `numbers`: NaN where there is none. Columns whose order is wholly the same (ρ above 0.999) are one column told twice."""
    numbers, categories = dict(list(numbers.items())[:COLUMNS]), dict(list(categories.items())[:COLUMNS])
    found = [*_ranked(numbers), *_between(numbers, categories), *_associated(categories)]
    return sorted(found, key=lambda one: -abs(one.value))[:MOST]


def codes(array: pa.Array) -> Codes | None:
    """The values of a category as numbers; nothing where there are too many or too few."""
    encoded = array.dictionary_encode()
    if not 2 <= len(encoded.dictionary) <= GROUPS:
        return None
    return np.asarray(encoded.indices.fill_null(-1), np.int64)


def _ranked(numbers: Mapping[str, Floats]) -> Iterator[Relation]:
    for (a, one), (b, other) in combinations(numbers.items(), 2):
        there = np.isfinite(one) & np.isfinite(other)
        n = int(there.sum())
        if n < LEAST:
            continue
        left, right = ranks(one[there]), ranks(other[there])
        if left.std() == 0 or right.std() == 0:
            continue
        rho = float(np.corrcoef(left, right)[0, 1])
        if WORTH <= abs(rho) <= SURELY:
            half = Z * sqrt((1 + rho**2 / 2) / (n - 3))
            low, high = tanh(atanh(rho) - half), tanh(atanh(rho) + half)
            if abs(atanh(rho)) > half * RARE / Z:
                yield Relation(a=a, b=b, kind="rank", value=rho, n=n, low=low, high=high)


def _between(numbers: Mapping[str, Floats], categories: Mapping[str, Codes]) -> Iterator[Relation]:
    for b, groups in categories.items():
        for a, values in numbers.items():
            there = np.isfinite(values) & (groups >= 0)
            some, of = values[there], groups[there]
            sizes = np.bincount(of) if len(of) else np.empty(0)
            n, used = len(some), int((sizes > 0).sum())
            if n < LEAST or used < 2 or n < 5 * used or some.std() == 0:
                continue
            some = ranks(some)
            means = np.bincount(of, some) / np.maximum(sizes, 1)
            within = float(((some - means[of]) ** 2).sum()) / (n - used)
            epsilon = 1 - within / float(some.var(ddof=1))
            kruskal = (n - 1) * (1 - within * (n - used) / (float(some.var(ddof=1)) * (n - 1)))
            if WORTH**2 <= epsilon and sqrt(epsilon) <= SURELY and kruskal > _by_chance(used - 1):
                yield Relation(a=a, b=b, kind="between", value=sqrt(epsilon), n=n)


def _associated(categories: Mapping[str, Codes]) -> Iterator[Relation]:
    for (a, one), (b, other) in combinations(categories.items(), 2):
        there = (one >= 0) & (other >= 0)
        n = int(there.sum())
        if n < LEAST:
            continue
        table = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
        np.add.at(table, (one[there], other[there]), 1)
        table = table[table.sum(1) > 0][:, table.sum(0) > 0]
        if min(table.shape) < 2:
            continue
        expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / n
        squared = float(((table - expected) ** 2 / expected).sum())
        value = _cramer(squared / n, table.shape, n)
        if WORTH <= value <= SURELY and squared > _by_chance((table.shape[0] - 1) * (table.shape[1] - 1)):
            yield Relation(a=a, b=b, kind="association", value=value, n=n)


def _by_chance(freedom: int) -> float:
    """What χ² exceeds once in 10,000 times where nothing goes together (Wilson, Hilferty 1931)."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + RARE * sqrt(part)) ** 3


def _cramer(squared: float, shape: tuple[int, ...], n: int) -> float:
    rows, columns = shape
    corrected = max(0.0, squared - (rows - 1) * (columns - 1) / (n - 1))
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return sqrt(corrected / least) if least > 0 else 0.0
