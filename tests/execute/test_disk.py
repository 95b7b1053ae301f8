"""A disk that fills up, or may not be written: said in a paragraph, nothing is harmed, and with more room it goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.execute.test_killed import PRETRAIN, outcome
from tests.outside import half_made, install, start
from tests.projects import Project

RECIPE = """
name: disk
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - clean.whitespace
    - dedup.exact
    - split.random: {validation: 20}
"""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("acme"))


@pytest.fixture(scope="module")
def undisturbed(acme: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The content of the rows that `fill` writes, where there is room."""
    project = fill(Project(tmp_path_factory.mktemp("undisturbed")))
    project.write_recipe(RECIPE)
    return dict(outcome(project, acme)["content"])


class Disk:
    """A small disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, *options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(self.folder)], check=True, capture_output=True)

    def again(self, option: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{option}", str(self.folder)], check=True, capture_output=True)

    def used(self) -> int:
        """Kilobytes."""
        told = os.statvfs(self.folder)
        return (told.f_blocks - told.f_bfree) * told.f_frsize // 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "disk")
    made.folder.mkdir()
    try:
        made.mount("size=64m")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a disk cannot be mounted here: {error}")
    yield made
    subprocess.run(["umount", "-l", str(made.folder)], check=True)


def fill(project: Project, rows: int = 3000) -> Project:
    """Rows that no compression makes small."""
    for file in range(4):
        texts = [
            f"{file} {row} " + " ".join(f"{(row * 7919 + word * 104729 + file * 15485863) ** 5 % 10**15:x}" for word in range(6))
            for row in range(rows)
        ]
        project.write(f"{file}.jsonl", [{"text": text} for text in texts])
    return project


def ended(project: Project, acme: Path, *words: str, env: Mapping[str, str]) -> tuple[int, str]:
    process = start(project, acme, *(words or ("run", "recipe.yaml", "--workers", "1")), env=env)
    _, err = process.communicate(timeout=100)
    return process.returncode, err


def refused(told: tuple[int, str], code: int, *words: str) -> None:
    assert told[0] == code, told[1]
    assert "Traceback" not in told[1] and len(told[1].strip().splitlines()) <= 8, told[1]
    for word in words:
        assert word in told[1]


@pytest.mark.parametrize("whole", [False, True])
def test_a_full_disk_is_told_and_with_more_room_the_run_goes_on(
    acme: Path, disk: Disk, undisturbed: Mapping[str, str], tmp_path: Path, whole: bool
) -> None:
    """`whole`: the project lies on the small disk; else only its store."""
    project = fill(Project(disk.folder / "project" if whole else tmp_path / "away"))
    project.write_recipe(RECIPE)
    env = {} if whole else {"TILTH_STORE": str(disk.folder / "store"), "TILTH_RUNS": str(disk.folder / "runs")}
    used = disk.used()
    for room in (1, 40, 400, 900, 1500, 2100):  # kilobytes: the store cannot be made; the rows, the parts, the run cannot be written
        disk.again(f"size={used + room}k")
        refused(ended(project, acme, env=env), 1, "The disk is full", "run the same command again")
    disk.again("size=200m")
    process = start(project, acme, "run", "recipe.yaml", "--workers", "1", "--json", env=env)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    assert f'"content": {{"docs": "{undisturbed["docs"]}"' in out
    if whole:
        assert half_made(project) == []
        assert ended(project, acme, "verify", env=env)[0] == 0


def test_a_disk_that_fills_while_rows_are_compared_is_told_and_the_run_goes_on(acme: Path, disk: Disk, tmp_path: Path) -> None:
    away = Project(tmp_path / "away")
    away.write_recipe("name: disk\ndata:\n  docs:\n    - source.files: {path: raw}\n    - dedup.minhash: {bands: 16, rows: 3}\n")
    for file in range(4):
        texts = [" ".join(f"{(row * (word > 40) * 7919 + word * 104729) ** 5 % 10**9:x}" for word in range(60)) for row in range(400)]
        away.write(f"{file}.jsonl", [{"text": f"{text} in {file}"} for text in texts])
    expected = outcome(away, acme)
    env = {"TILTH_STORE": str(disk.folder / "store"), "TILTH_RUNS": str(disk.folder / "runs")}
    room, code, met, used = 300, 1, set(), disk.used()
    while code:
        disk.again(f"size={used + room}k")
        code, err = ended(away, acme, env=env)
        phase = (disk.folder / "store/lock").read_text().partition("(")[2].partition(")")[0]
        if code:
            refused((code, err), 1, "The disk is full", "run the same command again")
            met.add(phase)
        room += {"pair": 450, "compare": 700}.get(phase, 150)
    assert {"sketch", "pair", "compare"} <= met
    process = start(away, acme, "run", "recipe.yaml", "--json", env=env)
    assert f'"content": {{"docs": "{dict(expected["content"])["docs"]}"' in process.communicate()[0]


def test_a_disk_that_fills_while_training_loses_no_step(acme: Path, disk: Disk, tmp_path: Path) -> None:
    project = Project(disk.folder / "project")
    project.write_recipe(PRETRAIN.replace("width: 16", "width: 64"))
    for file in range(4):
        project.write(f"{file}.jsonl", [{"text": f"file {file} says row {row} {'so ' * (row % 5)}"} for row in range(60)])
    code, err = ended(project, acme, "run", "recipe.yaml", "--until", "words", env={})
    assert code == 0, err
    used = disk.used()
    disk.again(f"size={used + 1200}k")
    refused(ended(project, acme, env={}), 1, "The disk is full")
    disk.again("size=200m")
    code, err = ended(project, acme, env={})
    assert code == 0, err
    assert half_made(project) == []


@pytest.mark.parametrize("before", [False, True])
def test_a_place_that_may_only_be_read_is_exit_2_with_what_to_do(acme: Path, disk: Disk, before: bool) -> None:
    """`before`: a run is there already."""
    project = fill(Project(disk.folder / "project"), 10)
    project.write_recipe(RECIPE)
    if before:
        assert ended(project, acme, env={})[0] == 0
    disk.again("ro")
    refused(ended(project, acme, "run", "recipe.yaml", "--set", "docs.split.random.validation=5", env={}), 2, "cannot be written", "TILTH_STORE")
