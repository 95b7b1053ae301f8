"""What kernels see of a column of texts, and what columns are made of what they counted."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.errors import AskedWrong
from tilth.text.buffers import counted, present, share, spans, valued_spans

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.none(), max_size=8)


def read(column):
    data, offsets = spans(column)
    return [data[start:stop].tobytes().decode() for start, stop in zip(offsets[:-1], offsets[1:], strict=True)]


@settings(deadline=None)
@given(TEXTS, st.integers(0, 8), st.integers(0, 8))
def test_spans_are_the_texts_of_any_slice(texts, start, length):
    column = pa.array(texts, pa.large_string()).slice(start, length)
    assert read(column) == [text or "" for text in column.to_pylist()]


def test_other_kinds_of_column_are_read_as_their_text():
    assert read(pa.array(["a", "é"], pa.string())) == ["a", "é"]
    assert read(pa.array([1, 20])) == ["1", "20"]
    assert read(pa.array(["a", "b", "a"]).dictionary_encode()) == ["a", "b", "a"]
    assert read(pa.nulls(2)) == ["", ""]


def test_a_list_is_no_text():
    with pytest.raises(AskedWrong, match="column of list<"):
        spans(pa.array([["a"]]))


def test_what_lies_beneath_a_null_may_be_left_out():
    hidden = pa.array(["hidden", "b"], pa.large_string())
    column = pa.LargeStringArray.from_buffers(2, hidden.buffers()[1], hidden.buffers()[2], pa.py_buffer(b"\x02"))
    data, offsets = valued_spans(column)
    assert [data[begin:end].tobytes() for begin, end in zip(offsets, offsets[1:], strict=False)] == [b"", b"b"]
    assert [len(part) for part in valued_spans(pa.nulls(2))] == [0, 3]


def test_an_odd_address_is_copied_to_an_even_one():
    shifted = pa.py_buffer(b"x" + np.array([0, 1, 3], np.int64).tobytes()).slice(1)
    column = pa.LargeStringArray.from_buffers(2, shifted, pa.py_buffer(b"abc"))
    assert spans(column)[1].flags.aligned
    assert read(column) == ["a", "bc"]


def test_what_is_not_judged_is_null_and_so_is_a_share_of_nothing():
    judged = np.array([True, True, False])
    assert counted(np.array([0, 2, 4]), judged).to_pylist() == [0, 2, None]
    assert share(np.array([0, 1, 1]), np.array([0, 4, 4]), judged).to_pylist() == [None, 0.25, None]
    assert present(pa.array(["", None])).tolist() == [True, False]
