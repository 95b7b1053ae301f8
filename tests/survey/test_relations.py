"""Columns that go together."""

import math

import numpy as np
import pyarrow as pa
import pytest

from tilth.survey.relations import codes, relations

CHANCE = np.random.default_rng(7)
N = 600
ONE = CHANCE.normal(size=N)
NOISE = CHANCE.normal(size=N)
GROUPS = CHANCE.integers(0, 3, N)


def test_numbers_that_rise_together_are_told_with_an_interval() -> None:
    told = relations({"a": ONE, "b": np.exp(ONE + NOISE), "c": NOISE * 0 + CHANCE.normal(size=N)}, {})
    assert [(one.a, one.b, one.kind) for one in told] == [("a", "b", "rank")]
    assert told[0].low is not None and told[0].low < told[0].value < told[0].high


def test_the_interval_is_that_of_bonett_and_wright() -> None:
    one = relations({"a": ONE, "b": ONE + NOISE}, {})[0]
    error = 1.959964 * math.sqrt((1 + one.value**2 / 2) / (N - 3))
    assert (one.low, one.high) == pytest.approx((math.tanh(math.atanh(one.value) - error), math.tanh(math.atanh(one.value) + error)))


def test_numbers_that_are_missing_are_left_out_pair_by_pair() -> None:
    holes = np.where(np.arange(N) % 2 == 0, np.nan, ONE + 0.3 * NOISE)
    assert relations({"a": ONE, "b": holes}, {})[0].n == N // 2
    assert relations({"a": ONE, "b": np.full(N, np.nan)}, {}) == []


def test_a_number_that_differs_between_groups_is_told_and_chance_is_not() -> None:
    told = relations({"a": ONE + 2 * GROUPS}, {"g": GROUPS, "h": CHANCE.integers(0, 30, N)})
    assert [(one.a, one.b, one.kind) for one in told] == [("a", "g", "between")] and told[0].value > 0.5


def test_what_chance_makes_in_few_rows_is_not_told() -> None:
    told = 0
    for seed in range(200):
        chance = np.random.default_rng(seed)
        numbers = {name: chance.normal(size=60) for name in "ab"}
        told += len(relations(numbers, {name: chance.integers(0, 5, 60) for name in "cd"}))
    assert told <= 2


def test_categories_that_go_together_are_told() -> None:
    told = relations({}, {"g": GROUPS, "h": np.where(CHANCE.random(N) < 0.8, GROUPS, 0), "i": CHANCE.integers(0, 4, N)})
    assert [(one.a, one.b, one.kind) for one in told] == [("g", "h", "association")]


def test_one_column_told_twice_is_no_relation() -> None:
    assert relations({"a": ONE, "b": 3 * ONE + 1}, {"g": GROUPS, "h": GROUPS + 1}) == []


@pytest.mark.parametrize("values", [["a"] * 9, [str(n) for n in range(99)]])
def test_a_category_of_one_or_very_many_values_is_none(values: list[str]) -> None:
    assert codes(pa.array(values)) is None
