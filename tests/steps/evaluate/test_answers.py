"""Answers: their first number, and how far it lies from the one that was to be written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.steps.evaluate._answers import first_number, told


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Price is $17.00", 17.0),
        ("$1,299.50 or $3", 1299.5),
        ("-5 degrees", -5.0),
        ("−5", -5.0),
        ("no number", None),
        ("", None),
        ("12,34", 12.0),
        ("1,2345", 1.0),
        ("3.", 3.0),
        ("v2.5.1", 2.5),
        ("٣ 4", 4.0),
        ("9" * 400, None),
    ],
)
def test_the_number_of_a_text_is_its_first(text, number):
    assert first_number(text) == number


@given(st.floats(0, 1e12), st.sampled_from(["Price is ${:,.2f}", "{:.2f} dollars", "${:.0f}."]))
def test_a_price_that_is_written_is_read(price, form):
    assert first_number(form.format(price)) == pytest.approx(price, abs=0.51)


def test_what_is_told_of_an_answer():
    assert told(" It is 17 ", "It is 17")["exact"] == 1
    found = told("It is 17", "It is 20")
    assert (found["exact"], found["absolute_error"], found["with_number"]) == (0, 3.0, 1)
    assert found["squared_log_error"] == pytest.approx((math.log(18) - math.log(21)) ** 2)
    assert told("-9", "1")["squared_log_error"] == pytest.approx(math.log(2) ** 2), "below 0 counts as 0"


def test_without_a_number_there_is_no_error():
    assert told("none", "20")["absolute_error"] is None and told("none", "20")["with_number"] == 0
    assert told("20", "none")["absolute_error"] is None and told("20", "none")["with_number"] is None
