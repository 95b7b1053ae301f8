"""Numbers that occur in several rows."""

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.text.recurring import prepare, recurring, windows

ROWS = st.lists(st.lists(st.integers(1, 6), max_size=6), max_size=8)


def flat(rows):
    numbers = np.array([number for row in rows for number in row], np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return numbers, np.array([place for place, row in enumerate(rows) for _ in row], np.uint32)


@settings(deadline=None)
@given(ROWS)
def test_each_number_is_counted_once_a_row(rows):
    holders = defaultdict(set)
    for place, row in enumerate(rows):
        for number in row:
            holders[number].add(place)
    every = [(number, place) for place, row in enumerate(rows) for number in row]
    several = [at for at, (number, _) in enumerate(every) if len(holders[number]) > 1]
    found = recurring(*flat(rows))
    assert found.places.tolist() == several
    assert found.rows.tolist() == [len(holders[every[at][0]]) for at in several]
    assert found.first.tolist() == [min(holders[every[at][0]]) for at in several]


@settings(deadline=None)
@given(ROWS, st.integers(1, 4))
def test_a_window_is_a_run_within_one_row_and_known_by_what_is_in_it_and_its_order(rows, length):
    numbers, owners = flat(rows)
    found, starts = windows(numbers, owners, length)
    runs = [tuple(row[at : at + length]) for row in rows for at in range(len(row) - length + 1)]
    begins = np.cumsum([0, *map(len, rows)])
    assert starts.tolist() == [begins[place] + at for place, row in enumerate(rows) for at in range(len(row) - length + 1)]
    assert [[one == other for other in found.tolist()] for one in found.tolist()] == [[one == other for other in runs] for one in runs]


def test_kernels_are_compiled_before_workers_start():
    prepare()
    assert recurring(*flat([[1], [1]])).rows.tolist() == [2, 2]
