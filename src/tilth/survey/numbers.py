"""How numbers lie: exact where few differ, and to 0.4 % where many do, in bounded memory whatever their count.

Up to `KEPT` numbers that differ are kept as they are. Where there are more, each is known by its sign, exponent and first 8 bits of mantissa (as in
DDSketch, Masson, Rim, Lee 2019, with bits for logarithms), so that a quantile is off by at most one part in 256; how many
there are, their sum, the least and the greatest stay exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tilth.intervals import wilson
from tilth.survey.facts import Distribution, Outliers, Share
from tilth.survey.tally import merged

KEPT = 1 << 17
BINS = 24
QUANTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
_COARSE = np.int64(44)
SKEWED = 20
"""Where the greatest of positive numbers is so many times the median, bins are equally wide in logarithm."""

Floats = npt.NDArray[np.float64]


@dataclass
class Numbers:
    """Numbers as they come, in any order; two of these can be joined. `most`: so many that differ are kept as they are."""

    most: int = KEPT
    n: int = 0
    total: float = 0.0
    least: float = float("inf")
    greatest: float = float("-inf")
    at_greatest: int = 0
    """How many are equal to the greatest."""
    whole: bool = True
    """Whether all are integers."""
    coarse: bool = False
    """Whether more differ than are kept."""
    values: list[Floats] = field(default_factory=list)
    counts: list[npt.NDArray[np.int64]] = field(default_factory=list)
    held: int = 0
    waiting: int = 0
    """Those of the held ones that may be equal to others."""

    def add(self, numbers: npt.NDArray[np.generic]) -> None:
        """Count these; what is not finite is passed over."""
        some = np.asarray(numbers, np.float64)
        some = some[np.isfinite(some)]
        if len(some):
            greatest = float(some.max())
            joined = Numbers(self.most, len(some), float(some.sum()), float(some.min()), greatest, int((some == greatest).sum()))
            joined.whole = bool((some == np.floor(some)).all())
            joined.values, joined.counts, joined.held = [some], [np.ones(len(some), np.int64)], len(some)
            self.join(joined)

    def following(self) -> Numbers:
        """Nothing yet of numbers that follow."""
        return Numbers(self.most, coarse=self.coarse)

    def join(self, other: Numbers) -> None:
        """Count what the other one has counted."""
        if other.n == 0:
            return
        same = other.greatest == self.greatest
        self.at_greatest = self.at_greatest + other.at_greatest if same else other.at_greatest if other.greatest > self.greatest else self.at_greatest
        self.least, self.greatest = min(self.least, other.least), max(self.greatest, other.greatest)
        self.n, self.total, self.whole = self.n + other.n, self.total + other.total, self.whole and other.whole
        self.values, self.counts, self.held = [*self.values, *other.values], [*self.counts, *other.counts], self.held + other.held
        self.coarse, self.waiting = self.coarse or other.coarse, self.waiting + other.held
        if self.waiting > max(self.most, self.held - self.waiting):
            self.sorted()

    def sorted(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        """The numbers that differ, ascending, and how often each occurs; where too many differ, those that stand for them."""
        if not self.n:
            return np.empty(0), np.empty(0, np.int64)
        values, counts = merged(np.concatenate(self.values) + 0.0, np.concatenate(self.counts))
        self.coarse |= len(values) > self.most
        if self.coarse:
            values, counts = merged(self._rounded(values), counts)
        self.values, self.counts, self.held, self.waiting = [values], [counts], len(values), 0
        return values, counts

    def _rounded(self, values: Floats) -> Floats:
        """The middles of the bins that the numbers lie in; the same again for a middle."""
        floors = values.view(np.int64) >> _COARSE << _COARSE
        middles: Floats = (floors | np.int64(1) << (_COARSE - 1)).view(np.float64)
        return np.clip(np.where(floors.view(np.float64) == 0, 0.0, middles), self.least, self.greatest)

    def distribution(self, *, logarithmic: bool | None = None) -> Distribution | None:
        """How they lie; nothing where there are none. `logarithmic`: bins by logarithm; null: where the numbers ask for it."""
        if not self.n:
            return None
        values, counts = self.sorted()
        total = self.total if self.coarse else float(values @ counts)  # of these the sum does not depend on how they came
        quantiles = {percent: self._quantile(values, counts, percent / 100) for percent in QUANTILES}
        if logarithmic is None:
            logarithmic = self.least > 0 and self.greatest > SKEWED * max(quantiles[50], 1e-300)
        edges = self._edges(logarithmic=logarithmic)
        placed = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
        told = np.bincount(placed, counts, len(edges) - 1).astype(np.int64)
        return Distribution(
            n=self.n,
            least=self.least,
            greatest=self.greatest,
            mean=total / self.n,
            total=total,
            quantiles=quantiles,
            edges=[float(edge) for edge in edges],
            counts=[int(count) for count in told],
            logarithmic=logarithmic,
        )

    @staticmethod
    def _quantile(values: Floats, counts: npt.NDArray[np.int64], part: float) -> float:
        """The number below which this part of all lies, between two numbers by a line."""
        ends = np.cumsum(counts)
        place = part * (ends[-1] - 1)
        low, high = (values[min(int(np.searchsorted(ends, whole, side="right")), len(values) - 1)] for whole in (np.floor(place), np.ceil(place)))
        return float(low + (high - low) * (place - np.floor(place)))

    def _edges(self, *, logarithmic: bool) -> Floats:
        low, high = self.least, self.greatest
        if logarithmic:
            floor = max(low, 1.0) if self.whole else max(low, 1e-12)
            edges = np.geomspace(floor, max(high, floor) + (1 if self.whole else 0), BINS + 1)
            edges = np.unique(np.rint(edges)) if self.whole else np.unique(edges)
            edges[0] = min(edges[0], low)
        elif self.whole and high - low < BINS:
            edges = np.arange(low, high + 2)
        else:
            edges = np.unique(np.linspace(low, high, BINS + 1))
        return edges if len(edges) > 1 else np.array([low, low + 1.0])

    def outliers(self) -> Outliers | None:
        """What lies beyond Tukey's far fences; nothing where there is none, or where half of all are one number."""
        if self.n < 20:
            return None
        values, counts = self.sorted()
        first, third = (self._quantile(values, counts, part) for part in (0.25, 0.75))
        if third <= first:
            return None
        low, high = first - 3 * (third - first), third + 3 * (third - first)
        below, above = int(counts[values < low].sum()), int(counts[values > high].sum())
        return Outliers(low_fence=low, high_fence=high, below=below, above=above) if below or above else None


def nothing() -> Distribution:
    """The distribution of no numbers."""
    return Distribution(n=0, least=0.0, greatest=0.0, mean=0.0, total=0.0, quantiles={}, edges=[0.0, 1.0], counts=[0])


def share(rows: int, of: int, *, whole: bool) -> Share:
    """A share, with Wilson's interval (1927) of 95 % where only a sample was looked at."""
    if whole or not of:
        return Share(rows, of)
    return Share(rows, of, *wilson(rows, of))


def ranks(values: Floats) -> Floats:
    """The rank of each number from 1, equal ones having the mean of theirs."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    middles: Floats = ends - (counts - 1) / 2
    return middles[places.ravel()]
