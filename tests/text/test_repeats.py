"""Runs of characters and words that repeat, beside the same measures in plain Python."""

import math
import random
import unicodedata
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import TEXTS, unspaced
from tilth.text import MEASURES, repeats


def runs(pieces, length):
    return Counter(tuple(pieces[place : place + length]) for place in range(len(pieces) - length + 1))


def character_twin(text, length):
    counts = runs(text, length)
    most = min(math.isqrt(len(counts)), sum(count > 1 for count in counts.values()))
    return None if not text else sum(sorted(counts.values(), reverse=True)[:most]) / max(1, counts.total())


def lower(character):
    return character.lower()[0] if unicodedata.category(character)[0] in "LMN" else character


def words_of(text):
    special = "".join({one for one in text if unicodedata.category(one)[0] not in "LM"})
    stripped = ("".join(map(lower, word.strip(special))) for word in text.split())
    return [word for word in stripped if word]


def word_twin(text, length):
    if not text or unspaced(text):
        return None
    counts = runs(words_of(text), length)
    return sum(count for count in counts.values() if count > 1) / max(1, counts.total())


def measured(length, *texts):
    column = pa.array(texts, pa.large_string())
    of_characters = repeats.character_repetition(length, column)["character_repetition"].to_pylist()
    return of_characters, repeats.word_repetition(length, column)["word_repetition"].to_pylist()


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4), st.integers(1, 11))
@example(["abcabcabc" * 3, "ab " * 40, "a", "", "中文中文中文"], 2)
@example(["“The” the, THE. 12 the-cat 'the-cat' 3the4", "e\u0301! É"], 1)
def test_both_measures_are_those_of_plain_python(texts, length):
    of_characters, of_words = measured(length, *texts)
    assert of_characters == [character_twin(text, length) for text in texts]
    assert of_words == [word_twin(text, length) for text in texts]


def test_long_texts_whose_runs_are_sorted_are_measured_as_short_ones():
    chance = random.Random(4)
    text = "".join(chance.choices("abc ", k=repeats.LONG + 5000)) + "é"
    counts = Counter(text[place : place + 8] for place in range(len(text) - 7))
    most = sum(count for _, count in counts.most_common(math.isqrt(len(counts))))
    of_characters, _ = measured(8, text, "aaaaaaaaaaaa")
    assert of_characters == [most / counts.total(), 1]


def test_a_text_that_repeats_itself_is_told_from_one_that_does_not():
    prose = "It was the best of times, it was the worst of times, it was the age of wisdom."
    (once, often), (once_words, often_words) = measured(10, prose, f"{prose} " * 20)
    assert once < 0.3 < 0.9 < often_words and once_words == 0
    assert measured(10, "=" * 400)[0] == [1] and often < 0.3, "many equal runs of one text share the first places"


def test_a_missing_text_and_an_empty_one_are_not_judged_and_a_short_one_repeats_nothing():
    assert measured(10, None, "", "short") == ([None, None, 0], [None, None, 0])


def test_words_are_not_judged_in_a_script_without_spaces():
    _, of_words = measured(2, "这里没有空格" * 9, "no no no no")
    assert of_words == [None, 1]


@pytest.mark.parametrize("name", ["character_repetition", "word_repetition"])
def test_the_measures_are_those_that_the_table_explains(name):
    assert name in MEASURES


def test_a_text_of_two_million_characters_is_counted():
    (of_characters,), (of_words,) = measured(10, "the cat sat. " * 160_000)
    assert of_characters == pytest.approx(3 / 13, abs=1e-4) and of_words == 1
