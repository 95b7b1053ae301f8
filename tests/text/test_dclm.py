"""DCLM's measures, beside the same ones in plain Python."""

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.peers import dclm_gopher, dclm_repetition
from tests.text.twins import TEXTS
from tilth.text import dclm


def measured(family, *texts):
    told = family(pa.array(texts, pa.large_string()))
    return [dict(zip(told, row, strict=True)) for row in zip(*(column.to_pylist() for column in told.values()), strict=True)]


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4))
@example(["THE the İ…\n● a\n* b\n - c . . .", "a\u00a0b\0c", "", "\n \n", "½ ² x"])
def test_the_measures_of_gopher_are_those_of_plain_python(texts):
    assert measured(dclm.gopher, *texts) == list(map(dclm_gopher, texts))


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=3))
@example(["a b a b cd cd", "", "a\n\na\n \na", "x " * 30, "don't 3.14 a_b"])
def test_the_measures_of_repetition_are_those_of_plain_python(texts):
    uniseg = pytest.importorskip("uniseg.wordbreak")
    words = [[word for word in uniseg.words(text) if word[0].isalnum()] for text in texts]
    assert measured(dclm.gopher_repetition, *texts) == list(map(dclm_repetition, texts, words))


def test_of_runs_as_frequent_the_longest_counts():
    pytest.importorskip("uniseg")
    (told,) = measured(dclm.gopher_repetition, "a b x a b y longer words z longer words")
    assert told["top_2_gram"] == 2 * len("longerwords") / len("abxabylongerwordszlongerwords")


def test_a_text_without_a_line_counts_as_repeated_and_one_line_does_not():
    pytest.importorskip("uniseg")
    blank, one, missing = measured(dclm.gopher_repetition, " \n\n", "one", None)
    assert blank["duplicate_lines"] == 1 and one["duplicate_lines"] == 0 and set(missing.values()) == {None}
