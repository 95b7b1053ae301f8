"""The items of evaluation sets: their columns, and what is read of them."""

import pyarrow as pa
import pytest

from tilth.errors import AskedWrong, NothingLeft
from tilth.frames import given
from tilth.steps.dedup._items import Sets, read_items


def read(folder, question=None, answer=None, **sets):
    work, _ = given(folder / "step", {name: pa.table(columns) for name, columns in sets.items()}, {})
    return read_items(work, tuple(sets), question, answer)


COLUMNS = [
    (("question", "answer"), ("question",), ("answer",)),
    (("instruction", "category", "input", "output"), ("instruction", "input"), ("output",)),
    (("prompt", "chosen", "rejected"), ("prompt",), ("chosen",)),
    (("chosen", "rejected"), ("chosen",), ()),
    (("problem", "level", "solution"), ("problem",), ("solution",)),
    (("text", "answer"), ("text",), ()),
]


@pytest.mark.parametrize(("there", "question", "answer"), COLUMNS)
def test_the_usual_columns_are_found(tmp_path, there, question, answer):
    items = read(tmp_path, s={name: [f"{name} of it"] for name in there})
    assert items.sets.columns == ({"question": question, "answer": answer},)
    assert items.pieces.to_pylist() == [f"{name} of it" for name in (*question, *answer)]


def test_items_follow_each_other_with_their_pieces_side_by_side(tmp_path):
    items = read(tmp_path, a={"instruction": ["i0", "i1"], "input": ["n0", None], "output": ["o0", "o1"]}, b={"question": ["q"], "answer": [4]})
    assert items.pieces.to_pylist() == ["i0", "n0", "o0", "i1", None, "o1", "q", "4"]
    assert items.units.tolist() == [0, 0, 1, 2, 2, 3, 4, 5]
    assert items.sets.sizes == (2, 1) and items.sets.of(items.units // 2).tolist() == [0, 0, 0, 0, 0, 0, 1, 1]


def test_columns_that_are_said_are_read_and_others_are_named(tmp_path):
    assert read(tmp_path, ("q",), ("a",), s={"q": ["one"], "a": ["two"], "text": ["x"]}).pieces.to_pylist() == ["one", "two"]
    with pytest.raises(AskedWrong, match=r"has no column `answr`.*q, a"):
        read(tmp_path / "other", ("q",), ("answr",), s={"q": ["one"], "a": ["two"]})


def test_a_set_whose_question_is_not_known_is_refused_with_its_columns(tmp_path):
    with pytest.raises(AskedWrong, match=r"`mmlu` are the question is not known.*stem, choices.*`question: \[COLUMN\]`"):
        read(tmp_path, mmlu={"stem": ["one"], "choices": ["two"]})


def test_an_empty_set_is_refused(tmp_path):
    # Held against nothing, every row would pass for clean.
    with pytest.raises(NothingLeft, match="`s` has no rows"):
        read(tmp_path, s={"text": pa.array([], pa.large_string())})


def test_sets_come_back_from_their_folder_as_they_were(tmp_path):
    sets = read(tmp_path, s={"text": ["a", "b"]}).sets
    sets.save(tmp_path)
    again = Sets.load(tmp_path)
    assert (again.names, again.sizes, list(again.columns[0]["question"])) == (("s",), (2,), ["text"]) and (again.ids == sets.ids).all()


def test_a_set_whose_questions_are_all_empty_is_refused_for_it_would_find_nothing(tmp_path):
    with pytest.raises(NothingLeft, match="No row of `s` has anything in `text`.*Say which columns"):
        read(tmp_path, s={"text": pa.array([None, None], pa.string()), "age": [39, 50]})
