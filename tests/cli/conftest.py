"""A project with one finished run, and the command as a shell would call it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.projects import Project, some_rows
from tilth.cli import main

EVIL = "Evil \x1b[31mred\x1b[0m and \u202eback\u202c, at length"
BROKEN = '{"text": "broken \x1b[31m'


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


Tilth = Callable[..., Said]


def finished(folder: Path) -> Project:
    """A project that was run once; among its rows is one with escapes, and one that is no JSON."""
    made = Project(folder)
    made.write_recipe((folder / "recipe.yaml").read_text().replace('"raw/*.jsonl"', '"raw/*.jsonl", bad_records: {at_most: 0.5}'))
    made.write("a.jsonl", some_rows()[:60])
    made.write("b.jsonl", [*some_rows()[60:], {"text": EVIL, "n": 1, "kind": "\x1b[31m"}, BROKEN])
    made.run(shard_bytes=2000)
    return made


@pytest.fixture(scope="package")
def done(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished project that no test changes."""
    return finished(tmp_path_factory.mktemp("done") / "project")


@pytest.fixture
def project(done: Project, tmp_path: Path) -> Project:
    """A finished project of the test's own: a copy, for a project can be moved as a whole."""
    shutil.copytree(done.folder, tmp_path / "project", symlinks=True)
    for stored in (tmp_path / "project").rglob("*.parquet"):
        stored.chmod(0o644)
    text = (tmp_path / "project/recipe.yaml").read_text()
    made = Project(tmp_path / "project")
    made.write_recipe(text)
    return made


@pytest.fixture
def tilth(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tilth:
    """`tilth(folder, "why", ID)`: the command, called in a folder."""
    for name in ("TILTH_STORE", "TILTH_RUNS", "HF_TOKEN", "OPENAI_API_KEY", "OPENAI_BASE_URL", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def call(folder: Path, *words: str) -> Said:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["tilth", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main.main()
        told = capsys.readouterr()
        return Said(int(left.value.code or 0), told.out, told.err)

    return call
