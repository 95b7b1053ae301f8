"""Finished datasets: files cut by content alone, columns that hold what came from everywhere."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projects import Project, result, some_rows, table
from tilth.errors import DataRefused
from tilth.execute import finals
from tilth.execute.finals import common_schema, conform
from tilth.record import JSON, TEXT
from tilth.store.runs import Run

UNION = """
name: union
data:
  one:
    - source.files: {path: raw/a.jsonl}
  two:
    - source.files: {path: raw/b.jsonl}
  both:
    - from: [one, two]
"""


def files(run: Run, dataset: str = "docs") -> list[list[str]]:
    """The texts of each file of a dataset."""
    return [pq.read_table(path)["text"].to_pylist() for path in sorted((run.folder / "data" / dataset).glob("*.parquet"))]


@pytest.fixture
def plain(project: Project) -> Project:
    project.write_recipe("name: plain\ndata:\n  docs:\n    - source.files: {path: raw}\n")
    return project


def test_a_file_is_closed_after_the_row_that_fills_it(plain: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finals, "FILE_BYTES", 400)
    found = files(plain.run())
    assert sum(found, []) == [row["text"] for row in some_rows()]
    assert len(found) > 5
    for texts in found:
        sizes = [len(text.encode()) for text in texts]
        assert sum(sizes[:-1]) < 400
    assert all(sum(len(text.encode()) for text in texts) >= 400 for texts in found[:-1])


@pytest.mark.parametrize(("shard_bytes", "batch_rows"), [(1 << 26, 4096), (300, 1), (999, 7)])
def test_where_files_are_cut_depends_on_content_alone(
    plain: Project, monkeypatch: pytest.MonkeyPatch, shard_bytes: int, batch_rows: int, another: Callable[[], Project]
) -> None:
    monkeypatch.setattr(finals, "FILE_BYTES", 400)
    other = another()
    other.write_recipe((plain.folder / "recipe.yaml").read_text())
    other.write("a.jsonl", some_rows()[:7])
    other.write("b.jsonl", some_rows()[7:])
    one, two = plain.run(), other.run(shard_bytes=shard_bytes, batch_rows=batch_rows)
    assert files(one) == files(two)


def test_how_files_are_cut_is_no_content_but_another_object(plain: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = plain.run()
    monkeypatch.setattr(finals, "FILE_BYTES", 400)
    cut = plain.run(sets=["name=cut"])
    assert len(files(whole)) == 1 < len(files(cut))
    assert result(whole)["content"] == result(cut)["content"]


def test_a_dataset_without_rows_is_one_file_with_its_columns(plain: Project) -> None:
    plain.write_recipe("name: none\ndata:\n  docs:\n    - source.files: {path: raw}\n    - filter.where: n < 0\n")
    run = plain.run()
    assert files(run) == [[]]
    assert table(run, "docs").column_names == ["id", "origin", "text", "n", "kind"]
    assert run.facts()["datasets"]["docs"]["rows"] == 0


def test_rows_of_several_datasets_share_columns_wide_enough_for_all(project: Project) -> None:
    project.write_recipe(UNION)
    project.write("a.jsonl", [{"text": "a", "n": 1, "meta": "hello", "x": True}, {"text": "b", "n": None, "meta": None, "x": None}])
    project.write("b.jsonl", [{"text": None, "n": 2.5, "meta": {"k": [1]}, "x": "yes", "only": 3}])
    both = table(project.run(), "both")
    assert both.drop_columns(["id", "origin"]).to_pydict() == {
        "text": ["a", "b", None],
        "n": [1.0, None, 2.5],
        "meta": ['"hello"', None, '{"k": [1]}'],
        "x": ["true", None, "yes"],
        "only": [None, None, 3],
    }
    assert both.schema.field("meta").metadata == JSON
    assert [json.loads(one) for one in both["meta"].to_pylist() if one is not None] == ["hello", {"k": [1]}]


TWO_SOURCES = """
name: union
data:
  both:
    - source.files: {path: raw/a.jsonl}
    - source.files: {path: raw/b.jsonl}
"""


@pytest.mark.parametrize("recipe", [UNION, TWO_SOURCES])
def test_a_long_integer_beside_fractions_is_refused_with_the_line_to_write(project: Project, recipe: str) -> None:
    project.write_recipe(recipe)
    project.write("a.jsonl", [{"text": "a", "n": 1}, {"text": "b", "n": 2**53 + 1}])
    project.write("b.jsonl", [{"text": "c", "n": 2.5}])
    with pytest.raises(DataRefused, match="The column `n` holds the integer 9007199254740993 here") as error:
        project.run()
    assert "`columns: {n: string}` keeps every digit" in error.value.remedy
    project.write_recipe(recipe.replace(".jsonl}", ".jsonl, columns: {n: string}}"))
    assert table(project.run(), "both")["n"].to_pylist() == ["1", "9007199254740993", "2.5"]


KINDS: dict[str, tuple[pa.Field, st.SearchStrategy[Any]]] = {
    "null": (pa.field("c", pa.null()), st.none()),
    "bool": (pa.field("c", pa.bool_()), st.none() | st.booleans()),
    "int64": (pa.field("c", pa.int64()), st.none() | st.integers(-(2**53), 2**53)),
    "float64": (pa.field("c", pa.float64()), st.none() | st.floats(allow_nan=False, allow_infinity=False)),
    "string": (pa.field("c", TEXT), st.none() | st.text(max_size=5)),
    "json": (pa.field("c", TEXT, metadata=JSON), st.none() | st.sampled_from(['{"a": 1}', "[1,2]", '"x"', "null"])),
}


@given(st.sampled_from(list(KINDS)), st.sampled_from(list(KINDS)), st.data())
def test_no_value_is_lost_when_a_column_is_widened(one: str, other: str, data: st.DataObject) -> None:
    (narrow, values), (beside, _) = KINDS[one], KINDS[other]
    column = data.draw(st.lists(values, max_size=5))
    wanted = common_schema([pa.schema([narrow]), pa.schema([beside])])
    assert wanted == common_schema([pa.schema([beside]), pa.schema([narrow])]), "the order does not matter"
    kind = max(one, other, key=list(KINDS).index)
    assert wanted.field("c") == KINDS[kind][0]
    found = conform(pa.table({"c": pa.array(column, narrow.type)}, schema=pa.schema([narrow])), wanted)["c"].to_pylist()
    if kind == one:
        assert found == column
    elif kind == "json":
        assert [None if value is None else msgspec.json.decode(value) for value in found] == column
    elif kind == "string":
        assert [None if value is None else float({"true": "1", "false": "0"}.get(value, value)) for value in found] == [
            None if value is None else float(value) for value in column
        ]
    else:
        assert found == column


def test_columns_come_in_the_order_in_which_they_were_first_seen() -> None:
    schemas = [pa.schema([("a", pa.int64()), ("b", TEXT)]), pa.schema([("c", TEXT), ("a", pa.float64())])]
    assert common_schema(schemas) == pa.schema([("a", pa.float64()), ("b", TEXT), ("c", TEXT)])


def test_the_books_hold_every_decision_and_every_bad_record_once(project: Project) -> None:
    project.write("c.jsonl", ["{broken", {"text": "a row that is kept for its length", "n": 1}])
    run = project.run(shard_bytes=500, sets=["docs.source.files.bad_records.at_most=0.5"])
    decided = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    steps = {one["step"]: one for one in result(run)["steps"]}
    for address, told in steps.items():
        assert sum(one["step"] == address and one["action"] == "dropped" for one in decided) == told["dropped"]
        assert len({one["id"] for one in decided if one["step"] == address and one["action"] == "edited"}) == told["edited"]
    assert pq.read_table(run.folder / "quarantine" / "docs.parquet").num_rows == steps["docs.source.files"]["quarantined"] == 1
