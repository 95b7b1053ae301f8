"""Groups in the order of their lots, and which of them fit."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.pairs import NOTHING
from tilth.steps.split._groups import filled, fitting, groups


def lots(values):
    return pa.array([value.to_bytes(16, "little") for value in values], pa.binary(16))


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=30), st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=8))
def test_groups_are_equal_lots_and_all_that_hang_together_by_pairs(values, pairs):
    pairs = [(one, other) for one, other in pairs if max(one, other) < len(values)]
    compared = replace(NOTHING, later=np.array([one for one, _ in pairs], np.int64), sooner=np.array([other for _, other in pairs], np.int64))
    group_of, sizes = groups(lots(values), compared)
    assert np.bincount(group_of, minlength=len(sizes)).tolist() == sizes.tolist() and sizes.sum() == len(values)
    for one, other in [*pairs, *((a, b) for a in range(len(values)) for b in range(a) if values[a] == values[b])]:
        assert group_of[one] == group_of[other]
    lowest = [min(value for value, group in zip(values, group_of, strict=True) if group == number) for number in range(len(sizes))]
    assert lowest == sorted(lowest), "groups are counted in the order of their lowest lots"


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), max_size=40), st.integers(0, 60))
def test_each_group_is_taken_in_its_turn_if_there_is_room(sizes, room):
    taken, left = [], room
    for number, size in enumerate(sizes):
        if size <= left:
            taken.append(number)
            left -= size
    assert sorted(fitting(np.array(sizes, np.int64), room).tolist()) == taken


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), max_size=40), st.integers(0, 20), st.integers(0, 20))
def test_parts_take_of_what_those_before_them_left(sizes, first, second):
    part = filled(np.array(sizes, np.int64), {"test": first, "train": second}, ("train", "test"))
    assert sum(size for size, one in zip(sizes, part, strict=True) if one == 1) <= first
    assert np.flatnonzero(part == 1).tolist() == sorted(fitting(np.array(sizes, np.int64), first).tolist())
    assert sum(size for size, one in zip(sizes, part, strict=True) if one == 0) <= second
