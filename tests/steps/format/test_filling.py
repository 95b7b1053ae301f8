"""Templates over a row: values as they stand, nulls that are not filled in, JSON as what it holds."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tilth.errors import AskedWrong
from tilth.frames import to_batch
from tilth.model.formats import RowRefused
from tilth.record import ID, JSON, TEXT, Batch
from tilth.steps.format._filling import Filled, filled, rows_of, texts_of


@given(st.text())
def test_a_value_stands_in_the_text_as_it_is(text):
    assert filled("<{{ text }}>\n", {"text": text}, "prompt") == f"<{text}>\n"


@pytest.mark.parametrize(
    ("source", "row", "why"),
    [
        ("${{ price }}.00", {"price": None}, "`price` is null"),
        ("${{ price | round | int }}", {"price": None}, "`price` is null"),
        ("{{ a }}{{ b }}", {"a": None, "b": None}, "`a` and `b` are null"),
        ("{{ details.brand }}", {"details": {}}, "the template of `prompt` would have a value that is missing"),
        ("{{ 1 / price }}", {"price": 0}, "the template of `prompt` fails (ZeroDivisionError)"),
        ("{{ text.__class__.__mro__ }}", {"text": "a"}, "the template of `prompt` fails (SecurityError)"),
    ],
)
def test_nothing_is_made_of_what_is_missing_or_fails(source, row, why):
    with pytest.raises(RowRefused) as error:
        filled(source, row, "prompt")
    assert str(error.value) == why


def test_what_may_be_missing_is_asked_about():
    source = "{% if brand %}{{ brand }}: {% endif %}{{ text }}{{ more or '' }}"
    assert filled(source, {"brand": None, "text": "a", "more": None}, "prompt") == "a"
    assert filled(source, {"brand": "B", "text": "a", "more": "!"}, "prompt") == "B: a!"


def test_each_column_says_for_itself_what_is_refused():
    made = texts_of(to_batch(pa.table({"a": ["x", None], "b": ["y", "z"]})), {"one": "{{ a }}", "other": "{{ b }}", "both": "{{ a }}{{ b }}"})
    assert {name: array.to_pylist() for name, array in made.items()} == {
        "one": ["x", None],
        "other": ["y", "z"],
        "both": ["xy", None],
        "refused": [None, "`a` is null"],
    }


def test_a_json_column_is_the_list_or_mapping_that_it_holds():
    fields = [pa.field("id", ID), pa.field("parts", TEXT, metadata=JSON), pa.field("text", TEXT)]
    rows = pa.table([pa.array([b"0" * 16] * 2, ID), pa.array([json.dumps(["a", "b"]), None], TEXT), pa.array(["[1]", "c"], TEXT)], pa.schema(fields))
    assert rows_of(Batch(rows), ("parts", "text")) == [{"parts": ["a", "b"], "text": "[1]"}, {"parts": None, "text": "c"}]
    assert rows_of(Batch(rows), ()) == [{}, {}]
    assert texts_of(Batch(rows), {"joined": "{{ parts | join(' ') }}"})["joined"].to_pylist() == ["a b", None]


def test_a_text_that_names_no_column_or_is_no_template_is_refused():
    with pytest.raises(ValidationError, match="names no column"):
        TypeAdapter(Filled).validate_python("the same for all")
    with pytest.raises(AskedWrong, match="cannot be read"):
        TypeAdapter(Filled).validate_python("{{ text")
