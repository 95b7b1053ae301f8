"""Columns as they were settled: counted from what the files tell of themselves, without reading them."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projects import Project
from tilth.execute.settled import counted
from tilth.store.runs import Run

RECIPE = """
name: settled
data:
  raw:
    - source.files: {path: "raw/*.jsonl", columns: {price: number, rank: integer}, bad_records: {at_most: 0.6}}
  docs:
    - from: raw
    - filter.where: n <> 1
"""
ROWS: list[dict[str, Any] | str] = [
    {"text": "one", "n": 1, "price": 1.5, "rank": 1, "tags": ["a"]},
    {"text": "two", "n": 2, "price": "2", "rank": 2},
    {"text": None, "n": 3, "price": "cheap", "rank": 3},
    {"text": "four", "n": 4.5, "price": "dear", "rank": 4, "tags": None},
    {"text": "five", "n": None, "price": None, "rank": 5.5},
    {"text": "six", "n": 6, "rank": 6, "sold": True},
    "{",
]


@pytest.fixture
def run(project: Project) -> Run:
    project.write_recipe(RECIPE)
    project.write("a.jsonl", ROWS[:4])
    project.write("b.jsonl", ROWS[4:])
    return project.run()


def columns(run: Run, dataset: str) -> dict[str, list[Any]]:
    return {one["column"]: [one[name] for name in ("type", "said", "filled", "rows", "misfits")] for one in run.facts()["types"][dataset]}


def test_types_values_and_misfits_are_those_of_the_rows_that_were_read(run: Run) -> None:
    assert columns(run, "raw") == {
        "text": ["string", False, 3, 3, 0],
        "n": ["float64", False, 3, 3, 0],
        "price": ["float64", True, 2, 3, 2],
        "rank": ["int64", True, 3, 3, 1],
        "tags": ["json", False, 1, 3, 0],
        "sold": ["bool", False, 1, 3, 0],
    }
    assert run.facts()["bad_total"] == 4


def test_a_dataset_of_another_tells_of_its_own_rows_and_of_what_was_said_before(run: Run) -> None:
    told = columns(run, "docs")
    assert told["price"] == ["float64", True, 1, 2, 0] and told["n"] == ["float64", False, 2, 2, 0]
    assert [values[3] for values in told.values()] == [2] * 6


def test_rows_that_were_let_go_are_not_counted(project: Project) -> None:
    recipe = "name: gone\nmachine: {keep_rows: false}\ndata:\n  docs:\n    - source.files: {path: raw/a.jsonl}\n"
    project.write_recipe(recipe)
    project.run()
    project.write_recipe(f"{recipe}  more:\n    - from: docs\n")
    told = project.run().facts()["types"]
    assert [one["column"] for one in told["docs"]] == ["text", "n", "kind"]


CELLS = st.lists(st.none() | st.integers(-5, 5), max_size=12)


@given(st.lists(st.tuples(CELLS, st.booleans()), min_size=1, max_size=4))
def test_values_are_counted_as_they_would_be_one_by_one(tmp_path_factory: pytest.TempPathFactory, tables: list[tuple[list[Any], bool]]) -> None:
    folder, files = tmp_path_factory.mktemp("files"), list[Path]()
    for number, (cells, there) in enumerate(tables):
        columns = {"a": pa.array(cells, pa.int64()), "none": pa.nulls(len(cells)), **({"b": pa.array(cells, pa.float64())} if there else {})}
        files.append(folder / f"{number}.parquet")
        pq.write_table(pa.table(columns), files[-1], row_group_size=5)
    rows, filled = counted(files)
    assert rows == sum(len(cells) for cells, _ in tables)
    assert filled.get("a", 0) == sum(cell is not None for cells, _ in tables for cell in cells)
    assert filled.get("b", 0) == sum(cell is not None for cells, there in tables for cell in cells if there)
    assert filled.get("none", 0) == 0


def test_a_file_that_tells_nothing_of_a_column_leaves_it_open(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, None], "b": [1, 2]}), tmp_path / "x.parquet", write_statistics=["a"])
    assert counted([tmp_path / "x.parquet"]) == (2, {"a": 1})
