"""dolma's measures, beside the same ones in plain Python."""

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.text.peers import dolma_gopher, dolma_repetition
from tests.text.twins import TEXTS
from tilth.text import dolma


def measured(family, texts):
    told = family(pa.array(texts, pa.large_string()))
    return [dict(zip(told, row, strict=True)) for row in zip(*(column.to_pylist() for column in told.values()), strict=True)]


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4))
@example(["", "\n", "# a…\n\n* b\n- c …\n - d…", "the The the\nthe"])
def test_the_measures_of_gopher_are_those_of_plain_python_and_no_text_is_given_zeros_for_an_error(texts):
    # dolma's tagger logs an exception and leaves every attribute at 0 (taggers/gopher.py).
    assert measured(dolma.gopher, texts) == list(map(dolma_gopher, texts))


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=4))
@example(["a b a b a b", "", "a\n\na\n", "x " * 30])
def test_the_measures_of_repetition_are_those_of_plain_python(texts):
    assert measured(dolma.gopher_repetition, texts) == list(map(dolma_repetition, texts))


def test_all_copies_of_a_line_count_and_not_only_the_later_ones():
    (told,) = measured(dolma.gopher_repetition, ["same\nsame\nother\nlast"])
    assert told["duplicate_lines"] == 0.5 and told["duplicate_line_characters"] == 8 / 17


def test_what_drops_a_page_of_c4_is_found_in_any_case():
    texts = ["{", "}", "Lorem Ipsum", "lorem  ipsum", "uses JavaScript.", "plain", None]
    found = measured(dolma.c4, texts)
    assert [row["curly_brackets"] for row in found] == [1, 0, 0, 0, 0, 0, None]
    assert [row["lorem_ipsum"] for row in found] == [0, 0, 1, 0, 0, 0, None]
    assert [row["javascript"] for row in found] == [0, 0, 0, 0, 1, 0, None]


def test_a_missing_text_is_not_measured():
    assert set(measured(dolma.gopher, [None])[0].values()) == {None}
    assert set(measured(dolma.gopher_repetition, [None])[0].values()) == {None}
