"""Runs of words that come again, beside the same counts in plain Python."""

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.peers import DUPLICATE, TOP, first_most_common, grams, greedy, second, size, union
from tests.text.twins import TEXTS
from tilth.text import pieces, runs


def counted(text, *, joined=False):
    return runs.runs(pieces.described(pieces.words(pa.array([text], pa.large_string()))), joined=joined)[0]


def told(text, length, *columns, joined=False):
    found = counted(text, joined=joined)
    return tuple(int(found[runs.place(length, column)]) for column in columns)


@settings(deadline=None)
@given(TEXTS)
@example("a b c a b c a b c d e f g h i j a b c d e f g h i j")
@example("x " * 40)
def test_every_count_is_that_of_plain_python(text):
    words = text.split()
    for length in TOP:
        some = grams(words, length)
        run, count = first_most_common(some) if some else ((), 0)
        longest = max((size(one) for one in some if some.count(one) == count), default=0)
        where = some.index(run) if some else -1
        assert told(text, length, runs.OFTEN, runs.WHERE, runs.SIZE, runs.LONGEST) == (count, where, size(run), longest)
    for length in DUPLICATE:
        some = grams(words, length)
        repeated = sum(size(run) for run in some if some.count(run) > 1)
        found = told(text, length, runs.UNION, runs.REPEATED, runs.TOTAL, runs.SECOND)
        assert found == (union(words, length), repeated, sum(map(size, some)), second(words, length))
        assert told(text, length, runs.GREEDY, joined=True) == (greedy(words, length),)


def test_two_runs_of_the_same_characters_are_the_same_only_if_they_are_joined():
    text = "ab c d e f x y z w v a bc d e f"
    assert told(text, 5, runs.GREEDY) == (0,)
    assert told(text, 5, runs.GREEDY, joined=True) == (6,)


def test_rows_do_not_touch_each_other():
    texts = ["a b a b", None, "", "one two three", "a b a b"]
    found = runs.runs(pieces.described(pieces.words(pa.array(texts, pa.large_string()))))
    assert [row.tolist() for row in found] == [counted(text or "").tolist() for text in texts]


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4), st.integers(2, 4))
def test_a_run_is_found_in_the_text_as_often_as_plain_python_counts_it(texts, length):
    column = pa.array(texts, pa.large_string())
    words = pieces.words(column)
    wheres = np.where(words.counts() >= length, 0, -1)
    found = runs.occurrences(words, pieces.wholes(column), wheres, length)
    expected = [text.count(" ".join(text.split()[:length])) if len(text.split()) >= length else 0 for text in texts]
    assert found.tolist() == expected
