"""Rows with labels become examples; the labels are those of the data that is learned from."""

import pytest

from tests.tuned import work
from tilth.errors import AskedWrong, DataRefused
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.classification import Label
from tilth.model.labelling import Labelling
from tilth.model.load import Tokenizer
from tilth.model.tuning import Room

ROWS = [{"text": f"the {word}", "label": label} for word, label in (("cat", "b"), ("hen", "a"), ("axe", "b"), ("saw", "b"))]


@pytest.fixture
def room(tmp_path):
    here = work(tmp_path, {"rows": ROWS, "held": ROWS[:1], "long": [*ROWS, {"text": "the " * 20, "label": "c"}]}, {})
    return here, Room(Tokenizer(tiny_tokenizer(tmp_path / "words")), 16, tmp_path / "scratch", here)


def test_labels_are_numbered_as_they_are_sorted_and_held_out_rows_have_the_same(room):
    here, place = room
    subject = Labelling(None, ("refuse", "right", None))
    taught, held = (subject.prepare(here.datasets[name], place) for name in ("rows", "held"))
    assert subject.labels() == ("a", "b")
    assert taught.material.batch([0, 1, 2, 3])["target"].tolist() == [1, 0, 1, 1]
    assert held.material.batch([0])["target"].tolist() == [1]
    assert taught.facts["rows_by_label"] == {"a": 1, "b": 3} and held.facts["rows_by_label"] == {"a": 0, "b": 1}


def test_balanced_weights_are_those_of_the_rows(room):
    here, place = room
    for weights, wanted in ((None, Label()), ("balanced", Label((2.0, 4 / 6)))):
        subject = Labelling(None, ("refuse", "right", None), weights)
        assert subject.objective(None, subject.prepare(here.datasets["rows"], place), 1) == wanted


def test_a_label_whose_rows_were_all_dropped_cannot_be_balanced(room):
    here, place = room
    subject = Labelling(None, ("drop", "right", None), "balanced")
    with pytest.raises(AskedWrong, match="No row that fits has the label 'c'"):
        subject.objective(None, subject.prepare(here.datasets["long"], place), 1)


def test_of_a_long_text_the_side_that_is_asked_for_is_kept(room):
    here, place = room
    with pytest.raises(DataRefused, match="1 of 5 rows is longer than 16 tokens"):
        Labelling(None, ("refuse", "right", None)).prepare(here.datasets["long"], place)
    made = Labelling(None, ("truncate_context", "right", None)).prepare(here.datasets["long"], place)
    text = place.tokenizer.decode(made.material.examples[4].ids)
    assert "the the".startswith(text[:7]) and len(made.material.examples[4].ids) <= 16
