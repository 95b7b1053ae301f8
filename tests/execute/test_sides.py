"""What can be compared: files of every kind, datasets of runs, and what is said of all else."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.projects import Project, some_rows, table
from tilth.errors import NotThere
from tilth.execute.sides import COLUMN, FILE, ID, Side, of_dataset, of_files


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("sides") / "project")
    made.write("a.jsonl", some_rows())
    made.run(shard_bytes=2000)
    return made


def read(side: Side) -> list[dict]:
    return [row for section in side.sections for rows, _ in section.read() for row in rows.to_pylist()]


def lines(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_a_file_is_read_as_often_as_it_is_asked_for(tmp_path):
    side = of_files(lines(tmp_path / "a.jsonl", [{"text": f"row {n}", "n": n} for n in range(50)]))
    assert side.rows == 50 and side.columns.names == ["origin", "text", "n"]
    assert [row["n"] for row in read(side)] == [row["n"] for row in read(side)] == list(range(50))


def test_without_a_column_text_there_is_none(tmp_path):
    assert of_files(lines(tmp_path / "a.jsonl", [{"n": 1}])).columns.names == ["origin", "n"]


def test_a_column_id_is_a_way_to_know_a_row(tmp_path):
    assert COLUMN in of_files(lines(tmp_path / "a.jsonl", [{"id": "x", "n": 1}])).known_by
    assert COLUMN not in of_files(lines(tmp_path / "b.jsonl", [{"n": 1}])).known_by


def test_where_each_file_is_one_row_its_name_is_a_way_to_know_it(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.md").write_text(f"# {name}")
    assert FILE in of_files(str(tmp_path)).known_by
    assert FILE not in of_files(lines(tmp_path / "rows.jsonl", [{"n": 1}, {"n": 2}])).known_by


def test_records_that_cannot_be_read_are_counted(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"n": 1}\n{"n":\n{"n": 3}\n')
    side = of_files(str(tmp_path / "a.jsonl"))
    assert sum(bad for section in side.sections for _, bad in section.read()) == 1


def test_records_are_numbered_from_the_beginning_of_their_file(tmp_path):
    rows = [{"text": f"{n} " + "word " * 20_000} for n in range(200)]
    side = of_files(lines(tmp_path / "a.jsonl", rows))
    assert len(side.sections) > 1
    assert [row["origin"]["record"] for row in read(side)] == list(range(1, 201))


def test_a_dataset_has_its_parts_and_tilths_ids(project):
    side = of_dataset(project.runs.find("small"), "docs")
    assert {section.part for section in side.sections} == {"train", "validation", "test"} and ID in side.known_by
    assert sorted(row["id"] for row in read(side)) == sorted(table(project.runs.find("small"), "docs")["id"].to_pylist())


def test_a_part_alone_is_that_part(project):
    run = project.runs.find("small")
    side = of_dataset(run, "docs.test")
    assert len({section.part for section in side.sections}) == 1 and side.rows == 5 == len(read(side))


def test_a_dataset_whose_files_are_gone_is_read_from_the_store(tmp_path):
    made = Project(tmp_path / "project")
    made.write("a.jsonl", some_rows())
    run = made.run()
    want = read(of_dataset(run, "docs.test"))
    for path in (run.folder / "data/docs").glob("*.parquet"):
        path.unlink()
    side = of_dataset(run, "docs.test")
    assert side.rows == len(want) and read(side) == want


def test_a_parquet_file_is_read_a_row_group_at_a_time(project):
    path = next((project.runs.find("small").folder / "data/docs").glob("train-*.parquet"))
    side = of_dataset(project.runs.find("small"), "docs.train")
    assert len(side.sections) == pq.read_metadata(path).num_row_groups


@pytest.mark.parametrize(("reference", "said"), [("dosc", "Did you mean `docs`?"), ("docs.tets", "Did you mean `test`?")])
def test_what_a_run_does_not_have_is_refused_with_what_it_has(project, reference, said):
    with pytest.raises(NotThere, match="has no") as error:
        of_dataset(project.runs.find("small"), reference)
    assert said in str(error.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(NotThere):
        of_files(str(tmp_path / "nothing.jsonl"))


def test_a_column_of_nulls_is_no_text(tmp_path):
    assert of_files(lines(tmp_path / "a.jsonl", [{"text": None, "n": 1}])).columns.names == ["origin", "n"]
    made = Project(tmp_path / "project")
    made.write_recipe('name: bare\ndata:\n  rows:\n    - source.files: {path: "raw/*.jsonl"}\n')
    made.write("a.jsonl", [{"n": number} for number in range(5)])
    run = made.run()
    assert "text" in table(run, "rows").column_names and "text" not in of_dataset(run, "rows").columns.names


def test_cells_are_parted_as_they_seem_to_be(tmp_path):
    (tmp_path / "a.csv").write_text("name;price\nspade;3\nrake;4\n")
    assert of_files(str(tmp_path / "a.csv")).columns.names == ["origin", "name", "price"]
