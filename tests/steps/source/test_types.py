"""The lattice of types, and what fits into each."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.steps.source._types import ARROW, WIDTH, Misfit, fit, fit_text, join, join_into, type_of, type_of_text, type_of_texts

KINDS = st.sampled_from(list(WIDTH))
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = SCALARS | st.lists(SCALARS, max_size=3)


@given(KINDS, KINDS, KINDS)
def test_the_order_in_which_values_are_met_does_not_matter(one, two, three):
    assert join(one, two) == join(two, one)
    assert join(join(one, two), three) == join(one, join(two, three))
    assert join(one, one) == one and join("null", one) == one and join("json", one) == "json"


@given(st.lists(VALUES, min_size=1, max_size=6))
def test_every_value_fits_into_the_type_settled_over_all(values):
    types: dict[str, str] = {}
    for value in values:
        join_into(types, {"x": type_of(value)})
    kind = {"null": "string", "long": "int64"}.get(types["x"], types["x"])
    fitted = [fit(value, kind, lambda value=value: json.dumps(value)) for value in values]
    assert all((before is None) == (after is None) for before, after in zip(values, fitted, strict=True))
    if kind in ("int64", "float64"):
        assert fitted == values


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "bool"),
        (1, "int64"),
        (2**53, "int64"),
        (2**53 + 1, "long"),
        (-(2**63), "long"),
        (2**63, "string"),
        (1.0, "float64"),
        ({}, "json"),
    ],
)
def test_the_narrowest_type_of_a_value(value, kind):
    assert type_of(value) == kind


def test_an_integer_that_no_double_holds_makes_a_column_with_fractions_a_string():
    assert join("int64", "float64") == "float64"
    assert join("long", "float64") == "string"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", "null"), ("true", "bool"), ("True", "string"), ("0", "int64"), ("-7", "int64"), ("007", "string"), ("+1", "string"), (" 1", "string")]
    + [("1e5", "float64"), ("1.50", "float64"), (".5", "string"), ("1e999", "string"), ("NaN", "string"), ("-0", "float64"), ("١", "string")]
    + [("9007199254740993", "long"), ("9223372036854775808", "string"), ("1" * 30, "string"), ("0x10", "string"), ("1_000", "string")],
)
def test_only_what_json_would_write_is_a_number_in_a_table_of_texts(text, kind):
    assert type_of_text(text) == kind


@given(st.lists(st.sampled_from(["", "1", "2.5", "true", "007", "x", "1e3", "9007199254740993"]), max_size=6))
def test_every_cell_fits_into_the_type_settled_over_all(cells):
    kind = type_of_texts(cells, "null")
    for cell in cells if kind not in ("null", "long") else []:
        fitted = fit_text(cell, kind)
        assert (fitted is None) == (cell == "")
        assert kind != "string" or not cell or fitted == cell


@pytest.mark.parametrize(
    ("value", "word", "fitted"),
    [("12", "an integer", 12), (" 12 ", "an integer", 12), (12.0, "an integer", 12), ("007", "an integer", 7), ("1e3", "a number", 1000.0)]
    + [(2**60, "a number", float(2**60)), ("TRUE", "true or false", True), (True, "int64", 1), (True, "float64", 1.0), (5, "float64", 5.0)],
)
def test_what_a_type_takes(value, word, fitted):
    assert fit(value, word, str) == fitted


@pytest.mark.parametrize(
    ("value", "word"),
    [("x", "an integer"), (1.5, "an integer"), (2**63, "an integer"), (True, "a number"), ("nan", "a number"), ("1", "int64"), (2**53 + 1, "float64")]
    + [("yes", "true or false"), (1, "true or false"), ([1], "a number"), (10**400, "a number")],
)
def test_what_a_type_refuses(value, word):
    with pytest.raises(Misfit, match="is not"):
        fit(value, word, str)


def test_a_number_in_a_string_column_is_the_literal_of_the_file():
    assert fit(1.5, "string", lambda: "1.50") == "1.50"
    assert fit_text("1.50", "string") == "1.50"


def test_a_cell_in_a_json_column_is_its_json():
    assert [fit_text(cell, "json") for cell in ("1.50", "true", "abc", "")] == ["1.50", "true", '"abc"', None]
    assert fit_text('{"a": 1}', "JSON") == '{"a": 1}'
    assert set(ARROW) == {"bool", "int64", "float64", "string", "json"}
