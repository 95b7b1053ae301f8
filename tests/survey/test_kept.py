"""The sample of rows that is kept."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.survey import kept
from tilth.survey.kept import ROW, Kept, priorities


def offered(one: Kept, table: pa.Table, first: int) -> None:
    one.add(table, first, priorities(table, first))


def numbered(begin: int, end: int) -> pa.Table:
    return pa.table({"n": range(begin, end)})


def test_a_sample_is_bounded_and_in_the_order_of_the_rows() -> None:
    one = Kept(most=10)
    for begin in range(0, 100, 20):
        offered(one, numbered(begin, begin + 20), begin)
        assert one.rows <= 40
    table = one.table()
    assert table.num_rows == 10 and table["n"].to_pylist() == sorted(table["n"].to_pylist()) == table[ROW].to_pylist()


def test_rows_of_two_samples_are_numbered_one_after_the_other() -> None:
    one, other = Kept(), Kept()
    offered(one, pa.table({"n": [1, 2]}), 0)
    offered(other, pa.table({"n": [3]}), 0)
    one.join(other, 2)
    assert one.table()[ROW].to_pylist() == [0, 1, 2]
    assert Kept().table().num_rows == 0


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.integers(1, 40))
def test_the_same_rows_are_kept_however_they_come_in_batches(batches: list[int], most: int) -> None:
    rows = sum(batches)
    whole, parts = Kept(most), Kept(most)
    offered(whole, numbered(0, rows), 0)
    begin = 0
    for size in batches:
        one = parts.following()
        offered(one, numbered(begin, begin + size), begin)
        one.prune()
        parts.join(one, 0)
        begin += size
    assert whole.table()["n"].to_pylist() == parts.table()["n"].to_pylist()


def test_long_rows_are_kept_up_to_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "BYTES", 20_000)
    table = pa.table({"text": pa.array(["x" * (n * 100) for n in range(100)], pa.large_string())})
    whole, parts = Kept(), Kept()
    offered(whole, table, 0)
    for begin in range(0, 100, 7):
        offered(parts, table.slice(begin, 7), begin)
    assert whole.table()["text"].to_pylist() == parts.table()["text"].to_pylist()
    assert 0 < whole.table()["text"].nbytes <= 20_000
