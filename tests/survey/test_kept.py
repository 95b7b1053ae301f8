"""The sample of rows that is kept."""

import pyarrow as pa

from tilth.survey.kept import ROW, Kept


def test_a_sample_is_bounded_and_in_the_order_of_the_rows() -> None:
    one = Kept(most=10)
    for begin in range(0, 100, 20):
        one.add(pa.table({"n": range(begin, begin + 20)}), begin)
        assert one.rows <= 40
    table = one.table()
    assert table.num_rows == 10 and table["n"].to_pylist() == sorted(table["n"].to_pylist()) == table[ROW].to_pylist()


def test_rows_of_two_samples_are_numbered_one_after_the_other() -> None:
    one, other = Kept(), Kept()
    one.add(pa.table({"n": [1, 2]}), 0)
    other.add(pa.table({"n": [3]}), 0)
    one.join(other, 2)
    assert one.table()[ROW].to_pylist() == [0, 1, 2]
    assert Kept().table().num_rows == 0
