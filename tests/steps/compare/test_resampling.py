"""Whether a difference is more than noise: intervals that hold, and p-values that are right where all tosses can be counted."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.steps.compare import _resampling
from tilth.steps.compare._resampling import paired_interval, sign_flips
from tilth.work import Ratio

RATIO = Ratio("nll", "tokens")


def noise(seed, items=60):
    return np.random.Generator(np.random.PCG64(seed)).normal(0.0, 1.0, items)


@given(st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=9))
@settings(deadline=None, max_examples=40)
def test_p_is_the_share_of_all_tosses_that_reach_as_far(differences):
    d = np.array(differences)
    sums = [abs(float(np.dot(signs, d))) for signs in product((-1.0, 1.0), repeat=len(d))]
    exact = np.mean([one >= abs(d.sum()) - 1e-9 for one in sums])
    assert sign_flips(d, 4000, 7) == pytest.approx(exact, abs=5 * np.sqrt(exact * (1 - exact) / 4000) + 1e-3)


def test_no_difference_at_all_is_no_evidence():
    assert sign_flips(np.zeros(10), 2000, 1) == 1.0


def test_the_interval_of_models_that_are_alike_leaves_out_zero_one_time_in_twenty():
    below, outside, small = np.ones(60), 0, 0
    for seed in range(300):
        d = noise(seed)
        low, high = paired_interval(RATIO, (d, np.zeros(60)), below, 2000, seed)
        outside += not low <= 0 <= high
        small += sign_flips(d, 2000, seed) <= 0.05
    assert 4 <= outside <= 34 and 4 <= small <= 30, "about 15 of 300"


def test_pairing_finds_what_two_separate_intervals_hide():
    hard = np.abs(noise(1, 200)) * 100 + 50
    ours, theirs, below = hard - 0.5 + 0.1 * noise(2, 200), hard, np.full(200, 10.0)
    low, high = paired_interval(RATIO, (ours, theirs), below, 2000, 3)
    assert high < 0 and low > -0.1
    assert sign_flips(ours - theirs, 2000, 3) == pytest.approx(1 / 2001)


def test_results_do_not_depend_on_how_many_draws_are_held_at_once(monkeypatch):
    d = noise(4) + 0.2
    whole = [paired_interval(RATIO, (d, np.zeros(60)), np.ones(60), 2000, 5), sign_flips(d, 2000, 5)]
    monkeypatch.setattr(_resampling, "CELLS", 60 * 100)
    assert [paired_interval(RATIO, (d, np.zeros(60)), np.ones(60), 2000, 5), sign_flips(d, 2000, 5)] == whole
