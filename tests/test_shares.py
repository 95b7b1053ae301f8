"""Shares: totals dealt out in whole numbers."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tilth.shares import dealt, exact

WEIGHTS = st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any)


@given(st.integers(0, 500), WEIGHTS)
def test_whole_numbers_add_up_and_each_is_less_than_one_off(total, weights):
    got = dealt(total, weights)
    assert sum(got) == total
    assert all(abs(one - Fraction(total * weight, sum(weights))) < 1 for one, weight in zip(got, weights, strict=True))


@given(WEIGHTS, st.data())
def test_none_gets_more_than_its_room(weights, data):
    room = [data.draw(st.integers(0, 40)) for _ in weights]
    total = data.draw(st.integers(0, sum(room)))
    got = dealt(total, weights, room=room)
    assert sum(got) == total
    assert all(0 <= one <= most for one, most in zip(got, room, strict=True))


def test_equal_remainders_go_by_the_order_that_is_given():
    assert dealt(2, [1, 1, 1]) == [1, 1, 0]
    assert dealt(2, [1, 1, 1], first=[2, 0, 1]) == [0, 1, 1]


def test_a_fraction_is_the_decimal_that_was_written():
    assert exact(0.8) + exact(0.1) + exact(0.1) == 1


def test_nothing_is_dealt_among_none():
    assert dealt(0, []) == []
    assert dealt(0, [0, 0]) == [0, 0]
