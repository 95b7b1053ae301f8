"""`tilth runs`: the finished runs."""

import json
from pathlib import Path

from tests.cli.conftest import Tilth
from tests.projects import Project


def test_each_run_has_a_line_with_its_rows_and_its_report(project: Project, tilth: Tilth) -> None:
    project.run(["docs.filter.length.characters.at_least=30"])
    told = json.loads(tilth(project.folder, "runs", "--json").out)["runs"]
    assert [one["run"] for one in told] == ["small/1", "small/2"]
    assert all(one["rows_in"] == 122 for one in told)
    assert told[1]["rows_out"] < told[0]["rows_out"] < 121
    assert (project.folder / told[0]["report"]).is_file()
    lines = tilth(project.folder, "runs").out.splitlines()
    assert lines[0].split() == ["run", "when", "rows", "in", "rows", "out", "seconds", "report"]
    assert lines[2].startswith("small/2  20")


def test_a_record_that_cannot_be_read_is_named_and_not_passed_over(project: Project, tilth: Tilth) -> None:
    (project.folder / "runs/small/1/record.json").write_text("{")
    said = tilth(project.folder, "runs")
    assert said.code == 3 and "runs/small/1/record.json" in said.err and "Traceback" not in said.err


def test_where_there_is_none_it_is_said_how_to_make_one(tmp_path: Path, tilth: Tilth) -> None:
    said = tilth(tmp_path, "runs")
    assert said.code == 2 and "`tilth run RECIPE` makes one" in said.err
