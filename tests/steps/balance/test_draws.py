"""What the steps of balance share: the kinds of rows, and what is told of them."""

import numpy as np
import pyarrow as pa
import pytest

from tilth.errors import RecipeError
from tilth.frames import to_batch
from tilth.steps.balance._draws import columns, listed, number_or_text, value


def test_values_are_texts_and_buckets_numbers_where_they_are_numbers():
    batch = to_batch(pa.table({"n": [1, 2, None], "x": [-0.2, float("nan"), 2.5], "b": [True, False, None]}))
    assert value(batch, "n").to_pylist() == ["1", "2", None]
    assert value(batch, "b").to_pylist() == ["true", "false", None]
    assert number_or_text(batch, "n").to_pylist() == [1.0, 2.0, None]
    assert str(number_or_text(batch, "round(x)").to_pylist()) == "[0.0, None, 3.0]", "−0 is 0, and what is no number is null"
    assert number_or_text(batch, "b").to_pylist() == ["true", "false", None]
    with pytest.raises(RecipeError, match="no one value"):
        value(batch, "[n]")


def test_columns_are_those_of_the_expressions_and_the_named_ones_each_once():
    assert columns(("text", "price"), "round(price)", None, "length(title) > 3") == ("price", "title", "text")


def test_of_many_kinds_the_largest_are_told_in_the_order_of_names():
    told = listed(["a", "b", "c"], {"before": np.array([1, 5, 3]), "after": [1, 2, 3]}, most=2)
    assert told == [{"kind": "b", "before": 5, "after": 2}, {"kind": "c", "before": 3, "after": 3}]
