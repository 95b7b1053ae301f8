"""Intervals for a ratio of sums, such as nats a token, by drawing the items again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

RESAMPLES = 1000
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
