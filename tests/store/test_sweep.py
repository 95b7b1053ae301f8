"""Sweeping: runs keep what they reach, and everything that the same run needs to do nothing again."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project, result, some_rows
from tilth.errors import StoreDamaged
from tilth.store.objects import Store
from tilth.store.runs import Runs
from tilth.store.sweep import RESTS, homes, remove, survey

LONGER = ["docs.filter.length.characters.at_least=30"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("a.jsonl", some_rows())
    return made


def swept(project: Project) -> int:
    with project.store.held():
        found = survey(project.store, project.runs)
        remove(found)
    return len(found.objects)


def test_after_sweeping_the_same_run_does_nothing_again(project: Project) -> None:
    first = project.run()
    second = project.run(LONGER)
    assert swept(project) == 0
    shutil.rmtree(second.folder)
    assert swept(project) > 0
    (first.folder / "record.json").write_text((first.folder / "record.json").read_text().replace('"identity"', '"was"'))
    again = project.run()
    assert again.number == 2
    assert all(line["from_store"] for line in result(again)["steps"])
    assert result(again)["content"] == result(first)["content"]


def test_even_without_the_raw_rows_a_changed_limit_is_decided_after_sweeping(project: Project) -> None:
    project.run()
    swept(project)
    fresh = result(project.run(LONGER))["content"]
    other = Project(project.folder.parent / f"{project.folder.name}-fresh")
    other.write("a.jsonl", some_rows())
    assert result(other.run(LONGER))["content"] == fresh


def test_files_in_the_folders_of_runs_stay(project: Project) -> None:
    run = project.run()
    kept = {path: path.read_bytes() for path in run.folder.rglob("*.parquet")}
    (run.folder / "record.json").rename(run.folder / "record.txt")
    assert swept(project) > 5
    assert kept and {path: path.read_bytes() for path in run.folder.rglob("*.parquet")} == kept


def test_runs_elsewhere_on_the_same_store_are_spared(project: Project, tmp_path: Path) -> None:
    project.runs = Runs(tmp_path / "far" / "runs")
    project.run()
    assert [one.root for one in homes(project.store, Runs(tmp_path / "runs"))] == [tmp_path / "far" / "runs", tmp_path / "runs"]
    with project.store.held():
        assert not survey(project.store, Runs(tmp_path / "runs"))
        shutil.rmtree(tmp_path / "far")
        found = survey(project.store, Runs(tmp_path / "runs"))
    assert found.objects and found.gone == [tmp_path / "far" / "runs"]


def test_a_record_that_cannot_be_read_stops_it(project: Project) -> None:
    run = project.run()
    (run.folder / "record.json").write_text("{")
    with pytest.raises(StoreDamaged, match="cannot be read"), project.store.held():
        survey(project.store, project.runs)


def test_what_a_killed_process_left_goes_but_a_young_training_rests(project: Project) -> None:
    project.run()
    half, young, old = project.store.work("half"), project.store.scratch("young"), project.store.scratch("old")
    (old / "weights").write_text("w" * 1000)
    for path in (old, *old.rglob("*")):
        os.utime(path, (time.time() - RESTS - 60,) * 2)
    with project.store.held():
        found = survey(project.store, project.runs)
        remove(found)
    assert set(found.work) == {half, old} and found.resting == [young]
    assert found.bytes >= 1000
    assert young.is_dir() and not half.exists() and not old.exists()


@pytest.mark.parametrize("damage", [lambda key: key.write_text("{"), lambda key: key.write_text('{"content": "00aa", "seconds": 0}')])
def test_keys_that_point_to_nothing_go(project: Project, damage: Callable[[Path], object]) -> None:
    project.run()
    key = next((project.store.root / "keys").glob("*/*"))
    damage(key)
    assert swept(project) == 0
    assert not key.exists()


def test_objects_of_a_run_that_was_stopped_are_told_apart(project: Project) -> None:
    project.run()
    made = Store(project.store.root)
    folder = made.work("new")
    (folder / "x").write_text("x")
    made.commit("ab" * 20, folder, "cd" * 20, {"what": "survey"})
    os.utime(made.path("cd" * 20), (time.time() + 60,) * 2)
    with project.store.held():
        assert survey(project.store, project.runs).newer == 1
