"""What a split by a column knows of each row."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.record import Batch, ids_of_values
from tilth.steps.split._leaks import near_by
from tilth.steps.split._sketches import listed, named, sketched

VALUES = st.lists(st.tuples(st.sampled_from(["a", "b", "null", None]), st.sampled_from(["a", "b", None])), min_size=1, max_size=20)


def batch(**columns):
    count = len(next(iter(columns.values())))
    return Batch(pa.table({"id": pa.array(ids_of_values(range(count)), pa.binary(16)), **columns}))


@settings(deadline=None)
@given(VALUES)
def test_each_combination_of_values_has_a_name_of_its_own(values):
    one, other = zip(*values, strict=True)
    names = named(batch(one=pa.array(one, pa.string()), other=pa.array(other, pa.string())), ("one", "other")).to_pylist()
    assert [name is None for name in names] == [value == (None, None) for value in values]
    assert len(set(names)) == len(set(values))


def test_one_column_is_named_as_it_is_and_numbers_become_texts():
    assert named(batch(n=[3, None]), ("n",)).to_pylist() == ["3", None]
    assert listed("a") == ("a",) and listed(("a", "b")) == ("a", "b")


def test_content_is_the_named_columns_and_rows_without_any_are_apart():
    texts = pa.array(["same", "same", None, None], pa.large_string())
    columns, digests = sketched(batch(text=texts, other=[1, 2, 3, 4]), ("text",), None, None)
    assert list(columns) == ["id", "content"] and columns["content"].to_pylist() == digests
    assert digests[0] == digests[1] and len(set(digests)) == 3
    assert "band_00" in sketched(batch(text=texts), ("text",), near_by(0.8, ("text",)), None)[0]
