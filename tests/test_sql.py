"""Expressions in SQL: which columns they name, and their values for each row. What is refused, tests of `filter.where` tell."""

import pyarrow as pa
import pytest

from tilth.errors import RecipeError, StepFailed
from tilth.sql import columns_of, truth_of, values_of

PRICES = pa.array([1.4, None, 2.5, 2.6])


def test_names_that_a_lambda_binds_are_no_columns():
    assert columns_of("len(list_filter(tags, lambda tag, place: tag > low and place > 1)) > tag") == ("tags", "low", "tag")


def test_columns_are_named_once_in_their_order():
    assert columns_of("round(price) + length(title) - price") == ("price", "title")
    assert columns_of("category") == ("category",)


@pytest.mark.parametrize("sql", ["sum(price)", "1", "random() * price", "(select price)", "row_number() over ()"])
def test_what_is_no_function_of_the_row_is_refused(sql):
    with pytest.raises(ValueError, match="`"):
        columns_of(sql)


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("round(price)", [1.0, None, 3.0, 3.0]),
        ("price", [1.4, None, 2.5, 2.6]),
        ("case when price > 2 then 'dear' else 'cheap' end", ["cheap", "cheap", "dear", "dear"]),
        ("price is null", [False, True, False, False]),
    ],
)
def test_each_row_has_its_value_in_its_place(sql, values):
    assert values_of(sql, ("price",), [PRICES]).to_pylist() == values


def test_the_unknown_is_not_true():
    assert truth_of("price > 2", ("price",), [PRICES]).to_pylist() == [False, False, True, True]
    with pytest.raises(RecipeError, match="gives double, which is neither true nor false"):
        truth_of("price", ("price",), [PRICES])


def test_a_value_that_does_not_convert_is_told_with_a_way_out():
    with pytest.raises(StepFailed, match="try_cast"):
        values_of("cast(t as int)", ("t",), [pa.array(["one"])])
    with pytest.raises(RecipeError, match="does not suit the columns"):
        values_of("t.member", ("t",), [pa.array(["one"])])


def test_no_rows_have_no_values_of_the_same_type():
    assert values_of("round(price)", ("price",), [pa.array([], pa.float64())]).type == pa.float64()
