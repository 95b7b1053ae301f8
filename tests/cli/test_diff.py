"""The verb: every way to ask it, and every way to ask it wrongly."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Tilth
from tests.projects import Project


def lines(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def two(tmp_path: Path) -> Path:
    lines(tmp_path / "a.jsonl", [{"id": n, "text": f"the soil of row {n}", "price": n} for n in range(40)])
    lines(tmp_path / "b.jsonl", [{"id": n, "text": f"the earth of row {n}" if n == 9 else f"the soil of row {n}", "price": n} for n in range(3, 43)])
    return tmp_path


def test_two_files_are_compared_row_by_row(two, tilth: Tilth):
    said = tilth(two, "diff", "a.jsonl", "b.jsonl")
    assert said.code == 0
    assert "36 same, 1 changed, 3 new, 3 gone" in said.out and "column `id`" in said.out
    assert "the [-soil-]{+earth+} of row 9" in said.out and "b.jsonl:7" in said.out
    assert "comparing a.jsonl with b.jsonl" in said.err


def test_as_json_it_is_one_object_with_everything(two, tilth: Tilth):
    said = tilth(two, "diff", "a.jsonl", "b.jsonl", "--json", "--quiet")
    told = json.loads(said.out)
    (data,) = told["data"]
    assert said.err == "" and told["runs"] is None
    assert [data[name] for name in ("same", "changed", "new", "gone")] == [36, 1, 3, 3]
    assert data["changed_columns"] == {"text": 1} and len(data["examples"]["new"]) == 3
    assert {"kolmogorov_smirnov", "total_variation"} >= {one["statistic"] for one in data["shifts"]} and data["shifts"]


def test_a_file_is_equal_to_itself(two, tilth: Tilth):
    said = tilth(two, "diff", "a.jsonl", "a.jsonl")
    assert said.code == 0 and "40 same, 0 changed, 0 new, 0 gone" in said.out and "none moved by more than noise" in said.out


def test_folders_and_patterns_are_rows_too(two, tilth: Tilth):
    assert "80 rows → 40 rows" in tilth(two, "diff", "*.jsonl", "a.jsonl").out


def test_a_dataset_equal_by_content_is_not_read(done: Project, tilth: Tilth):
    said = tilth(done.folder, "diff", "small/1:docs", "small:docs")
    assert said.code == 0 and "Equal" in said.out and "comparing" not in said.err


def test_a_dataset_is_compared_with_a_file_of_it(done: Project, tilth: Tilth):
    said = tilth(done.folder, "diff", "small/1:docs.train", "runs/small/1/data/docs/train-*.parquet", "--json")
    (data,) = json.loads(said.out)["data"]
    assert data["changed"] == data["new"] == data["gone"] == 0 < data["same"]


def test_parts_of_a_dataset_share_no_row(done: Project, tilth: Tilth):
    (data,) = json.loads(tilth(done.folder, "diff", "small:docs.train", "small:docs.test", "--json").out)["data"]
    assert data["same"] == data["changed"] == 0


def test_two_runs_are_compared_with_all_that_they_hold(project: Project, tilth: Tilth):
    project.run(sets=["docs.filter.length.characters.at_least=30"])
    said = tilth(project.folder, "diff", "small/1", "small/2")
    assert said.code == 0
    assert "docs.filter.length.characters.at_least  12 → 30" in said.out
    assert "dropped" in said.out and "small/1:docs → small/2:docs" in said.out and "the ids that Tilth gave them" in said.out
    told = json.loads(tilth(project.folder, "diff", "runs/small/1", "runs/small/latest", "--json").out)
    assert told["runs"]["recipe"][0]["address"] == "docs.filter.length.characters.at_least"
    assert told["data"][0]["gone"] > 0 == told["data"][0]["new"]


def test_a_run_and_itself_say_so_without_reading(done: Project, tilth: Tilth):
    said = tilth(done.folder, "diff", "small/1", "small")
    assert "The recipes ask for the same." in said.out and "equal: the same content" in said.out and said.err == ""


def test_what_rows_hold_is_shown_harmlessly(done: Project, tilth: Tilth, tmp_path: Path):
    evil = lines(tmp_path / "evil.jsonl", [{"id": 1, "text": "\x1b[31mred \u202eback", "k\u202e": "\x07"}])
    other = lines(tmp_path / "other.jsonl", [{"id": 1, "text": "\x1b[32mred \u202eback", "k\u202e": "\x08"}, {"id": 2, "text": "\x1b]0;x\x07"}])
    said = tilth(done.folder, "diff", str(evil), str(other))
    assert said.code == 0 and not set("\x1b\x07\x08\u202e") & set(said.out)


@pytest.mark.parametrize(
    ("a", "b", "code", "said"),
    [
        ("nothing.jsonl", "raw/a.jsonl", 2, "nothing.jsonl"),
        ("smal", "small", 2, "Did you mean `small`?"),
        ("small:dosc", "small:docs", 2, "Did you mean `docs`?"),
        ("small", "raw/a.jsonl", 2, "small/1:docs"),
        ("raw/a.jsonl", "small/1", 2, "is a run"),
        ("small:docs.tets", "small:docs", 2, "Did you mean `test`?"),
    ],
)
def test_what_cannot_be_compared_is_exit_2_and_says_what_can(done: Project, tilth: Tilth, a: str, b: str, code: int, said: str):
    found = tilth(done.folder, "diff", a, b)
    assert found.code == code and said in found.err and "Traceback" not in found.err


def test_rows_without_a_common_column_are_exit_2(tmp_path: Path, tilth: Tilth):
    lines(tmp_path / "a.jsonl", [{"x": 1}])
    lines(tmp_path / "b.jsonl", [{"y": 1}])
    found = tilth(tmp_path, "diff", "a.jsonl", "b.jsonl")
    assert found.code == 2 and "no column in common" in found.err
