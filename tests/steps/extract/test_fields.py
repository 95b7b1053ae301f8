"""extract.fields: columns by templates, paths and types; and what does not fit is told."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.projects import Project, line, table
from tilth.errors import AskedWrong, DataRefused, RecipeError
from tilth.recipe.schema import json_schema
from tilth.record import JSON
from tilth.steps.clean.replace import Replace
from tilth.steps.extract.fields import Fields

REAL = Path(__file__).parents[4] / "shared" / "data" / "products" / "items_2023_22k.jsonl.gz"


def fields(rows, **said):
    return Fields.model_validate(said)(rows)


def json_column(values):
    written = [None if value is None else json.dumps(value) for value in values]
    return pa.field("", pa.large_string(), metadata=JSON), pa.array(written, pa.large_string())


def rows_of(**columns):
    """A table whose `details` and lists are json columns, as sources give them."""
    made = {name: json_column(values) if any(isinstance(one, list | dict) for one in values) else (None, values) for name, values in columns.items()}
    schema = [pa.field(name, array.type, metadata=JSON) if field else pa.field(name, pa.array(array).type) for name, (field, array) in made.items()]
    return pa.table([array for _, array in made.values()], schema=pa.schema(schema))


def test_the_design_s_example():
    rows = rows_of(title=["Lamp", "Cup"], description=[["Brass.", "Heavy."], None], price=["$1,299.00", "from $3"])
    made = fields(rows, text="{{ title }}\n{{ description | join(' ') }}", price={"from": "price", "type": "number"})
    assert made["text"].to_pylist() == ["Lamp\nBrass. Heavy.", "Cup\n"]
    assert made["price"].to_pylist() == [1299.0, None] and made["price"].type == pa.float64()
    assert made["misfits"].to_pylist() == [None, '{"price":"from $3"}']
    assert made.schema.field("misfits").metadata == JSON


def test_columns_are_made_of_the_row_as_it_came_in():
    made = fields({"a": ["1"], "b": ["2"]}, a="b", b="a")
    assert (made["a"], made["b"]) == (["2"], ["1"])


def test_a_path_leads_into_a_json_column_and_takes_its_name_too():
    rows = rows_of(details=[{"Brand": "B", "Item Weight": "2 lb", "a.b": 1}, {"Brand": None}, None])
    dotted = {"from": ["details", "a.b"], "type": "integer"}
    made = fields(rows, brand="details.Brand", weight="details.Item Weight", dotted=dotted, details="details.Brand")
    assert made["brand"].to_pylist() == ["B", None, None] == made["details"].to_pylist()
    assert made["weight"].to_pylist() == ["2 lb", None, None] and made["dotted"].to_pylist() == [1, None, None]
    assert made["misfits"].to_pylist() == [None, None, None]
    assert made.schema.field("details").metadata is None, "a text, and JSON no more"


def test_lists_are_joined_or_told():
    rows = rows_of(features=[["a", "b"], [], None])
    made = fields(rows, joined={"from": "features", "join": "; "}, bare="features")
    assert made["joined"].to_pylist() == ["a; b", "", None]
    assert made["bare"].to_pylist() == [None, None, None] and made["misfits"].to_pylist() == ['{"bare":["a","b"]}', '{"bare":[]}', None]


def test_a_template_that_fails_for_a_row_is_told():
    made = fields({"n": [2, 0]}, half="{{ 1 / n }}")
    assert made["half"] == ["0.5", None] and "template fails" in made["misfits"][1]


def test_what_a_template_writes_may_have_a_type():
    assert fields({"a": ["1"], "b": ["2"]}, n={"from": "{{ a }},{{ b }}00", "type": "number"})["n"] == [1200.0]


def test_a_second_step_adds_to_what_the_first_one_told():
    first = fields(rows_of(a=["x", "1"], b=["2", "y"]), a={"from": "a", "type": "number"})
    made = fields(first, b={"from": "b", "type": "number"})
    assert made["misfits"].to_pylist() == ['{"a":"x"}', '{"b":"y"}']
    with pytest.raises(AskedWrong, match="`misfits` is there already"):
        fields({"misfits": ["mine"], "a": ["1"]}, b="a")


def test_misfits_may_be_refused():
    with pytest.raises(DataRefused, match=r"`a` of the row \w{26} is no number: \"x\"") as error:
        fields({"a": ["1", "x"]}, a={"from": "a", "type": "number", "misfits": "refuse"})
    assert error.value.exit_code == 3 and "misfits is null" in error.value.remedy
    assert fields({"a": ["1", None, " "]}, a={"from": "a", "type": "number", "misfits": "refuse"})["a"] == [1.0, None, None]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "It makes no column"),
        ({"id": "a"}, "`id` cannot be made here"),
        ({"misfits": "a"}, "`misfits` cannot be made here"),
        ({"a": ""}, "neither a template nor a path"),
        ({"a": "b..c"}, "neither a template nor a path"),
        ({"a": {"type": "number"}}, "from"),
        ({"a": {"from": "b", "type": "price"}}, "number"),
        ({"a": {"from": "b", "cast": "number"}}, "Extra inputs"),
    ],
)
def test_what_cannot_be_made_is_refused(said, why):
    with pytest.raises(ValidationError, match=why):
        Fields.model_validate(said)


def test_what_is_no_template_is_told():
    with pytest.raises(AskedWrong, match="cannot be read"):
        Fields.model_validate({"a": "{{ b"})


@given(st.lists(st.one_of(st.none(), st.text(max_size=12), st.from_regex(r"[$]?[0-9]{1,3}(,[0-9]{3}){0,2}", fullmatch=True)), min_size=1, max_size=8))
def test_every_value_is_made_null_or_told_and_no_row_is_lost(values):
    made = fields({"price": pa.array(values, pa.large_string())}, number={"from": "price", "type": "number"})
    for value, number, told in zip(values, made["number"], made["misfits"], strict=True):
        nothing = value is None or not value.strip()
        assert (number is not None) + (told is not None) == (0 if nothing else 1)
        assert told is None or json.loads(told) == {"number": value}
    assert len(made["number"]) == len(values)


# In a recipe

RECIPE = """
name: fields
data:
  items:
    - source.files: {path: raw}
    - extract.fields: {text: "{{ title }}: {{ features | join(', ') }}", price: {from: price, type: number}, brand: details.Brand}
    - filter.where: misfits is null
"""


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    first = {"title": "Lamp", "features": ["brass", "tall"], "price": "$1,299.00", "details": {"Brand": "B"}}
    project.write("a.jsonl", [first, {"title": "Cup", "features": [], "price": "from $3", "details": None}])
    project.write_recipe(RECIPE)
    return project


def test_rows_with_misfits_are_dropped_by_a_filter_and_stand_in_the_books(project):
    run = project.run()
    made = table(run, "items")
    assert made["text"].to_pylist() == ["Lamp: brass, tall"] and made["price"].to_pylist() == [1299.0] and made["brand"].to_pylist() == ["B"]
    assert line(run, "items.filter.where")["dropped"] == 1 and made.schema.field("price").metadata is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("price={from: prize, type: number}", "column `prize`"),
        ("price={from: price, tpe: number}", "Did you mean `type`"),
        ("price={from: price, type: numbr}", "Did you mean `number`"),
        ("price=5", "price"),
    ],
)
def test_mistakes_are_told_at_their_address(project, change, why):
    with pytest.raises(RecipeError, match=why) as error:
        project.run([f"data.items.extract.fields.{change}"])
    assert "items.extract.fields" in str(error.value)


def test_settings_of_a_column_have_an_address(project):
    with pytest.raises(DataRefused, match="is no number"):
        project.run(["data.items.extract.fields.price.misfits=refuse"])


def test_editors_know_what_may_stand_there():
    told = json_schema()["$defs"]
    step = next(one for name, one in told.items() if name.endswith("Fields") and "additionalProperties" in one)
    assert {"$ref": "#/$defs/Column"} in step["additionalProperties"]["anyOf"]
    assert "misfit" in told["Column"]["properties"]["type"]["description"]


# Real products

NOISE = r"\b(?:[0-9]{6,}|(?:[A-Z]+[0-9]|[0-9]+[A-Z])(?:[A-Z0-9]|-[0-9]){3,})\b"


@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not here")
def test_details_of_real_products_that_do_not_parse_are_told_and_none_is_lost():
    with gzip.open(REAL, "rt", encoding="utf-8") as file:
        rows = [json.loads(one) for one in file]
    products = rows_of(**{name: [row[name] for row in rows] for name in ("title", "description", "features", "details", "details_raw", "price")})
    made = fields(products, brand="details.Brand", raw_brand="details_raw.Brand", text="{{ title }}\n{{ features | join('\n') }}")
    assert made.num_rows == len(rows) == 22_000
    told = [None if one is None else json.loads(one) for one in made["misfits"].to_pylist()]
    assert sum(one is not None for one in told) == 277
    assert all(one == {"raw_brand": row["details_raw"]} for one, row in zip(told, rows, strict=True) if one is not None)
    scrubbed = Replace(match=NOISE)(made.select(["text"]))["text"].to_pylist()
    before = made["text"].to_pylist()
    changed = [(one, other) for one, other in zip(before, scrubbed, strict=True) if one != other]
    assert len(changed) > 1000 and all(len(other) < len(one) for one, other in changed)
