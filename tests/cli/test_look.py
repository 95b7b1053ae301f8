"""`tilth look` takes what a person types."""

from pathlib import Path

import pytest

from tests.cli.conftest import Tilth
from tests.projects import Project


def test_five_rows_are_shown_unless_another_number_is_asked(done: Project, tilth: Tilth) -> None:
    assert "\n5  a.jsonl:5" in tilth(done.folder, "look", "raw/a.jsonl").out
    assert "\n6  a.jsonl:6" not in tilth(done.folder, "look", "raw/a.jsonl").out
    assert "\n6  a.jsonl:6" in tilth(done.folder, "look", "raw/a.jsonl", "-n", "6").out


@pytest.mark.parametrize("words", [["look"], ["look", "a", "--whre", "x"]])
def test_a_command_line_that_makes_no_sense_is_exit_2(tmp_path: Path, tilth: Tilth, words: list[str]) -> None:
    said = tilth(tmp_path, *words)
    assert said.code == 2 and said.out == "" and " look [OPTIONS] {DATA}" in said.err


@pytest.mark.parametrize("number", ["-1", "five", "3:2"])
def test_a_number_of_rows_that_is_none_is_exit_2(tmp_path: Path, tilth: Tilth, number: str) -> None:
    said = tilth(tmp_path, "look", "a", "-n", number)
    assert said.code == 2 and said.out == "" and f"`{number}` says no rows." in said.err
