"""filter.outlier: values beyond bounds that all rows set."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import RecipeError
from tilth.frames import to_batch
from tilth.steps.filter.outlier import Outlier

VALUES = [10.0, 11, 9, 10, 12, 8, 10, 11, 9, 10, 10.5, 9.5]


def outcome(values, **settings):
    step = Outlier.model_validate({"of": "x", **settings})
    group = settings.get("by") and {settings["by"]: settings_groups(len(values))}
    return step.decide(step.sketch(to_batch({"text": ["t"] * len(values), "x": values, **(group or {})})))


def settings_groups(rows):
    return ["even" if row % 2 == 0 else "odd" for row in range(rows)]


def test_a_value_far_from_the_median_falls_with_the_bound_it_broke():
    told = outcome([*VALUES, 1000.0, -500.0])
    assert told.part.tolist() == [0] * 12 + [-1, -1]
    assert [told.rules[which] for which in told.which[-2:]] == ["too_high", "too_low"]
    median = np.median([*VALUES, 1000.0, -500.0])
    far = 3.5 * 1.4826 * np.median(np.abs(np.array([*VALUES, 1000.0, -500.0]) - median))
    assert told.value[-2:].tolist() == [1000.0, -500.0] and told.limit[-2:].tolist() == [median + far, median - far]


def test_outliers_do_not_move_the_bounds_by_which_they_fall():
    # The mean and the standard deviation would keep the smaller of two: 1,000 hides 30.
    told = outcome([*VALUES, 30.0, 1000.0])
    assert told.part.tolist() == [0] * 12 + [-1, -1]


def test_tukeys_fences_stand_beyond_the_quartiles():
    told = outcome([*VALUES, 16.0], iqr=1.5)
    first, third = np.quantile([*VALUES, 16.0], (0.25, 0.75))
    assert told.part[-1] == -1 and told.limit[-1] == third + 1.5 * (third - first)
    assert outcome([*VALUES, 16.0], iqr=10).part[-1] == 0


def test_quantiles_cut_off_what_is_beyond_them():
    told = outcome(list(map(float, range(101))), quantiles={"below": 0.05, "above": 0.9})
    assert np.flatnonzero(told.part < 0).tolist() == [0, 1, 2, 3, 4, *range(91, 101)]
    assert np.flatnonzero(outcome(list(map(float, range(101))), quantiles={"above": 0.9}).part < 0).tolist() == list(range(91, 101))


def test_one_side_alone_may_fall():
    assert outcome([*VALUES, 1000.0, -500.0], side="high").part[-2:].tolist() == [-1, 0]
    assert outcome([*VALUES, 1000.0, -500.0], side="low").part[-2:].tolist() == [0, -1]


def test_groups_are_judged_apart():
    values = [float(number % 7 if number % 2 else 1000 + number % 7) for number in range(60)]
    assert (outcome(values, by="kind").part == 0).all()
    values[0] = 3.0
    assert np.flatnonzero(outcome(values, by="kind").part < 0).tolist() == [0]
    assert outcome(values, by="kind").facts["groups"][0]["values"] == 30


def test_what_has_no_value_or_no_spread_is_not_judged_and_stays():
    assert (outcome([*VALUES, None, float("nan")]).part == 0).all()
    assert (outcome(VALUES[:8] + [1000.0]).part == 0).all(), "nine values are too few"
    told = outcome([5.0] * 20 + [6.0])
    assert (told.part == 0).all() and told.facts["groups"][0]["not_judged"] == "most values are the same"


def test_an_infinite_value_is_beyond_every_bound_and_moves_none():
    told = outcome([*VALUES, float("inf")])
    assert told.part[-1] == -1 and told.limit[-1] == 10 + 3.5 * 1.4826 * np.median(np.abs(np.array(VALUES) - 10))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bound(values, chance):
    shuffled = values[:]
    chance.shuffle(shuffled)
    falls = [sorted(np.array(some)[outcome(some).part < 0].tolist()) for some in (values, shuffled)]
    assert falls[0] == falls[1]


def test_the_value_may_be_an_expression_over_the_row():
    out = Outlier(of="length(text)", side="high")({"text": ["x" * (10 + number % 3) for number in range(20)] + ["x" * 900]})
    assert len(out["text"]) == 20


def test_a_value_that_is_no_number_is_refused_with_what_to_do():
    with pytest.raises(RecipeError, match="no number") as error:
        Outlier(of="text")({"text": ["a"]})
    assert "try_cast" in error.value.remedy


def test_bounds_only_decide():
    one, other = Outlier(of="x"), Outlier(of="x", iqr=2)
    assert one.identity() == other.identity() and one.deciding() != other.deciding()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mad": 3, "iqr": 1.5}, "said in one way"),
        ({"quantiles": {}}, "No quantile is given"),
        ({"quantiles": {"below": 0.9, "above": 0.1}}, "neither below the quantile"),
        ({"of": "sum(x)"}, "many rows"),
        ({"mad": 0}, "greater than 0"),
    ],
)
def test_what_cannot_be_is_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        Outlier.model_validate({"of": "x", **settings})
