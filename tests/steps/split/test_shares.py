"""How many rows each part of a split is to have; `split.random` is tested with all of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import NothingLeft
from tilth.steps.split._shares import asked, check_filled, check_groups_fit, check_possible, counted, is_rest_train, parts_of, shortfalls, wanted


def test_parts_are_drawn_from_the_test_on_and_named_from_train_on():
    shares = asked(test=3, validation=None, train=0.5)
    assert list(shares) == ["test", "train"]
    assert parts_of(shares) == ("train", "test") and parts_of(asked(0.1, 5, None)) == ("train", "validation", "test")


@given(st.lists(st.integers(1, 20), min_size=3, max_size=3), st.integers(0, 300))
def test_fractions_that_make_up_the_whole_take_every_row(parts, rows):
    sizes = [round(part / sum(parts), 3) for part in parts[:2]]
    shares = asked(*sizes, round(1 - sum(sizes), 3))
    check_possible(shares)
    assert sum(wanted(shares, rows).values()) == rows


@pytest.mark.parametrize(("shares", "said"), [({}, "Nothing is drawn"), ({"test": 0.6, "train": 0.5}, "`test`, `train` add up to 1.1")])
def test_nothing_and_more_than_everything_are_refused(shares, said):
    with pytest.raises(ValueError, match=said):
        check_possible(shares)


def test_more_rows_than_there_are_are_refused_with_the_numbers():
    with pytest.raises(NothingLeft, match=r"9 rows are asked for \(test 4, validation 5\), and 8 came"):
        wanted(asked(4, 5, None), 8)


def test_rows_that_fitted_nowhere_are_train_where_every_row_was_asked_for():
    assert is_rest_train({"test": 3}, {"test": 3}, 10)
    assert is_rest_train({"test": 3, "train": 7}, {"test": 3, "train": 7}, 10)
    assert not is_rest_train({"test": 3, "train": 6}, {"test": 3, "train": 6}, 10)


def test_a_part_without_rows_is_refused_unless_none_were_asked_for():
    part = np.array([0, 0, -1], np.int16)
    got = counted(part, ("train", "test"))
    assert got == {"train": 2, "test": 0} and shortfalls({"test": 1}, got) == {"test": 1}
    check_filled(got, {"test": 0}, 3, {})
    with pytest.raises(NothingLeft, match="`test` is to have 0.1 of 3 rows, and that leaves it none. Because"):
        check_filled(got, {"test": 0.1}, 3, {"test": " Because."})


def test_a_group_that_no_part_can_hold_is_refused():
    check_groups_fit(5, {"test": 2}, 7, "are one", "Mend it.")
    with pytest.raises(NothingLeft, match="6 of 7 rows are one, and the largest part is to have 5.*Mend it"):
        check_groups_fit(6, {"test": 2}, 7, "are one", "Mend it.")
