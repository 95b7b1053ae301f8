"""Intervals: known values of their sources, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from tilth.intervals import ratio, wilson


def test_wilsons_interval_is_that_of_newcombes_first_example() -> None:
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_a_share_of_nothing_or_of_all_has_an_interval_inside_the_bounds() -> None:
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=5e-5)
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=5e-5)
    assert [wilson(0, n)[0] for n in range(1, 200)] == [0.0] * 199 and [wilson(n, n)[1] for n in range(1, 200)] == [1.0] * 199
    low, high = ratio(0, 20, 15, 20)
    assert 0 < low < high < 1


@pytest.mark.parametrize(("p", "q", "n", "m"), [(0.7, 0.9, 200, 900), (0.5, 0.5, 60, 60), (0.95, 0.98, 500, 5_000)])
def test_the_interval_of_a_ratio_holds_the_true_one_about_as_often_as_it_says(p: float, q: float, n: int, m: int) -> None:
    draw = np.random.default_rng(3)
    told = [ratio(int(a), n, int(b), m) for a, b in zip(draw.binomial(n, p, 2_000), draw.binomial(m, q, 2_000), strict=True)]
    assert np.mean([low <= p / q <= high for low, high in told]) > 0.93
