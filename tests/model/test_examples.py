import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.model.examples import Example, Examples, known, write


def example(row, learned, answers=(), **extra):
    return Example(row, np.arange(len(learned), dtype=np.int32), np.array(learned, bool), tuple(answers), extra)


@given(st.lists(st.lists(st.booleans(), max_size=9), max_size=6))
def test_what_is_written_is_read(tmp_path_factory, masks):
    folder = tmp_path_factory.mktemp("examples")
    wanted = [example(3 * number, mask, [(0, len(mask))] * (number % 3), label=number / 2) for number, mask in enumerate(masks)]
    found = write(folder, wanted, {"of": 1}, ["label"])
    assert [one.row for one in found] == [one.row for one in wanted]
    assert [one.ids.tolist() for one in found] == [one.ids.tolist() for one in wanted]
    assert [one.learned.tolist() for one in found] == masks
    assert [one.answers for one in found] == [one.answers for one in wanted]
    assert [one.extra for one in found] == [dict(one.extra) for one in wanted]
    assert found.lengths.tolist() == [len(mask) for mask in masks]
    assert found.learned_counts.tolist() == [sum(mask) for mask in masks]


def test_examples_of_something_else_are_not_taken(tmp_path):
    write(tmp_path, [example(0, [True])], {"content": "a"})
    assert known(tmp_path, {"content": "b"}) is None
    assert isinstance(known(tmp_path, {"content": "a"}), Examples)


def test_half_written_examples_are_not_there(tmp_path):
    def broken():
        yield example(0, [True])
        raise OSError("the disk is full")

    write(tmp_path, [example(0, [True])], {"content": "a"})
    with pytest.raises(OSError, match="full"):
        write(tmp_path, broken(), {"content": "a"})
    assert known(tmp_path, {"content": "a"}) is None
