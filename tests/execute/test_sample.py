"""The first rows of anything."""

import gzip
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from tests.projects import Project, some_rows, table
from tilth.errors import AskedWrong, NotThere, UsageError
from tilth.execute.sample import nearest_first, of_dataset, of_dropped, of_files, of_frame


def test_a_file_is_read_as_the_source_reads_it(project: Project) -> None:
    found = of_files(str(project.folder / "raw" / "a.jsonl"))
    assert (found.whole, found.rows, found.table.num_rows) == (True, 50, 50)
    assert found.table["text"].to_pylist() == [row["text"] for row in some_rows()[:50]]
    origin = found.table["origin"][49].as_py()
    assert (origin["file"], origin["record"]) == ("a.jsonl", 50)
    last = (project.folder / "raw" / "a.jsonl").read_bytes()[origin["offset"] :]
    assert json.loads(last) == some_rows()[49]


@pytest.mark.parametrize("pattern", ["raw", "raw/*.jsonl", "{kind}/?.jsonl"])
def test_a_folder_and_patterns_too(project: Project, monkeypatch: pytest.MonkeyPatch, pattern: str) -> None:
    monkeypatch.chdir(project.folder)
    found = of_files(pattern)
    assert found.rows == 120 and (found.table.column_names.count("kind") == 1)


def test_columns_are_those_of_the_file_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("body,n\nOne,1\n")
    (tmp_path / "b.csv").write_text("")
    assert of_files(str(tmp_path / "a.csv")).table.column_names == ["origin", "body", "n"]
    assert of_files(str(tmp_path / "b.csv")).table.num_rows == 0


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_large_file_is_looked_at_in_pieces_that_lie_evenly_over_it(tmp_path: Path, name: str) -> None:
    with (gzip.open if name.endswith("gz") else open)(tmp_path / name, "wt") as file:
        file.writelines(json.dumps({"text": f"row {i}"}) + "\n" for i in range(50_000))
    found = of_files(str(tmp_path / name), 200_000)
    assert not found.whole and found.estimated and found.rows == pytest.approx(50_000, rel=0.05)
    assert 5000 < found.table.num_rows < 20_000 and found.how.startswith("16 pieces of")
    numbers = [int(text.removeprefix("row ")) for text in found.table["text"].to_pylist()]
    assert numbers == sorted(set(numbers)) and numbers[0] == 0 and numbers[-1] == 49_999


def test_of_a_row_from_the_middle_the_byte_is_known_and_the_number_is_not(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": f"row {i}"}) + "\n" for i in range(50_000)))
    last = of_files(str(tmp_path / "a.jsonl"), 200_000).table.to_pylist()[-1]
    assert last["origin"]["record"] is None
    assert json.loads((tmp_path / "a.jsonl").read_bytes()[last["origin"]["offset"] :]) == {"text": last["text"]}


def test_what_is_not_there_or_no_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotThere):
        of_files(str(tmp_path / "none.jsonl"))
    (tmp_path / "a.exe").write_bytes(b"MZ\x90\0\3\0\0\0")
    with pytest.raises(AskedWrong):
        of_files(str(tmp_path / "a.exe"))


def test_a_dataset_a_part_and_a_dataset_that_was_only_passed_through(project: Project) -> None:
    project.write_recipe((project.folder / "recipe.yaml").read_text() + "  more: [{from: docs.train}, {filter.where: n > 20}]\n")
    run = project.run(shard_bytes=1500)
    more = of_dataset(run, "more")
    assert more.table["id"].to_pylist() == table(run, "more")["id"].to_pylist() and more.whole
    parts = [set(of_dataset(run, f"docs.{part}").table["id"].to_pylist()) for part in ("train", "validation", "test")]
    every = of_dataset(run, "docs").table["id"].to_pylist()
    assert len(every) == sum(map(len, parts)) and set(every) == set.union(*parts)
    assert set(more.table["id"].to_pylist()) <= parts[0]


def test_of_a_large_dataset_it_is_said_how_many_rows_there_are(project: Project) -> None:
    run = project.run()
    found = of_dataset(run, "docs", 100)
    assert not found.whole or found.table.num_rows == found.rows
    assert found.rows == table(run, "docs").num_rows


def test_dropped_rows_carry_their_decision_in_the_order_of_the_source(project: Project) -> None:
    run = project.run(["docs.filter.length.characters.at_least=20"], shard_bytes=1500)
    found = of_dropped(run, "docs", "filter.length").table
    assert found.num_rows > 3
    origins = [(one["file"], one["record"]) for one in found["origin"].to_pylist()]
    assert origins == sorted(origins)
    for row in found.to_pylist():
        assert (row["rule"], row["limit"], row["value"]) == ("characters", 20.0, len(row["text"]))


def test_the_nearest_to_the_limit_come_first(project: Project) -> None:
    run = project.run(["docs.filter.length.characters.at_least=30"])
    values = nearest_first(of_dropped(run, "docs", "docs.filter.length")).table["value"].to_pylist()
    assert values == sorted(values, reverse=True) and len(set(values)) > 1
    with pytest.raises(UsageError, match="Add `--dropped STEP`"):
        nearest_first(of_dataset(run, "docs"))


@pytest.mark.parametrize("step", ["filter.lenght", "clean.whitespace", "docs.source.files"])
def test_only_a_step_that_drops_can_be_asked_for_what_it_dropped(project: Project, step: str) -> None:
    with pytest.raises(NotThere, match="Its steps: docs.filter.length, docs.filter.where, docs.dedup.exact, docs.split.random"):
        of_dropped(project.run(), "docs", step)


def test_a_column_of_the_users_own_named_as_ours_is_kept(project: Project) -> None:
    project.write("a.jsonl", [{**row, "value": "mine"} for row in some_rows()[:50]])
    found = of_dropped(project.run(), "docs", "dedup.exact").table
    assert {"value", "dropped_value"} <= set(found.column_names)


@pytest.mark.parametrize("make", [pa.table, pl.DataFrame, dict])
def test_a_table_of_any_kind(make: type) -> None:
    assert of_frame(make({"text": ["a"], "n": [1]})).table.column_names == ["id", "text", "n"]
