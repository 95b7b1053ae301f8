"""Which notations are read as which type, and what is a misfit."""

import datetime
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.steps.extract._casts import Misfit, at, cast

NUMBERS = {
    "1299": 1299.0,
    "1,299.00": 1299.0,
    "$1,234,567": 1234567.0,
    " $ 17.00 ": 17.0,
    "-$5": -5.0,
    "$-5": -5.0,
    "€ 3.5": 3.5,
    "3.5 €": 3.5,
    "¥300": 300.0,
    ".5": 0.5,
    "5.": 5.0,
    "+3e2": 300.0,
}
NONE = ["1.299,00", "1,29", "12,34,567", "from $3", "$1 - $2", "12 %", "NaN", "inf", "1e999", "$", "--5", "$$5", "(5)", "1 000", "٣", "0x1F", "1_000"]


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_a_number_is_read_as_people_write_prices(text, number):
    assert cast(text, "number", None) == number


@pytest.mark.parametrize("text", NONE)
def test_what_could_be_read_in_two_ways_is_no_number(text):
    for kind in ("number", "integer"):
        with pytest.raises(Misfit):
            cast(text, kind, None)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["", "$", "£ "]))
def test_any_number_that_json_writes_comes_back(number, sign):
    assert cast(number, "number", None) == number
    assert cast(json.dumps(number), "number", None) == number
    assert cast(f"{sign}{abs(number):,.2f}", "number", None) == pytest.approx(abs(number), abs=0.006, rel=1e-12)


@given(st.integers(-(2**63), 2**63 - 1))
def test_an_integer_keeps_every_digit(number):
    assert cast(number, "integer", None) == cast(str(number), "integer", None) == cast(f"{number:,}", "integer", None) == number


@pytest.mark.parametrize("value", [2**63, 1.5, "1.5", "1e-1", True, [1], {"a": 1}, math.inf, math.nan])
def test_what_is_no_integer_of_64_bits_is_a_misfit(value):
    with pytest.raises(Misfit):
        cast(value, "integer", None)


@pytest.mark.parametrize(
    ("value", "kind", "join", "made"),
    [
        (12.0, "integer", None, 12),
        ("1,200.00", "integer", None, 1200),
        (" Yes ", "boolean", None, True),
        (False, "boolean", None, False),
        ("August 6, 2010", "date", None, "2010-08-06"),
        ("2010-08-06T10:00:00Z", "date", None, "2010-08-06"),
        (1281052800, "date", None, "2010-08-06"),
        (datetime.date(2010, 8, 6), "date", None, "2010-08-06"),
        (datetime.date(2010, 8, 6), "text", None, "2010-08-06"),
        (1.5, "text", None, "1.5"),
        (True, "text", None, "true"),
        (" ", "text", None, " "),
        (" ", "number", None, None),
        (None, "text", None, None),
        (["a", None, 2], "text", " ", "a 2"),
        ([], "text", " ", ""),
        (["3"], "number", "", 3.0),
    ],
)
def test_values_of_other_types(value, kind, join, made):
    assert cast(value, kind, join) == made


@pytest.mark.parametrize(
    ("value", "kind", "join"),
    [("maybe", "boolean", None), (1, "boolean", None), ("3/4/2021", "date", None), (True, "date", None), (["a"], "text", None), ({}, "text", None)]
    + [([["a"]], "text", " "), ([{"a": 1}], "text", " "), ({"a": 1}, "number", None), (True, "number", None)],
)
def test_misfits(value, kind, join):
    with pytest.raises(Misfit):
        cast(value, kind, join)


def test_a_path_leads_into_objects_and_lists_and_texts_of_json():
    value = {"Brand": "B", "list": [{"a": 1}, {"b": 2}, {"a": None}], "inner": '{"x": {"y": 3}}'}
    assert at(value, ["Brand"]) == "B" and at(value, ["list", "[]", "a"]) == [1] and at(value, ["inner", "x", "y"]) == 3
    assert at(value, []) is value and at(value, ["none", "further"]) is None and at(None, ["a"]) is None


@pytest.mark.parametrize(("value", "path"), [("{'a': 1}", ["a"]), ([1], ["a"]), ({"a": 1}, ["[]"]), (3, ["a"]), ("[" * 100_000, ["a"])])
def test_a_path_into_something_else_is_a_misfit(value, path):
    with pytest.raises(Misfit):
        at(value, path)
