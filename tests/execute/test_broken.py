"""A step that is broken on purpose: no row goes missing in silence, and the message says which step it was."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.outside import half_made, install, start
from tests.projects import Project, some_rows

BOOKS = [
    ("source.broken", "lose"),
    ("source.broken", "invent"),
    ("source.broken", "double"),
    ("source.broken", "lose one and double one"),
    ("clean.broken", "lose"),
    ("clean.broken", "invent"),
    ("clean.broken", "change ids"),
    ("clean.broken", "change origins"),
    ("filter.broken", "lose"),
    ("filter.broken", "invent"),
    ("dedup.broken", "lose in the sketch"),
    ("dedup.broken", "double in the sketch"),
    ("dedup.broken", "reorder"),
    ("dedup.broken", "change ids"),
    ("dedup.broken", "lose"),
    ("dedup.broken", "invent"),
    ("dedup.broken", "no such part"),
    ("dedup.broken", "short values"),
]
MISTAKES = [
    ("source.broken", "raise", "FileNotFoundError"),
    ("source.broken", "raise at the door", "OSError: the line is dead"),
    ("source.broken", "raise in the survey", "RuntimeError: no count"),
    ("clean.broken", "raise", "ValueError: a mistake of its own"),
    ("clean.broken", "raise as the system does", "FileNotFoundError"),
    ("clean.broken", "nothing at all", "TypeError"),
    ("clean.broken", "leave", "SystemExit: 0"),
    ("filter.broken", "raise", "ZeroDivisionError: a mistake of its own"),
    ("dedup.broken", "raise in the sketch", "KeyError"),
    ("dedup.broken", "raise", "RuntimeError: a mistake of its own"),
]


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("acme"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write("a.jsonl", some_rows()[:40])
    made.write("b.jsonl", some_rows()[40:])
    return made


def write(project: Project, step: str, how: str, more: str = "") -> str:
    """A recipe with the broken step; its address, with the line on which it stands."""
    source = "source.files: {path: raw}" if not step.startswith("source") else f"source.broken: {{path: raw, how: {how}}}"
    lines = [f"    - {source}"] + ([f"    - {step}: {{how: {how}}}"] if not step.startswith("source") else [])
    project.write_recipe("\n".join(["name: broken", "data:", "  docs:", *lines, more, ""]))
    return f"recipe.yaml:{3 + len(lines)}  docs.{step}"


def ended(project: Project, acme: Path, *words: str) -> tuple[int, str, str]:
    process = start(project, acme, "run", "recipe.yaml", *words)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(("step", "how"), BOOKS)
def test_books_that_do_not_balance_are_exit_3_with_the_steps_address(
    project: Project, acme: Path, step: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = write(project, step, how)
    monkeypatch.syspath_prepend(acme)
    with pytest.raises(Exception) as error:
        project.run()
    assert getattr(error.value, "exit_code", None) == 3, repr(error.value)
    assert address in str(error.value).splitlines()[0]
    assert not project.runs.all()


@pytest.mark.parametrize(("step", "how", "said"), MISTAKES)
def test_an_exception_in_a_step_is_exit_1_with_the_steps_address(
    project: Project, acme: Path, step: str, how: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = write(project, step, how)
    monkeypatch.syspath_prepend(acme)
    with pytest.raises(Exception) as error:
        project.run()
    assert getattr(error.value, "exit_code", None) == 1, repr(error.value)
    assert address in str(error.value).splitlines()[0]
    assert said in str(error.value)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_command_shows_the_code_only_when_asked(project: Project, acme: Path, workers: str) -> None:
    address = write(project, "clean.broken", "raise")
    code, out, err = ended(project, acme, "--workers", workers)
    assert (code, out) == (1, "")
    assert address in err and "ValueError: a mistake of its own" in err
    assert "Traceback" not in err and 'File "' not in err
    code, _, err = ended(project, acme, "--workers", workers, "--debug")
    assert code == 1
    assert re.search(r'acme/clean/broken\.py", line \d+', err)


def test_a_worker_that_was_killed_is_told_with_what_to_do_and_the_next_run_goes_on(project: Project, acme: Path) -> None:
    write(project, "clean.broken", "die")
    code, _, err = ended(project, acme, "--workers", "2")
    assert code == 1
    assert "memory ran out" in err and "--workers" in err and "Traceback" not in err
    write(project, "clean.broken", "nothing")
    code, _, err = ended(project, acme, "--workers", "2")
    assert code == 0, err
    assert half_made(project) == []
    verified = start(project, acme, "verify")
    assert verified.communicate()[0].endswith("all books balance.\n") and verified.returncode == 0
