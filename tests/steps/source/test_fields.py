"""Names, texts, mappings and templates."""

import pyarrow as pa
import pytest

from tilth.errors import AskedWrong, NotThere
from tilth.steps.source._fields import Fields
from tilth.steps.source._part import Found, Part
from tilth.steps.source._types import arrow_type


def walked(fields, types, columns, path=None):
    """Types settled, and the rows of one batch of a file with these columns."""
    settled = fields.settle(types)
    wanted = fields.wanted(settled)
    rows = len(next(iter(columns.values())))
    arrays = {name: pa.array(columns.get(name, [None] * rows), arrow_type(word)) for name, word in wanted.items()}
    origin = Part("x", "x").origin(range(1, rows + 1), range(rows))
    read = fields.finish(Found(origin, arrays), path or {}, settled)
    return settled, read.table.drop_columns(["origin"]).to_pylist(), read.bad


def test_the_text_is_a_column_that_moves():
    settled, rows, _ = walked(Fields(text="body"), {"n": "int64", "body": "string", "text": "string"}, {"n": [1], "body": ["b"], "text": ["t"]})
    assert settled == {"text": "string", "n": "int64", "original_text": "string"}
    assert rows == [{"text": "b", "n": 1, "original_text": "t"}]


def test_the_text_is_a_template():
    types = {"title": "string", "tags": "json", "text": "string"}
    columns = {"title": ["T", None], "tags": ['["a", "b"]', None], "text": ["old", None]}
    settled, rows, _ = walked(Fields(text="{{ title }}: {{ tags | join('+') }} {{ text }}"), types, columns)
    assert list(settled) == ["text", "title", "tags", "original_text"]
    assert [row["text"] for row in rows] == ["T: a+b old", ":  "]


def test_names_of_ours_are_kept_as_original():
    settled, rows, _ = walked(Fields(), {"id": "int64", "origin": "string"}, {"id": [1], "origin": ["o"]})
    assert rows == [{"original_id": 1, "original_origin": "o"}] and list(settled) == ["original_id", "original_origin"]


@pytest.mark.parametrize("names", [["original_id"], ["id", "original_id"], ["original_id", "id"], ["original_original_id", "id"]])
def test_no_column_is_lost_to_a_name(names):
    columns = {name: [name] for name in names}
    _, rows, _ = walked(Fields(), dict.fromkeys(names, "string"), columns)
    assert sorted(rows[0].values()) == sorted(names)
    assert names == ["original_original_id", "id"] or rows[0]["original_id"] in names


def test_mappings_copy_and_render():
    fields = Fields(mapping={"price": "cost", "label": "{{ where }}/{{ cost }}"}, declared={"price": "number"}, path=("where",))
    settled, rows, bad = walked(fields, {"cost": "string"}, {"cost": ["1.50", "much"]}, {"where": "here"})
    assert settled == {"cost": "string", "where": "string", "price": "float64", "label": "string"}
    assert rows == [{"cost": "1.50", "where": "here", "price": 1.5, "label": "here/1.50"}]
    assert [(one.record, one.reason) for one in bad] == [(2, "`price`: 'much' is not a number")]


def test_a_template_may_make_a_declared_type():
    _, rows, bad = walked(Fields(mapping={"n": "{{ a | trim }}"}, declared={"n": "integer"}), {"a": "string"}, {"a": [" 7", "x"]})
    assert [row["n"] for row in rows] == [7] and len(bad) == 1


def test_a_template_reaches_nothing_but_the_record():
    _, rows, bad = walked(Fields(mapping={"n": "{{ a.__class__.__mro__ }}"}), {"a": "string"}, {"a": ["x"]})
    assert rows == [] and "unsafe" in bad[0].reason


@pytest.mark.parametrize("kind", ["string", "json"])
def test_nul_is_found_raw_and_escaped(kind):
    values = ["fine", "x\0"] if kind == "string" else ['["\\\\u0000"]', '["\\u0000"]']
    _, rows, bad = walked(Fields(), {"a": kind}, {"a": values})
    assert [row["a"] for row in rows] == values[:1] and "NUL" in bad[0].reason


def test_an_id_that_would_be_taken_for_another_column_is_refused():
    with pytest.raises(AskedWrong, match="Say `mapping: {key: id}`"):
        Fields(key="id").settle({"id": "string", "original_id": "string"})


def test_ids():
    assert Fields(key="id").key_column() == "original_id"
    assert Fields(key="sku").key_column() == "sku"
    assert Fields(key="sku", text="sku").key_column() == "text"
    assert Fields().key_column() is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (Fields(text="boddy"), "no column `boddy`, which `text` names.*Did you mean `body`"),
        (Fields(text="{{ boddy }}"), "no column `boddy`"),
        (Fields(mapping={"x": "boddy"}), "no column `boddy`, which `x` names"),
        (Fields(declared={"boddy": "number"}), "no column `boddy`, which `columns` names"),
        (Fields(key="boddy"), "no column `boddy`, which `id` names"),
    ],
)
def test_a_column_that_is_not_there_is_told_with_the_nearest(fields, message):
    with pytest.raises(NotThere, match=message):
        fields.settle({"body": "string"})


def test_one_column_that_looks_like_several_is_told_with_the_setting_that_parts_them():
    with pytest.raises(NotThere) as error:
        Fields(text="body").settle({"id;body;n": "string"})
    assert error.value.remedy == 'Its cells seem to be parted by `;`: say `csv: {delimiter: ";"}`.'


def test_data_in_keys_is_refused():
    with pytest.raises(AskedWrong, match="2,001 different keys"):
        Fields().settle({str(number): "int64" for number in range(2001)})


def test_columns_that_were_never_filled_are_strings():
    assert Fields().settle({"a": "null", "b": "long", "text": "int64"}) == {"text": "string", "a": "string", "b": "int64"}
    assert Fields(text="nothing there").settle({}) == {}
