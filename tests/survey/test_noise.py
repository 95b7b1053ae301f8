"""Distances, their intervals and probabilities, beside known values and by drawing many times."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.survey.noise import chi_squared_tail, difference, findings, kolmogorov_smirnov, kolmogorov_tail, shares, total_variation

DRAWS = 600
COUNTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=8)


@pytest.mark.parametrize(("x", "freedom", "tail"), [(3.841459, 1, 0.05), (18.307038, 10, 0.05), (124.342113, 100, 0.05), (6.634897, 1, 0.01)])
def test_the_tail_of_chi_squared_is_that_of_the_tables(x, freedom, tail):
    assert chi_squared_tail(x, freedom) == pytest.approx(tail, rel=1e-6)


@pytest.mark.parametrize("x", [0.001, 0.5, 3.0, 20.0, 700.0])
def test_with_two_degrees_of_freedom_the_tail_is_exponential(x):
    assert chi_squared_tail(x, 2) == pytest.approx(math.exp(-x / 2), rel=1e-9)


@pytest.mark.parametrize(("x", "tail"), [(1.2239, 0.10), (1.3581, 0.05), (1.6276, 0.01), (0.0, 1.0), (0.3, 1.0)])
def test_the_tail_of_kolmogorovs_limit_is_that_of_the_tables(x, tail):
    assert kolmogorov_tail(x) == pytest.approx(tail, abs=1e-4)


def test_newcombes_interval_is_that_of_his_example():
    found = shares((48, 80), (56, 70))  # Newcombe 1998, table II, method 10, the first contrast
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_the_findings_of_benjamini_and_hochberg_are_those_of_their_example():
    tried = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert findings(tried) == [True] * 4 + [False] * 11
    assert findings(tried[::-1]) == [False] * 11 + [True] * 4
    assert findings([]) == []


def test_the_distance_of_numbers_is_the_greatest_gap_of_their_shares():
    assert kolmogorov_smirnov(np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6])).value == 0.5
    assert kolmogorov_smirnov(np.array([1.0, 1, 1, 2]), np.array([1.0, 2, 2, 2])).value == 0.5
    assert kolmogorov_smirnov(np.array([1.0]), np.array([2.0])).value == 1.0


def test_equal_sides_are_no_distance_apart():
    some = np.random.default_rng(1).normal(size=500)
    assert kolmogorov_smirnov(some, some)[::3] == (0.0, 1.0)
    assert total_variation(np.array([5, 9, 100]), np.array([5, 9, 100]))[::3] == (0.0, 1.0)
    assert shares((7, 9), (7, 9))[::3] == (0.0, 1.0)


@given(COUNTS.filter(lambda rows: all(sum(side) for side in zip(*rows, strict=True))))
def test_the_distance_of_labels_is_the_greatest_gap_that_any_set_of_them_has(rows):
    a, b = (np.array(side) for side in zip(*rows, strict=True))
    gap = a / a.sum() - b / b.sum()
    sets = max(abs(sum(gap[k] for k in range(len(gap)) if chosen >> k & 1)) for chosen in range(2 ** len(gap)))
    found = total_variation(a, b)
    assert found.value == pytest.approx(sets, abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1 and 0 <= found.p <= 1


def test_intervals_hold_the_truth_at_least_as_often_as_they_say():
    rng = np.random.default_rng(7)
    held = {"numbers": 0, "labels": 0}
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.35, 0.4, 0.25])
    for _ in range(DRAWS):
        numbers = kolmogorov_smirnov(rng.random(120), rng.random(200) + 0.25)
        labels = total_variation(rng.multinomial(150, p), rng.multinomial(90, q))
        held["numbers"] += numbers.low <= 0.25 <= numbers.high
        held["labels"] += labels.low <= 0.15 <= labels.high
    assert min(held.values()) >= 0.95 * DRAWS


def test_newcombes_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(8)
    drawn = [shares((x, 60), (y, 90)) for x, y in zip(rng.binomial(60, 0.9, 2000), rng.binomial(90, 0.8, 2000), strict=True)]
    assert 0.935 <= np.mean([one.low <= -0.1 <= one.high for one in drawn]) <= 0.975


@pytest.mark.parametrize("kind", ["numbers", "labels", "shares"])
def test_where_nothing_differs_one_in_twenty_is_called_improbable(kind):
    rng = np.random.default_rng(9)
    p = np.array([0.4, 0.3, 0.2, 0.1])
    drawn = {
        "numbers": lambda: kolmogorov_smirnov(rng.normal(size=150), rng.normal(size=220)).p,
        "labels": lambda: total_variation(rng.multinomial(150, p), rng.multinomial(220, p)).p,
        "shares": lambda: shares((int(rng.binomial(150, 0.3)), 150), (int(rng.binomial(220, 0.3)), 220)).p,
    }[kind]
    assert 0.03 <= np.mean([drawn() < 0.05 for _ in range(DRAWS * 2)]) <= 0.07


def test_a_difference_of_two_scores_is_as_sure_as_their_intervals_together():
    assert difference((10.0, 9.0, 11.0), (12.0, 11.0, 13.0)) == pytest.approx((2 - math.sqrt(2), 2 + math.sqrt(2)))
    assert difference((10.0, 10.0, 10.0), (12.0, 11.5, 14.0)) == pytest.approx((1.5, 4.0))
