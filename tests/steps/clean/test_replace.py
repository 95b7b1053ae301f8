"""clean.replace: patterns, plain texts, and why a pattern is refused."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.steps.clean.replace import Replace


def clean(text, **settings):
    return Replace.model_validate(settings)({"text": [text]})["text"][0]


@pytest.mark.parametrize(
    ("settings", "text", "cleaned"),
    [
        ({"match": r"\b[A-Z0-9]{6,}\b"}, "model XJ90012 new", "model  new"),
        ({"match": r"(\w+)@(\w+)", "with": r"\2 at \1"}, "joe@home", "home at joe"),
        ({"match": "(?i)TEH", "with": "the"}, "Teh end", "the end"),
        ({"match": "^", "with": "> "}, "a\nb", "> a\nb"),
        ({"match": "(?m)^", "with": "> "}, "a\nb", "> a\n> b"),
        ({"match": r"\pL+", "with": "w"}, "né 中文 1", "w w 1"),
        ({"match": "a.c", "with": r"\1", "literal": True}, "a.c abc", r"\1 abc"),
        ({"match": "(", "literal": True}, "f(x", "fx"),
    ],
)
def test_every_match_is_written_anew(settings, text, cleaned):
    assert clean(text, **settings) == cleaned


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"match": "a(?=b)"}, r"`a\(\?=b\)` uses look-around, `\(\?=` at character 2, which RE2 does not have\. Match what stands around it"),
        ({"match": "(?<!a)b"}, r"look-around, `\(\?<!` at character 1"),
        ({"match": r"(a)\1"}, r"a reference back into the match, `\\1` at character 4"),
        ({"match": "a++"}, "possessive matching"),
        ({"match": "a[z-a]"}, "from `z-a` at character 3: invalid character class range"),
        ({"match": "x**"}, r"from `\*\*` at character 2: bad repetition operator"),
        ({"match": "(a"}, "missing \\).*set `literal: true`"),
        ({"match": "a)(b"}, "unexpected"),
        ({"match": "x", "with": r"\1"}, r"`with: \\1` does not fit `x`"),
        ({"match": ""}, "at least 1 character"),
    ],
)
def test_what_cannot_be_matched_is_refused_when_the_step_is_made(settings, said):
    with pytest.raises(ValidationError, match=said):
        Replace.model_validate(settings)


def test_with_has_one_name_in_recipes_and_one_in_python():
    assert Replace(match="a", with_="b") == Replace.model_validate({"match": "a", "with": "b"})
    assert Replace(match="a", with_="b").identity() == {
        "step": "clean.replace",
        "revision": 1,
        "match": "a",
        "with_": "b",
        "fields": ["text"],
        "literal": False,
    }


@given(st.lists(st.text() | st.none(), max_size=8), st.text(min_size=1, max_size=3), st.text(max_size=3))
def test_a_literal_is_what_python_replaces(values, match, by):
    table = pa.table({"text": pa.array(values, pa.large_string())})
    found = Replace(match=match, with_=by, literal=True)(table)["text"].to_pylist()
    assert found == [None if value is None else value.replace(match, by) for value in values]


def test_fields_and_paths_into_json():
    table = Replace(match="a", with_="b", fields=("title", "messages[].content"))({"title": ["a"], "messages": ['[{"content":"a"}]'], "text": ["a"]})
    assert table == {"title": ["b"], "messages": ['[{"content":"b"}]'], "text": ["a"]}
