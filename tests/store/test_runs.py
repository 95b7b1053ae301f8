"""Runs: whole or not there, named by people, pointing back to their store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tilth.errors import NotThere
from tilth.store.runs import Run, Runs, link


def make(runs: Runs, name: str) -> Run:
    folder = runs.begin(name)
    (folder / "record.json").write_text(json.dumps({"store": "../../../.tilth"}))
    return runs.finish(folder, runs.number(name))


def test_runs_are_numbered_and_latest_points_to_the_newest(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")
    first, second = make(runs, "docs"), make(runs, "docs")
    assert (first.number, second.number) == (1, 2)
    assert (runs.root / "docs" / "latest").resolve() == second.folder
    assert [run.folder for run in runs.all()] == [first.folder, second.folder]


def test_what_a_killed_process_left_is_removed_and_never_counted(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")
    half = runs.begin("docs")
    (half / "record.json").write_text("{}")
    assert runs.latest("docs") is None
    make(runs, "docs")
    newest = make(runs, "docs")
    (half.parent / ".latest-1234").symlink_to("2")
    (half.parent / "latest").unlink()
    (half.parent / "latest").symlink_to("1")
    runs.settle("docs")
    assert sorted(path.name for path in half.parent.iterdir()) == ["1", "2", "latest"]
    assert (half.parent / "latest").resolve() == newest.folder.resolve()


@pytest.mark.parametrize(("said", "number"), [("docs", 2), ("docs/1", 1), ("docs/latest", 2), (None, 2)])
def test_people_find_a_run_by_name_and_number(tmp_path: Path, said: str | None, number: int) -> None:
    runs = Runs(tmp_path / "runs")
    make(runs, "docs"), make(runs, "docs")
    assert runs.find(said).number == number


def test_a_run_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    runs = Runs(tmp_path / "runs")
    with pytest.raises(NotThere, match="There is no run yet"):
        runs.find(None)
    make(runs, "docs")
    with pytest.raises(NotThere, match="Runs: docs/1"):
        runs.find("dogs")


def test_a_run_finds_its_store_when_both_are_moved(tmp_path: Path) -> None:
    run = make(Runs(tmp_path / "one" / "runs"), "docs")
    (tmp_path / "one").rename(tmp_path / "two")
    moved = Run(tmp_path / "two" / run.folder.relative_to(tmp_path / "one"))
    assert moved.store().root == tmp_path / "two" / ".tilth"


def test_a_linked_file_costs_nothing_and_is_read_only(tmp_path: Path) -> None:
    (tmp_path / "object").write_text("rows")
    link(tmp_path / "object", tmp_path / "run" / "data" / "rows")
    assert (tmp_path / "run" / "data" / "rows").stat().st_ino == (tmp_path / "object").stat().st_ino
    assert (tmp_path / "object").stat().st_mode & 0o777 == 0o444
