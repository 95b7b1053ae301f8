"""`tilth plan` takes what a person types, and writes nothing."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Tilth
from tests.projects import Project, some_rows

AS_IT_WAS = ("--set", "machine.shard_bytes=2000")
"""As the finished project was run."""


def test_a_new_project_is_all_to_be_done_and_a_finished_one_is_kept(done: Project, tmp_path: Path, tilth: Tilth) -> None:
    said = tilth(done.folder, "plan", "recipe.yaml", *AS_IT_WAS)
    assert said.code == 0 and said.out.endswith("Nothing is to be done: all of it stands from before.\n")
    fresh = Project(tmp_path)
    fresh.write("a.jsonl", some_rows())
    before = sorted(tmp_path.rglob("*"))
    said = tilth(tmp_path, "plan", "recipe.yaml")
    assert "new or changed files: 1" in said.out and "In all about " in said.out
    assert sorted(tmp_path.rglob("*")) == before


def test_a_program_gets_one_object(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "plan", "recipe.yaml", *AS_IT_WAS, "--json")
    told = json.loads(said.out)
    assert said.err == "" and [line["state"] for line in told["path"]] == ["kept"] * 7
    assert set(told) == {"recipe", "path", "models", "scores", "seconds", "disk_bytes", "memory_bytes", "findings", "network"}


def test_a_setting_can_be_tried(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "plan", "recipe.yaml", *AS_IT_WAS, "--set", "docs.split.random.test=6")
    assert "docs.split.random                    to do" in said.out and "it is to be decided" in said.out


def test_a_rehearsal_runs_to_the_end_apart_from_the_store(done: Project, tilth: Tilth) -> None:
    before = {path: path.stat().st_mtime_ns for path in done.folder.rglob("*")}
    said = tilth(done.folder, "plan", "recipe.yaml", *AS_IT_WAS, "--rehearse", "--quiet")
    assert said.code == 0
    assert "The rehearsal went through to the end:" in said.out and said.out.rstrip().splitlines()[-1].strip().startswith("docs.split.random")
    assert {path: path.stat().st_mtime_ns for path in done.folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("words", "code", "found"),
    [
        (["plan"], 2, "Missing argument"),
        (["plan", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["plan", "recipe.yaml", "--scale", "0"], 2, "The scale is not above 0"),
        (["plan", "recipe.yaml", "--set", "docs.filter.lenght.words=3"], 2, "lenght"),
        (["plan", "recipe.yaml", "--set", "docs.source.files.path=nowhere"], 2, "nowhere"),
    ],
)
def test_what_cannot_be_is_exit_2_and_one_paragraph(done: Project, tilth: Tilth, words: list[str], code: int, found: str) -> None:
    said = tilth(done.folder, *words)
    assert (said.code, said.out) == (code, "") and found in said.err and "Traceback" not in said.err
