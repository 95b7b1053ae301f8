"""Metrics that are ratios of sums over items, such as nats a token, with intervals by drawing the items again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.intervals import wilson
from tilth.work import Ratio, Score

Numbers = npt.NDArray[np.float64]

RESAMPLES = 1000
SHARES = ("ended", "exact", "with_number")
"""Metrics that are shares of items."""
CELLS = 1 << 22
"""Draws held in memory at once."""


def ratio_interval(above: Numbers, below: Numbers, seed: int) -> tuple[float, float]:
    """The 95 % percentile interval of sum(above) / sum(below) over 1,000 resamples of the items (Efron 1979)."""
    generator = np.random.Generator(np.random.PCG64(seed))
    together = max(1, CELLS // len(above))
    ratios = np.empty(RESAMPLES)
    for start in range(0, RESAMPLES, together):
        drawn = generator.integers(0, len(above), (min(together, RESAMPLES - start), len(above)))
        ratios[start : start + len(drawn)] = above[drawn].sum(1) / below[drawn].sum(1)
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(low), float(high)


def scored(model: str, ratios: Mapping[str, Ratio], items: pa.Table, seed: int) -> list[Score]:
    """The metrics of one model's items. Items without a value are left out; a metric that has none, or nothing below, is not
    told; with one item there is no interval but of a share."""
    found = []
    for metric, ratio in ratios.items():
        above = _floats(items, ratio.above)
        below = _floats(items, ratio.below) if ratio.below else np.ones(len(above))
        known = ~np.isnan(above)
        above, below = above[known], below[known]
        if below.sum() > 0:
            low, high = _ends(metric, ratio, (above, below), seed)
            found.append(Score(model, metric, float(ratio.of(above.sum(), below.sum())), low, high, len(above)))
    return found


def _ends(metric: str, ratio: Ratio, values: tuple[Numbers, Numbers], seed: int) -> tuple[float | None, float | None]:
    """The interval of a metric. Of a share it is Wilson's: where all items are alike, drawing them again tells nothing."""
    above, below = values
    if metric in SHARES:
        return wilson(int(above.sum()), len(above))
    if len(above) < 2:
        return None, None
    low, high = (float(ratio.of(np.array(end), np.array(1.0))) for end in ratio_interval(above, below, seed))
    return low, high


def _floats(items: pa.Table, name: str) -> Numbers:
    return np.asarray(pc.fill_null(pc.cast(items[name], pa.float64()), float("nan")), np.float64)
