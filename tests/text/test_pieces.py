"""Words, lines and paragraphs as spans, beside what Python's own methods find."""

import re

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import TEXTS
from tilth.text import pieces
from tilth.text.dialect_characters import ALPHANUMERIC, kinds


def texts_of(spans):
    every = [bytes(spans.data[start:stop]).decode() for start, stop in spans.bounds]
    return [every[first:last] for first, last in zip(spans.rows[:-1], spans.rows[1:], strict=True)]


def column(texts):
    return pa.array(texts, pa.large_string())


SOME = st.lists(TEXTS, max_size=4)


@settings(deadline=None)
@given(SOME)
@example(["a\u00a0b\x1cc\u2003d", "", "\n\n", "中文 é\n"])
def test_words_are_those_of_split(texts):
    assert texts_of(pieces.words(column(texts))) == [text.split() for text in texts]


@settings(deadline=None)
@given(SOME)
@example(["\n", "\n\n\n", "a\n\n\nb\n\n", "\r\n\r\n", ""])
def test_a_text_is_cut_as_split_and_as_a_regular_expression_cut_it(texts):
    wholes = pieces.wholes(column(texts))
    assert texts_of(pieces.cut(wholes)) == [text.split("\n") for text in texts]
    assert texts_of(pieces.cut(wholes, 2)) == [text.split("\n\n") for text in texts]
    assert texts_of(pieces.cut(wholes, greedy=True)) == [re.split("\n+", text) for text in texts]
    assert texts_of(pieces.cut(pieces.stripped(wholes), 2, greedy=True)) == [re.split("\n{2,}", text.strip()) for text in texts]


@settings(deadline=None)
@given(SOME)
def test_white_space_at_the_ends_is_that_of_strip(texts):
    lines = pieces.stripped(pieces.cut(pieces.wholes(column(texts))))
    assert texts_of(lines) == [[line.strip() for line in text.split("\n")] for text in texts]
    assert texts_of(pieces.filled(lines)) == [[line.strip() for line in text.split("\n") if line.strip()] for text in texts]


@settings(deadline=None)
@given(SOME)
def test_what_is_known_of_a_span_is_what_python_says_of_it(texts):
    found = pieces.described(pieces.words(column(texts)))
    words = [word for text in texts for word in text.split()]
    assert found.lengths.tolist() == list(map(len, words))
    assert found.first.tolist() == [ord(word[0]) for word in words]
    assert found.last.tolist() == [ord(word[-1]) for word in words]
    assert (found.seen & ALPHANUMERIC != 0).tolist() == [any(map(str.isalnum, word)) for word in words]
    assert len(set(found.hashes.tolist())) == len(set(words))


def test_capital_letters_fold_only_where_that_is_asked():
    words = pieces.words(column(["The the ÉTÉ été"]))
    assert len(set(pieces.described(words).hashes.tolist())) == 4
    folded = pieces.described(words, fold=True).hashes
    assert folded[0] == folded[1] == pieces.hash_of("the") and folded[2] != folded[3]


@settings(deadline=None)
@given(SOME)
@example(["READ MORE", "x read more..", "…", "..", "a..."])
def test_an_ending_is_found_in_any_case(texts):
    endings = ("...", "…", "read more", "read more..")
    spans = pieces.wholes(column(texts))
    lowered = ["".join(one.lower() if one.isascii() else one for one in text) for text in texts]
    assert pieces.ends_with(spans, endings).tolist() == [text.endswith(endings) for text in lowered]


def test_a_null_and_an_empty_column_have_no_words():
    assert pieces.words(column([None, "a b", None])).counts().tolist() == [0, 2, 0]
    assert pieces.words(column([])).counts().tolist() == []
    assert pieces.described(pieces.words(column([]))).lengths.tolist() == []


def test_a_part_of_a_column_is_cut_like_the_same_texts_alone():
    whole = column(["x y z", "a b", "c\nd"])
    assert texts_of(pieces.words(whole.slice(1))) == [["a", "b"], ["c", "d"]]
    assert texts_of(pieces.cut(pieces.wholes(whole.slice(2)))) == [["c", "d"]]


def test_the_table_of_kinds_has_every_code_point():
    assert len(kinds()) == 0x110000
