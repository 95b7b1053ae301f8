"""`tilth sweep`: what no run reaches goes; what a run reaches stays."""

import json
import shutil
from pathlib import Path

from tests.cli.conftest import Tilth
from tests.projects import Project


def test_what_no_run_reaches_is_shown_and_goes_only_when_that_is_said(project: Project, tilth: Tilth) -> None:
    project.run(["docs.filter.length.characters.at_least=30"])
    assert "Nothing is left over." in tilth(project.folder, "sweep").out
    shutil.rmtree(project.folder / "runs/small/2")
    objects = sorted((project.folder / ".tilth/objects").glob("*/*"))

    said = tilth(project.folder, "sweep")
    assert "No run reaches" in said.out and "`tilth sweep --yes` removes them." in said.out
    assert sorted((project.folder / ".tilth/objects").glob("*/*")) == objects

    told = json.loads(tilth(project.folder, "sweep", "--yes", "--json").out)
    assert told["removed"] and 0 < told["objects"] == len(objects) - told["kept"]
    assert "Nothing is left over." in tilth(project.folder, "sweep").out


def test_without_a_store_nothing_is_made(tmp_path: Path, tilth: Tilth) -> None:
    said = tilth(tmp_path, "sweep", "--yes")
    assert said.code == 2 and "There is no store here." in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_which_another_process_works_is_left_alone(project: Project, tilth: Tilth) -> None:
    shutil.rmtree(project.folder / "runs")
    with project.store.held():
        said = tilth(project.folder, "sweep", "--yes")
    assert said.code == 1 and "is working in this store" in said.err
    assert any((project.folder / ".tilth/objects").iterdir())


def test_where_there_is_no_run_that_is_said(project: Project, tilth: Tilth) -> None:
    shutil.rmtree(project.folder / "runs")
    assert "There is no run here" in tilth(project.folder, "sweep").out
