"""Rows are found again by their keys, as a plain search would."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tilth.execute.aligning import align, numbered

ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.integers(0, 1)), max_size=30)


def ids(keys):
    return np.frombuffer(b"".join(key.to_bytes(16, "little") for key in keys), "V16")


def cells(rows):
    return np.array([[row[1], row[2]] for row in rows], np.uint32).reshape(-1, 2)


@given(ROWS, ROWS)
def test_as_many_rows_are_the_same_or_changed_as_the_counts_allow(a, b):
    labels = numbered(ids([row[0] for row in a]), ids([row[0] for row in b]))
    found = align(labels, (cells(a), cells(b)))
    matched = (Counter(row[0] for row in a) & Counter(row[0] for row in b)).total()
    same = (Counter(a) & Counter(b)).total()
    assert int(found.same.sum()) == same and len(found.changed) == matched - same
    assert len(found.gone) == len(a) - matched and len(found.new) == len(b) - matched


@given(ROWS, ROWS)
def test_a_row_is_paired_once_and_with_a_row_of_its_key(a, b):
    labels = numbered(ids([row[0] for row in a]), ids([row[0] for row in b]))
    found = align(labels, (cells(a), cells(b)))
    pairs = [(row, int(other)) for row, other in enumerate(found.partner) if other >= 0]
    assert len({other for _, other in pairs}) == len(pairs)
    assert all(a[row][0] == b[other][0] and (a[row] == b[other]) == bool(found.same[row]) for row, other in pairs)
    assert sorted([*found.new.tolist(), *(other for _, other in pairs)]) == list(range(len(b)))


@given(st.lists(st.binary(min_size=16, max_size=16), max_size=20), st.lists(st.binary(min_size=16, max_size=16), max_size=20))
def test_keys_have_one_number_exactly_where_they_are_equal(a, b):
    left, right = numbered(np.frombuffer(b"".join(a), "V16"), np.frombuffer(b"".join(b), "V16"))
    every, labels = [*a, *b], [*left.tolist(), *right.tolist()]
    assert len(set(every)) == len(set(labels)) == len(set(zip(every, labels, strict=True)))


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(1)
    a = [(int(key), int(cell), 0) for key, cell in zip(rng.permutation(500), rng.integers(0, 3, 500), strict=True)]
    b = [a[place] for place in rng.permutation(500)]
    labels = numbered(ids([row[0] for row in a]), ids([row[0] for row in b]))
    found = align(labels, (cells(a), cells(b)))
    assert found.same.all() and not len(found.new)
