"""The bootstrap interval holds what it should, and needs no loop over items."""

import numpy as np
import pyarrow as pa
import pytest

from tilth.steps.evaluate import _bootstrap
from tilth.steps.evaluate._bootstrap import ratio_interval, scored
from tilth.work import Ratio

RANDOM = np.random.default_rng(0)


def test_it_is_near_the_interval_that_theory_gives():
    values = RANDOM.normal(10, 3, 400)
    low, high = ratio_interval(values, np.ones(400), seed=1)
    half = 1.96 * values.std() / 20
    assert low == pytest.approx(values.mean() - half, abs=0.06)
    assert high == pytest.approx(values.mean() + half, abs=0.06)


def test_it_is_a_ratio_of_sums_not_a_mean_of_ratios():
    above, below = np.array([1.0, 100.0] * 50), np.array([1.0, 10.0] * 50)
    low, high = ratio_interval(above, below, seed=1)
    assert low < 101 / 11 < high
    assert not low < (1 + 10) / 2 < high


def test_equal_seeds_give_equal_intervals_and_others_do_not():
    values = RANDOM.random(50)
    found = [ratio_interval(values, np.ones(50), seed) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_more_items_than_memory_holds_are_drawn_in_parts(monkeypatch):
    values = RANDOM.random(50)
    whole = ratio_interval(values, np.ones(50), 1)
    monkeypatch.setattr(_bootstrap, "CELLS", 170)
    assert ratio_interval(values, np.ones(50), 1) == whole


def test_one_item_has_no_spread():
    assert ratio_interval(np.array([6.0]), np.array([2.0]), 1) == (3.0, 3.0)


def test_metrics_come_of_the_items_that_have_a_value():
    items = pa.table({"nll": [1.0, 3.0, None, 8.0], "tokens": [1, 2, 5, 3]})
    ratios = {"nats": Ratio("nll", "tokens"), "perplexity": Ratio("nll", "tokens", "exp"), "root": Ratio("nll", then="sqrt")}
    nats, perplexity, root = scored("m", ratios, items, 1)
    assert (nats.value, nats.n, perplexity.value, root.value) == (2.0, 3, pytest.approx(np.exp(2)), 2.0)
    assert perplexity.low == pytest.approx(np.exp(nats.low)) and perplexity.high == pytest.approx(np.exp(nats.high))


def test_a_metric_without_a_value_is_not_told_and_one_item_has_no_interval():
    items = pa.table({"error": pa.array([None, None], pa.float64()), "one": [4.0, None], "nothing": [0, 0]})
    (only,) = scored("m", {"mae": Ratio("error"), "one": Ratio("one"), "bits": Ratio("one", "nothing")}, items, 1)
    assert (only.metric, only.value, only.low, only.high, only.n) == ("one", 4.0, None, None, 1)
