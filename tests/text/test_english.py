"""English tokens and sentences by spaCy, which test_tokens.py and test_datatrove.py compare with its own."""

import pytest

english = pytest.importorskip("tilth.text.english", exc_type=ImportError)


def test_a_contraction_is_two_tokens_and_white_space_is_none():
    text = "Don't \n  stop."
    assert [text[start:stop] for start, stop in english.tokens(text)] == ["Do", "n't", "stop", "."]
    assert english.tokens("").shape == (0, 2)


def test_an_empty_text_is_one_sentence_as_datatrove_counts():
    assert [english.sentences(text) for text in ("", "No end", "One. Two.")] == [1, 1, 2]
