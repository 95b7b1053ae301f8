"""The command: its verbs, its exit codes, and how it ends when the world ends it."""

import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.conftest import Tilth
from tests.projects import Project
from tilth.cli import main
from tilth.errors import DataRefused, Missing, NotThere, StepFailed, TilthError


def test_help_and_version_are_exit_0(tmp_path: Path, tilth: Tilth) -> None:
    assert tilth(tmp_path, "--version").out == f"tilth {version('tilth')}\n"
    said = tilth(tmp_path, "--help")
    assert said.code == 0 and all(f" {verb} " in said.out for verb in ("run", "plan", "look", "why", "report", "verify", "sweep"))


@pytest.mark.parametrize("words", [["dance"], ["run", "recipe.yaml", "--dance"], ["--dance"]])
def test_what_there_is_not_is_exit_2(tmp_path: Path, tilth: Tilth, words: list[str]) -> None:
    said = tilth(tmp_path, *words)
    assert (said.code, said.out) == (2, "") and "dance" in said.err


@pytest.mark.parametrize(("kind", "code"), [(StepFailed, 1), (NotThere, 2), (DataRefused, 3), (Missing, 4)])
def test_the_kind_of_an_error_is_the_exit_code(
    done: Project, tilth: Tilth, monkeypatch: pytest.MonkeyPatch, kind: type[TilthError], code: int
) -> None:
    def broken() -> None:
        raise kind("It cannot be.", where="here", remedy="Do that.")

    monkeypatch.setattr(main, "app", broken)
    said = tilth(done.folder, "run")
    assert (said.code, said.out, said.err) == (code, "", "\nhere\n  It cannot be. Do that.\n")


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_hostile_name_moves_no_cursor_in_an_error_or_above_what_is_shown(tmp_path: Path, tilth: Tilth, debug: list[str]) -> None:
    name, written = "evil\x1b[31m\u202e\r.dat", "evil⟨ESC⟩[31m⟨U+202E⟩⟨CR⟩.dat"
    missing = tilth(tmp_path, "look", name, *debug)
    assert (missing.code, missing.out) == (2, "") and f"{written}\n  " in missing.err
    (tmp_path / name).write_text('{"text": "plain"}\n')
    there = tilth(tmp_path, "look", name, *debug)
    assert there.code == 0 and there.out.startswith(written)
    assert not {"\x1b", "\u202e", "\r"} & set(missing.err + there.out + there.err)


def test_an_error_of_ours_is_a_traceback_for_us(done: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("a mistake in tilth")

    monkeypatch.setattr(main, "app", broken)
    with pytest.raises(RuntimeError):
        main.main()


def test_signals_are_answered_as_before_once_the_command_has_ended(tmp_path: Path, tilth: Tilth) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    tilth(tmp_path, "--version")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_told_to_end_says_that_it_can_go_on(
    done: Project, tilth: Tilth, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    def told() -> None:
        os.kill(os.getpid(), number)
        time.sleep(10)

    monkeypatch.setattr(main, "app", told)
    said = tilth(done.folder, "run")
    assert (said.code, said.out) == (code, "")
    assert said.err.rstrip().endswith("What was committed stays; the same command goes on from there.") and "Traceback" not in said.err


def test_a_reader_that_has_gone_ends_it_in_silence(done: Project) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "tilth.cli.main", "steps"]
    ended = subprocess.run(command, cwd=done.folder, stdout=writer, stderr=subprocess.PIPE, text=True, check=False, timeout=30)
    os.close(writer)
    assert "Traceback" not in ended.stderr and ended.returncode in (0, 141)
