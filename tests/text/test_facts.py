"""Facts: which words are numbers, what they count, or names; and when two texts are told apart by them."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.text.facts import WORD, fact_keys, fact_sets, prepare, set_apart, shingles_among

WORDS = st.lists(st.sampled_from("a the 1 2 10,000 1.5 Rome Oslo rome V5 mm . , - \n 。 年 3年 ß É é".split(" ")), max_size=12).map(" ".join)


def exceed(one, other):
    """Whether the first has a fact that the other lacks, and the other way round."""
    values, counts = fact_sets(pa.array([one, other], pa.large_string()))
    begins = np.cumsum(counts) - counts
    told = []
    for pair in (1, 1 << 32):  # the first as the later row is pair (0, 1)
        similarity = np.ones(1)
        set_apart(np.array([pair], np.uint64), values, begins, counts, similarity, 1)
        told.append(bool(similarity[0] < 0))
    both = np.ones(1)
    set_apart(np.array([1], np.uint64), values, begins, counts, both, 2)
    assert bool(both[0] < 0) == any(told)
    return tuple(told)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("it was made in 1912 here", "it was made in 1913 here"),
        ("with 18V of power", "with 20V of power"),
        ("a length of 5 mm", "a length of 5 cm"),
        ("for three 6-inch pans", "for three 8-inch pans"),
        ("the model WA50 is", "the model WB50 is"),
        ("he lived in Rome then", "he lived in Oslo then"),
        ("Marie Curie was there", "Jane Curie was there"),
        ("she met Dr. Smith", "she met Dr. Jones"),
        ("and J. Smith went", "and J. Jones went"),
        ("он жил в Москве там", "он жил в Париже там"),
        ("生于1912年的人", "生于1913年的人"),
        ("买了3个", "买了3斤"),
        ("½ of it", "¼ of it"),
        ("1.5 of it", "5.1 of it"),
    ],
)
def test_other_facts_tell_texts_apart(one, other):
    assert exceed(one, other) == (True, True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("However it was", "Moreover it was"),
        ("it ended. Then he came", "it ended. Later he came"),
        ("a red ball", "a blue ball"),
        ("in ROME, Marie Curie", "in rome marie curie"),
        ("with 18V of power", "with 18 V of power"),
        ("a model WA-50 M", "a model wa50m"),
        ("costs 10,000 or 1,5", "costs 10000 or 1.5"),
        ("in １９１２ or ١٩", "in 1912 or 19"),
        ("in Rome and Oslo, 1 or 2", "in Oslo and Rome: 2 or 1"),
        ("in Rome", "Rome lies there in"),
        ("they left", "we left"),
        ("", ""),
    ],
)
def test_what_is_no_other_fact_does_not(one, other):
    assert exceed(one, other) == (False, False)


def test_a_text_that_tells_more_exceeds_the_one_that_tells_less():
    assert exceed("in Rome since 1912", "in Rome") == (True, False)
    assert exceed("a text", "a text of 12 May") == (False, True)


def test_the_mark_behind_a_number_ends_what_it_counts():
    assert exceed("it has 12, then more", "it has 12, also more") == (False, False)
    assert exceed("it has 12 legs", "it has 12 arms") == (True, True)


@settings(deadline=None)
@given(WORDS, WORDS)
def test_facts_are_told_apart_as_sets_are(one, other):
    values, counts = fact_sets(pa.array([one, other], pa.large_string()))
    first, second = values[: counts[0]].tolist(), values[counts[0] :].tolist()
    assert first == sorted(set(first)) and all(value >= int(WORD) for value in first)
    words = [{value | 1 for value in some} for some in (first, second)]
    facts = [{value for value in some if value & 1} for some in (first, second)]
    assert len(words[0]) == len(first), "a word stands in a set once, as a fact if it is one anywhere"
    assert exceed(one, other) == (bool(facts[0] - words[1]), bool(facts[1] - words[0]))
    keys = fact_keys(values, counts).tolist()
    assert (keys[0] == keys[1]) == (facts[0] == facts[1])


@settings(deadline=None)
@given(WORDS)
def test_a_text_never_exceeds_itself_in_other_case_or_with_other_spaces(text):
    assert exceed(text, text.replace(" ", "  ")) == (False, False)
    if "ß" not in text:
        assert exceed(text, text.lower()) == (False, False)


def test_words_lie_behind_the_shingles():
    values = np.array([1, 5, int(WORD) | 4, int(WORD) | 9, 2, int(WORD)], np.uint64)
    assert shingles_among(values, np.array([0, 4, 5]), np.array([4, 1, 1])).tolist() == [2, 1, 0]


def test_many_words_find_room_and_nulls_have_none():
    text = " ".join(f"w{number}" for number in range(3000))
    _, counts = fact_sets(pa.array([text, None, "a"]))
    assert counts.tolist() == [3001, 0, 1], "letters and digits are words by themselves"


def test_kernels_are_compiled_before_workers_start():
    prepare()
    assert exceed("1", "2") == (True, True)
