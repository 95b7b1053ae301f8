"""Words as numbers, beside the same in plain Python."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.twins import ANY_TEXT, DATA, FEW_TOKENS
from tests.text.wordwise import words
from tilth.text.kernel import kernel
from tilth.text.shingles import Hashes
from tilth.text.words import BEGIN, END, WEIGHT, letters, powers, read_words, run

TEXTS = ANY_TEXT | FEW_TOKENS


def read(text):
    """The prefix sums of a text, and for each word its bytes and weight."""
    count, sums, places = read_words(np.frombuffer(text.encode(), np.uint8), letters(), np.empty(4, np.uint64), np.empty((4, 3), np.int32))
    weights = np.diff(places[: count + 1, WEIGHT])
    return sums[: count + 1], [(int(place[BEGIN]), int(place[END]), int(weight)) for place, weight in zip(places[:count], weights, strict=True)]


@kernel
def keys(sums: Hashes, most: int, power: Hashes) -> Hashes:
    """The number of each run of at most so many words, by its first word and its length."""
    told = np.zeros(len(sums) * (most + 1), np.uint64)
    for begin in range(len(sums)):
        for size in range(1, min(most, len(sums) - 1 - begin) + 1):
            told[begin * (most + 1) + size] = run(sums, begin, begin + size, power)
    return told


def numbers(text, most):
    """The number of each run of at most so many words: a line for each first word."""
    return keys(read(text)[0].copy(), most, powers(most).copy()).reshape(-1, most + 1)


@settings(deadline=None)
@given(TEXTS)
@example("Don't, DON’T dont; 'quoted' rock'n'roll")
@example("中文abc中2 ไทย\u0e31 x\u200by a\u00adb 한국어 e\u0301\u0302 \u0301a")
@example("\0 a\0b İ ß ﬁ")
def test_words_stand_where_plain_python_finds_them(text):
    assert read(text)[1] == [one[1:] for one in words(text)]


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=2, max_size=4))
@example(["the cat sat", "sat the cat the cat sat", "CAT, sat!", ""])
def test_runs_have_the_same_number_if_their_words_are_the_same(texts):
    plain, hashed = {}, {}
    for text in texts:
        told, said = numbers(text, 6), [one[0] for one in words(text)]
        for begin in range(len(said)):
            for end in range(begin + 1, min(begin + 6, len(said)) + 1):
                number, run_of = int(told[begin, end - begin]), tuple(said[begin:end])
                assert plain.setdefault(number, run_of) == run_of and hashed.setdefault(run_of, number) == number


def test_what_a_run_is_does_not_depend_on_the_text_around_it():
    # A text is not Chinese or English: a question in one language is found in a page of the other.
    inside = "一二三四五 and so on"
    around = f"Many English words before it: {inside} … and behind"
    assert numbers(inside, 8)[0, 8] == numbers(around, 8)[5, 8] != 0


def test_a_letter_of_a_script_without_spaces_is_a_word_of_half_the_weight():
    assert [weight for _, _, weight in read("ไทย中文 word 12")[1]] == [1, 1, 1, 1, 1, 2, 2]


def test_texts_longer_than_the_room_given_are_read_whole():
    sums, told = read(" ".join(map(str, range(100_000))))
    assert len(told) == 100_000 and len(np.unique(sums)) == 100_001


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_bytes_that_are_no_text_do_no_harm(data):
    count, sums, places = read_words(np.frombuffer(data, np.uint8), letters(), np.empty(4, np.uint64), np.empty((4, 3), np.int32))
    assert 0 <= count <= len(data) and (places[:count, END] <= len(data)).all()


LANGUAGES = sorted((DATA / "languages").glob("*.txt"))


@pytest.mark.skipif(not LANGUAGES, reason="../shared/data is not here")
def test_every_language_has_the_words_of_plain_python():
    for file in LANGUAGES:
        text = file.read_text()
        assert read(text)[1] == [one[1:] for one in words(text)], file.name
