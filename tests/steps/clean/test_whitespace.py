"""clean.whitespace: one space between words, one newline between lines."""

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.steps.clean.whitespace import Whitespace

SPACY = st.text(alphabet=st.sampled_from(" \t\n\r\u00a0\u3000\u2028ab")) | st.text()


def clean(text, **settings):
    return Whitespace(**settings)({"text": [text]})["text"][0]


@pytest.mark.parametrize(
    ("settings", "text", "cleaned"),
    [
        ({}, "a  b\t\tc", "a b c"),
        ({}, "10\u00a0000\u202f€\u3000中", "10 000 € 中"),
        ({}, "a \n b  \n", "a\nb"),
        ({}, "a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ({}, "a\n\n\n\nb", "a\n\nb"),
        ({}, "a\n \t \n\n \nb", "a\n\nb"),
        ({"blank_lines": 0}, "a\n\nb", "a\nb"),
        ({"blank_lines": 2}, "a\n\n\n\n\nb", "a\n\n\nb"),
        ({}, " \n\t a \n ", "a"),
        ({}, " \n ", ""),
        ({"keep_indentation": True}, "\n\n    if  x:\t# why\n\t\treturn   1  \n \n\n\n", "    if x: # why\n\t\treturn 1"),
    ],
)
def test_spaces_lines_and_ends(settings, text, cleaned):
    assert clean(text, **settings) == cleaned


@given(st.lists(SPACY | st.none(), max_size=8), st.integers(0, 2), st.booleans())
def test_twice_is_once_and_nulls_stay_null(values, blank_lines, keep_indentation):
    step = Whitespace(blank_lines=blank_lines, keep_indentation=keep_indentation)
    once = step(pa.table({"text": pa.array(values, pa.large_string())}))
    assert step(once).equals(once)
    assert [value is None for value in once["text"].to_pylist()] == [value is None for value in values]


@given(SPACY, st.booleans())
def test_nothing_but_white_space_changes(text, keep_indentation):
    cleaned = clean(text, keep_indentation=keep_indentation)
    assert [char for char in cleaned if not char.isspace()] == [char for char in text if not char.isspace()]


@given(SPACY)
def test_what_the_docstring_promises_holds(text):
    cleaned = clean(text)
    assert "  " not in cleaned and " \n" not in cleaned and "\n " not in cleaned and "\n\n\n" not in cleaned
    assert cleaned.strip(" \n") == cleaned


@given(st.lists(SPACY, min_size=2, max_size=8), st.integers(1, 7))
def test_the_cut_into_batches_does_not_matter(values, rows):
    table = pa.table({"text": pa.array(values, pa.large_string())})
    pieces = [Whitespace()(table.slice(start, rows)) for start in range(0, len(values), rows)]
    assert pa.concat_tables(pieces)["text"].to_pylist() == Whitespace()(table)["text"].to_pylist()


def test_several_fields_of_a_pandas_frame():
    frame = Whitespace(fields=("text", "title"))(pd.DataFrame({"text": ["a  b"], "title": [" c "], "other": [" d "]}))
    assert frame.to_dict("list") == {"text": ["a b"], "title": ["c"], "other": [" d "]}


def test_chat_messages_are_cleaned_inside():
    table = Whitespace(fields=("messages[].content",))({"messages": ['[{"role":"user","content":" hi  there "}]']})
    assert table["messages"] == ['[{"role":"user","content":"hi there"}]']
