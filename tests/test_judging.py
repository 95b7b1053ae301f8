"""Verdicts: limits include their bounds, what is not judged passes, the first failure is the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tilth.judging import judge
from tilth.record import Check, Measure


def measured(values: list[float | None] | list[str | None], **limits: Any) -> Any:
    measure = Measure("m", dict)
    return judge([Check("rule", measure, **limits)], {"m": pa.array(values)}, len(values))


def test_limits_include_their_bounds_and_null_passes() -> None:
    verdict = measured([1.9, 2.0, None, 4.0, 4.1, float("nan")], at_least=2, at_most=4)
    assert verdict.kept.tolist() == [False, True, True, True, False, True]
    assert verdict.value[[0, 4]].tolist() == [1.9, 4.1] and verdict.limit[[0, 4]].tolist() == [2, 4]
    assert np.isnan(verdict.value[verdict.kept]).all() and np.isnan(verdict.limit[verdict.kept]).all()
    assert verdict.found is None


@given(st.lists(st.none() | st.floats(allow_nan=False)), st.none() | st.floats(-5, 5), st.none() | st.floats(-5, 5))
def test_a_row_stays_exactly_if_its_measure_lies_within(values: list[float | None], low: float | None, high: float | None) -> None:
    within = [one is None or ((low is None or one >= low) and (high is None or one <= high)) for one in values]
    array = pa.array(values, pa.float64())
    assert judge([Check("r", Measure("m", dict), low, high)], {"m": array}, len(values)).kept.tolist() == within


def test_labels_stay_if_they_are_among_those_named() -> None:
    verdict = measured(["en", "de", None, "fr"], among=("en", "fr"))
    assert verdict.kept.tolist() == [True, False, True, True]
    assert verdict.found == (None, "de", None, None)
    assert measured([None, None], among=("en",)).kept.tolist() == [True, True], "a column of nothing but nulls has no type"


def test_the_first_rule_that_fails_is_the_reason() -> None:
    checks = [
        Check("short", Measure("m", dict), at_least=3),
        Check("odd", Measure("o", dict), at_most=0),
        Check("lang", Measure("l", dict), among=("en",)),
    ]
    values = {"m": pa.array([1, 5, 5, 1]), "o": pa.array([1, 1, 0, 0]), "l": pa.array(["xx", "en", "xx", "en"])}
    verdict = judge(checks, values, 4)
    assert [verdict.rules[number] for number in verdict.failed] == ["short", "odd", "lang", "short"]
    assert verdict.value.tolist()[:2] == [1, 1] and np.isnan(verdict.value[2])
    assert verdict.found == (None, None, "xx", None)
