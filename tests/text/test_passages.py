"""The index of passages: what is looked for, and what is not."""

import numpy as np
import pyarrow as pa
import pytest

from tilth.text.passages import Passages, passages


def index(*items, words=8):
    """The index of questions and answers."""
    pieces = [piece for item in items for piece in item]
    return passages(pa.array(pieces, pa.large_string()), np.arange(len(pieces)), len(items), words)


LONG = "one two three four five six seven eight nine ten"


def test_long_pieces_give_every_run_and_short_ones_themselves():
    told = index((LONG, ""), ("a question of six words, yes", ""))
    assert told.grams == 3 + 1 and told.short.tolist() == [0, 0, 0, 6]
    assert told.owner_units.tolist() == [0, 0, 0, 2] and told.owner_hefts.tolist() == [16, 16, 16, 12]


def test_what_is_too_short_is_not_looked_for():
    told = index(("too few words here", "yes"), ("", None), ("just five words in this", "no"))
    assert told.judged.tolist() == [False, False, False, False, True, False]


def test_a_run_of_several_items_is_counted_once_for_each_different_one():
    told = index((LONG, ""), (LONG, "x y"), (f"{LONG} eleven", ""))
    assert told.gram_items.tolist() == [2, 2, 2, 1], "the same question twice is one item"


@pytest.mark.parametrize(
    ("answer", "known"), [("yes", 0), ("No.", 0), ("4", 0), ("Paris", 1), ("It is", 2), ("", 0), (None, 0), ("大", 0), ("大阪", 2)]
)
def test_short_answers_that_say_nothing_are_not_looked_for(answer, known):
    assert index((LONG, answer)).answer_words.tolist() == [known]


def test_an_answer_that_another_question_has_too_is_not_looked_for():
    other = "a quite different question that has more words"
    assert index((LONG, "entailment"), (other, "Entailment!")).answer_words.tolist() == [0, 0]
    assert index((LONG, "entailment"), (LONG, "entailment")).answer_words.tolist() == [1, 1], "the same item twice"


def test_pieces_of_a_question_stand_one_behind_the_other():
    told = passages(pa.array([LONG, "five more words of input"], pa.large_string()), np.array([0, 0]), 1, 8)
    assert told.owner_firsts.tolist() == [0, 2, 4, 20] and told.judged.tolist() == [True, False]


def test_an_index_comes_back_from_its_folder_as_it_was(tmp_path):
    told = index((LONG, "Paris"), ("a question of six words, yes", LONG))
    told.save(tmp_path)
    again = Passages.load(tmp_path)
    for name, array in vars(told).items():
        assert np.array_equal(array, getattr(again, name)), name


def test_an_index_is_written_in_the_same_bytes(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        index((LONG, "Paris")).save(tmp_path / name)
    assert all(file.read_bytes() == (tmp_path / "b" / file.name).read_bytes() for file in (tmp_path / "a").iterdir())
