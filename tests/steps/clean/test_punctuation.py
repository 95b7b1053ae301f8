"""clean.punctuation: long runs are cut."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.steps.clean.punctuation import Punctuation

RUNS = st.lists(st.tuples(st.sampled_from("!.#-_=a1😀\u0301。 \n|~"), st.integers(1, 8))).map(
    lambda runs: "".join(mark * times for mark, times in runs)
)


def clean(text, **settings):
    return Punctuation(**settings)({"text": [text]})["text"][0]


@pytest.mark.parametrize(
    ("settings", "text", "cleaned"),
    [
        ({}, "No!!!!! Why????", "No!!! Why???"),
        ({"longest": 1}, "No!!!!! -----", "No! -"),
        ({"longest": 1}, "well...... yes..", "well... yes.."),
        ({}, "Chapter 1 .......... 5", "Chapter 1 ... 5"),
        ({}, "！！！！ 。。。。 ————", "！！！ 。。。 ———"),
        ({}, "==== ~~~~ ____ $$$$ ```` ||||", "=== ~~~ ___ $$$ ``` |||"),
        ({}, "| a |\n|-------|\n\n-----", "| a |\n|---|\n\n---"),
        ({"longest": 5}, "!!!!!!!", "!!!!!"),
    ],
)
def test_runs_are_cut(settings, text, cleaned):
    assert clean(text, **settings) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "a--b",
        "i++; a === b",
        ">>> 1",
        "###### heading",
        "...",
        "```\ncode\n```",
        "?!?!?!?!",
        "aaaaaa",
        "1111111",
        "😂😂😂😂😂",
        "a\u0301\u0301\u0301\u0301",
    ],
)
def test_what_repeats_with_a_meaning_stays(text):
    assert clean(text) == text


@given(st.lists(RUNS | st.text() | st.none(), max_size=8), st.integers(1, 4))
def test_twice_is_once_and_nulls_stay_null(values, longest):
    step = Punctuation(longest=longest)
    once = step(pa.table({"text": pa.array(values, pa.large_string())}))
    assert step(once).equals(once)
    assert [value is None for value in once["text"].to_pylist()] == [value is None for value in values]


def test_a_run_has_at_least_one():
    with pytest.raises(ValidationError):
        Punctuation(longest=0)


def test_fields_and_paths_into_json():
    table = Punctuation(fields=("title", "messages[].content"))({"title": ["a!!!!"], "messages": ['[{"content":"b????"}]']})
    assert table == {"title": ["a!!!"], "messages": ['[{"content":"b???"}]']}
