"""The command at the edges: shells that close things, odd places, narrow terminals, and words that make no sense."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.projects import Project, some_rows

TILTH = f"{sys.executable} -m tilth.cli.main"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "my project – ä\nb")
    made.write("a.jsonl", some_rows()[:40])
    return made


def shell(line: str, place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TILTH_")}
    return subprocess.run(["bash", "-c", line], cwd=place, env={**ours, **environment}, capture_output=True, text=True, timeout=60)


def test_a_folder_with_a_line_end_and_a_recipe_with_spaces_run_from_another_place(project: Project, tmp_path: Path) -> None:
    (project.folder / "recipe.yaml").rename(project.folder / "a recipe – é.yaml")
    (tmp_path / "elsewhere").mkdir()
    said = shell(f"{TILTH} run ../my*/*.yaml --json", tmp_path / "elsewhere")
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    assert Path(told["run"]) == project.folder / "runs/small/1"
    assert (project.folder / "runs/small/1/report.html").stat().st_size > 1000


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"PYTHONIOENCODING": "ascii"},
        {"NO_COLOR": "1", "TERM": "dumb"},
        {"COLUMNS": "40"},
        {"TMPDIR": "/nowhere"},
    ],
)
def test_whatever_the_shell_is_set_to(project: Project, environment: dict[str, str]) -> None:
    said = shell(f"{TILTH} run recipe.yaml", project.folder, **environment)
    assert said.returncode == 0, said.stderr
    assert "\x1b" not in said.stdout + said.stderr
    assert "small/1" in said.stdout and "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("env -u HOME {} run recipe.yaml", 0),
        ("{} run recipe.yaml < /dev/null | head -1; exit ${{PIPESTATUS[0]}}", 0),
        ("{} run recipe.yaml | (exec <&-; sleep 3); exit ${{PIPESTATUS[0]}}", 141),
        ("{} run recipe.yaml >&-", 0),
        ("{} run recipe.yaml 2>&-", 0),
        ("{} run recipe.yaml <&- >&- 2>&-", 0),
        ("{} run nowhere.yaml 2>&-", 2),
    ],
)
def test_whatever_the_shell_closes(project: Project, line: str, code: int) -> None:
    said = shell(line.format(TILTH), project.folder)
    assert said.returncode == code, said.stderr
    assert "Traceback" not in said.stderr and "Exception" not in said.stderr


def test_a_store_may_be_a_link(project: Project, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (project.folder / ".tilth").symlink_to(tmp_path / "far")
    assert shell(f"{TILTH} run recipe.yaml", project.folder).returncode == 0
    assert (tmp_path / "far/objects").is_dir()
    said = shell(f"{TILTH} verify && {TILTH} sweep", project.folder)
    assert said.returncode == 0, said.stderr
    assert "Nothing is left over." in said.stdout


def on_a_terminal(words: Sequence[str], place: Path, **environment: str) -> str:
    """What a terminal of 40 columns is sent."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TILTH_")}
    here, there = pty.openpty()
    process = subprocess.Popen([*TILTH.split(), *words], cwd=place, env={**ours, "COLUMNS": "40", **environment}, stdout=there, stderr=there)
    os.close(there)
    told = b""
    try:
        while piece := os.read(here, 65536):
            told += piece
    except OSError:  # Linux says so when nobody holds the other side any more
        pass
    os.close(here)
    assert process.wait() == 0
    return told.decode()


def test_live_lines_fit_the_terminal(project: Project) -> None:
    for number in range(4):
        project.write(f"more-{number}.jsonl", some_rows())
    told = on_a_terminal(["run", "recipe.yaml", "--workers", "1"], project.folder, TERM="xterm")
    live = re.findall(r"([^\r\n]*)\x1b\[K", re.sub(r"\x1b\[\d*m", "", told))
    assert live
    assert max(map(len, live)) < 40


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(project: Project) -> None:
    assert "\x1b" not in on_a_terminal(["run", "recipe.yaml"], project.folder, TERM="dumb")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nonsense", "nonsense"),
        ("run", "RECIPE"),
        ("run recipe.yaml --workers x", "--workers"),
        ("run recipe.yaml --workers 0", "--workers"),
        ("run recipe.yaml --worker 2", "--workers"),
        ("run recipe.yaml another", "another"),
        ("run nowhere.yaml", "nowhere.yaml"),
        ("run recipe.yaml --engine ray2", "local"),
        ("run recipe.yaml --until dogs", "docs"),
    ],
)
def test_words_that_make_no_sense_are_exit_2_and_answered_on_stderr(project: Project, words: str, said: str) -> None:
    told = shell(f"{TILTH} {words}", project.folder)
    assert told.returncode == 2
    assert told.stdout == ""
    assert said in told.stderr and "Traceback" not in told.stderr


@pytest.mark.parametrize(("words", "said"), [("--help", "From raw text"), ("run --help", "--workers"), ("--version", "tilth ")])
def test_help_is_exit_0_on_stdout(tmp_path: Path, words: str, said: str) -> None:
    told = shell(f"{TILTH} {words}", tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert said in told.stdout
