"""How numbers lie."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.survey import numbers
from tilth.survey.numbers import Numbers, ranks, share

SOME = st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=60)


def of(values) -> Numbers:
    found = Numbers()
    found.add(np.array(values, np.float64))
    return found


@given(SOME)
def test_few_numbers_are_told_exactly(values: list[float]) -> None:
    told = of(values).distribution()
    assert told is not None
    assert (told.n, told.least, told.greatest) == (len(values), min(values), max(values))
    assert sum(told.counts) == len(values) and len(told.edges) == len(told.counts) + 1
    for percent, value in told.quantiles.items():
        assert value == pytest.approx(np.quantile(values, percent / 100), rel=1e-9, abs=1e-6)


@given(SOME, SOME)
def test_it_does_not_matter_how_numbers_come_in_batches(one: list[float], other: list[float]) -> None:
    joined = of(one)
    joined.join(of(other))
    whole, parts = of([*one, *other]).distribution(), joined.distribution()
    assert whole is not None and parts is not None
    assert (whole.n, whole.least, whole.greatest, whole.quantiles) == (parts.n, parts.least, parts.greatest, parts.quantiles)
    assert joined.at_greatest == [*one, *other].count(max([*one, *other]))


def test_many_numbers_take_bounded_memory_and_are_off_by_one_part_in_256_at_most() -> None:
    drawn = np.random.default_rng(1).lognormal(3, 2, 2 * numbers.KEPT + 5)
    found = Numbers()
    for piece in np.array_split(drawn, 40):
        found.add(piece)
    assert found.held < 2 * numbers.KEPT and found.n == len(drawn)
    told = found.distribution()
    assert told is not None and told.total == pytest.approx(drawn.sum()) and told.logarithmic
    for percent, value in told.quantiles.items():
        assert value == pytest.approx(np.quantile(drawn, percent / 100), rel=1 / 200)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 5000), max_size=6).map(sorted), st.booleans())
def test_more_numbers_than_are_kept_are_told_the_same_however_they_come(edges: list[int], whole: bool) -> None:
    drawn = np.random.default_rng(2).lognormal(3, 2, 5000)
    drawn = np.floor(drawn) if whole else drawn
    one, parts = Numbers(most=500), Numbers(most=500)
    one.add(drawn)
    for begin, end in pairwise([0, *edges, 5000]):
        part = parts.following()
        part.add(drawn[begin:end])
        parts.join(part)
    (values, counts), (others, more) = one.sorted(), parts.sorted()
    assert values.tolist() == others.tolist() and counts.tolist() == more.tolist()
    assert one.outliers() == parts.outliers()


def test_years_of_many_rows_stay_exact() -> None:
    found = Numbers(most=500)
    for year in range(1900, 2024):
        found.add(np.full(100, year))
    told = found.distribution()
    assert told is not None and told.quantiles[50] == 1961.5 and told.total == 100 * sum(range(1900, 2024))


def test_what_is_not_finite_is_passed_over() -> None:
    assert of([1.0, float("nan"), float("inf")]).n == 1
    assert of([float("nan")]).distribution() is None


def test_small_whole_numbers_have_a_bin_each() -> None:
    told = of([1, 2, 2, 5]).distribution()
    assert told is not None and told.edges == [1, 2, 3, 4, 5, 6] and told.counts == [1, 2, 0, 0, 1]


def test_outliers_lie_three_ranges_from_the_quartiles() -> None:
    told = of([*range(100), 1000, -900]).outliers()
    assert told is not None and (told.below, told.above) == (1, 1)
    assert of(range(100)).outliers() is None and of([1] * 50 + [9]).outliers() is None


def test_a_share_of_a_sample_has_wilsons_interval() -> None:
    told = share(10, 100, whole=False)
    assert (told.low, told.high) == (pytest.approx(0.0552, abs=1e-4), pytest.approx(0.1744, abs=1e-4))
    assert share(10, 100, whole=True).low is None and share(0, 0, whole=False).value == 0


def test_equal_numbers_share_the_mean_of_their_ranks() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]
