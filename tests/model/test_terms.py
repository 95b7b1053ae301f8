"""A term is a word, or a range of numbers."""

import pytest

from tilth.model.terms import read_range


@pytest.mark.parametrize(("term", "numbers"), [("1..999", range(1, 1000)), ("-2..2", range(-2, 3)), ("7..7", range(7, 8))])
def test_a_range_holds_both_ends(term, numbers):
    assert read_range(term) == numbers


@pytest.mark.parametrize("term", ["word", "1.5", "1...9", "a..b", "1..9 kg", ""])
def test_anything_else_is_no_range(term):
    assert read_range(term) is None
