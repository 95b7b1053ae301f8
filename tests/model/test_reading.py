"""Rows read by the layout that they show; those that cannot be read are named."""

import pytest

from tests.tuned import dataset
from tilth.errors import DataRefused, NothingLeft
from tilth.model.formats import Conversation
from tilth.model.reading import Refused, layout_of, refuse, rows_of


def test_rows_are_read_by_the_layout_that_is_found(tmp_path):
    data = dataset(tmp_path, "d", [{"question": "a?", "answer": "b"}, {"question": "c?", "answer": "d"}])
    layout = layout_of(data, None)
    assert layout.format == "question"
    rows = list(rows_of(data, layout))
    assert [number for number, _, _ in rows] == [0, 1]
    assert all(isinstance(one, Conversation) for _, _, one in rows)
    assert [one.messages[-1]["content"] for _, _, one in rows] == ["b", "d"]


def test_rows_that_cannot_be_read_are_named_with_what_to_write(tmp_path):
    data = dataset(tmp_path, "d", [{"question": "a?", "answer": "b"}] + [{"question": f"{k}?", "answer": None} for k in range(7)])
    layout = layout_of(data, None)
    refused = [one for _, _, one in rows_of(data, layout) if isinstance(one, Refused)]
    with pytest.raises(DataRefused, match=r"7 of 8 rows of `d` cannot be read as `question`: row 2 .*`answer` is null.*and 2 more") as caught:
        refuse(refused, data, layout)
    assert "filter.where: trim(answer) <> ''" in str(caught.value)


def test_nothing_is_said_where_all_rows_can_be_read(tmp_path):
    data = dataset(tmp_path, "d", [{"question": "a?", "answer": "b"}])
    refuse([], data, layout_of(data, None))


def test_a_dataset_without_rows_is_said(tmp_path):
    data = dataset(tmp_path, "d", [{"question": "a?", "answer": "b"}])
    with pytest.raises(NothingLeft, match="has no rows"):
        layout_of(type(data)("d", data.files, "", 0), None)
