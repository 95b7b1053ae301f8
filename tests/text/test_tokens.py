"""Words and sentences as spaCy and uniseg find them."""

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import TEXTS
from tilth.text import tokens

english = pytest.importorskip("tilth.text.english", exc_type=ImportError)
uniseg = pytest.importorskip("uniseg.wordbreak")

ENGLISH = english.spacy.blank("en")
ENGLISH.add_pipe("sentencizer")
CLOSE = st.text(st.sampled_from("ab1_:.',;\"- \n\r\t\x0b\x85é\u0308\u200d👩🇩🇪中ア\u00adא\u2019\u2028\u00a0"), max_size=14)
"""Texts of characters between which words may or may not break."""


def texts_of(spans):
    every = [bytes(spans.data[start:stop]).decode() for start, stop in spans.bounds]
    return [every[first:last] for first, last in zip(spans.rows[:-1], spans.rows[1:], strict=True)]


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=3))
@example(["Don't stop, IS_ALPHA café (e.g. $3.50).\n\n  \u00a0x", ""])
def test_tokens_are_those_of_spacy_without_white_space(texts):
    expected = [[token.text.strip() for token in ENGLISH(text) if token.text.strip()] for text in texts]
    assert texts_of(tokens.spacy_tokens(pa.array(texts, pa.large_string()))) == expected


@settings(deadline=None)
@given(st.lists(TEXTS | CLOSE, max_size=3))
@example(["can't 3.14 3,14 a:b a.b. _x x_1 1_x a'1 1'2 e\u0301x 中文"])
def test_words_are_those_of_uniseg_that_begin_with_a_letter_or_a_digit(texts):
    expected = [[word for word in uniseg.words(text) if word[0].isalnum()] for text in texts]
    assert texts_of(tokens.uniseg_alphanumeric_words(pa.array(texts, pa.large_string()))) == expected


@settings(deadline=None)
@given(TEXTS)
@example("One. Two! Three? e.g. four")
def test_sentences_are_those_of_spacy_and_at_least_one(text):
    assert tokens.sentences(text) == max(1, len(list(ENGLISH(text).sents)))


def test_a_null_has_no_words_and_a_part_of_a_column_is_read_from_its_place():
    column = pa.array(["é one", None, "two words"], pa.large_string())
    assert texts_of(tokens.spacy_tokens(column.slice(1))) == [[], ["two", "words"]]
    assert texts_of(tokens.spacy_tokens(column)) == [["é", "one"], [], ["two", "words"]]


def test_what_the_words_depend_on_is_told_with_its_version():
    assert tokens.spacy_version() == f"spaCy {english.spacy.__version__}" and tokens.uniseg_version().startswith("uniseg ")
