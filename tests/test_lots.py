"""Lots: even, and of nothing but the seed, the place and the content."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.lots import by_lot, chances, content, halves, lots, places
from tilth.record import Batch, ids_of_values

DIGESTS = [hashlib.blake2b(str(number).encode(), digest_size=16).digest() for number in range(4000)]


def test_a_lot_depends_on_the_digest_the_seed_and_the_place_alone():
    one = lots(DIGESTS, 7, "docs.split.random").to_pylist()
    assert lots(DIGESTS[::-1], 7, "docs.split.random").to_pylist() == one[::-1]
    assert lots(DIGESTS, 8, "docs.split.random").to_pylist() != one
    assert lots(DIGESTS, 7, "other.split.random").to_pylist() != one
    key = hashlib.blake2b(b"7\0docs.split.random", digest_size=16).digest()
    assert one[0] == hashlib.blake2b(DIGESTS[0], digest_size=16, key=key).digest()


def test_chances_are_even_and_never_0_or_1():
    found = chances(lots(DIGESTS, 0, ""))
    assert 0 < found.min() and found.max() < 1
    assert np.histogram(found, bins=10, range=(0, 1))[0] == pytest.approx(400, abs=80)
    edges = chances(pa.array([bytes(16), b"\xff" * 16], pa.binary(16)))
    assert 0 < edges[0] < 1e-15 and 1 - 1e-15 < edges[1] < 1


def test_rows_of_one_lot_stand_in_the_order_of_their_ids():
    ids = pa.array(ids_of_values(range(6)), pa.binary(16))
    same = pa.array([bytes(16)] * 6, pa.binary(16))
    assert by_lot(same, ids).tolist() == np.lexsort(halves(ids)[::-1]).tolist()
    kinds = np.array([1, 0, 1, 0, 1, 0])
    assert kinds[by_lot(same, ids, kinds)].tolist() == [0, 0, 0, 1, 1, 1]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 3)), max_size=30))
def test_the_order_is_that_of_all_keys_at_once(rows):
    ids = pa.array([(1 << 64 | number).to_bytes(16, "little") for *_, number in rows], pa.binary(16))
    column = pa.array([(low << 64 | high).to_bytes(16, "little") for _, high, low, _ in rows], pa.binary(16))
    order = by_lot(column, ids, np.array([kind for kind, *_ in rows], np.int64))
    assert [rows[row] for row in order] == sorted(rows) and sorted(order.tolist()) == list(range(len(rows)))


def test_a_row_that_holds_nothing_is_known_by_its_id():
    table = pa.table({"id": pa.array(ids_of_values(range(4)), pa.binary(16)), "text": pa.array(["a", None, "a", None], pa.large_string())})
    found = content(Batch(table), ["text"])
    assert found[0] == found[2] and len(set(found)) == 3
    again = content(Batch(table.append_column("note", pa.array(["x", None, "x", "y"]))), ["text", "note"])
    assert again[0] == again[2] and len(set(again)) == 3


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), max_size=40), st.randoms())
def test_places_count_each_kind_from_zero_in_the_order_given(kinds, chance):
    kind = np.array(kinds, np.int64)
    order = np.array(sorted(range(len(kinds)), key=lambda row: (kinds[row], chance.random())), np.int64)
    found = places(kind, order)
    for one in set(kinds):
        mine = [row for row in order if kinds[row] == one]
        assert found[mine].tolist() == list(range(len(mine)))
