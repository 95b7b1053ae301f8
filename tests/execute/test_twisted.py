"""Steps that decide, hide or study what cannot be: each is refused with its address, and no run comes of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.outside import install
from tests.projects import Project, some_rows
from tests.twisted import STEPS
from tilth.errors import TilthError

WAYS = {name: [how for how in re.findall(r'case "([^"]+)"', text)] for name, text in STEPS.items()}
MISTAKES = ["raise", "leave", "None", "not json", "nan"]
"""What is no matter of books, but a step that fails."""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("acme"), STEPS)


def forget() -> None:
    """Packages of the same name may have been imported by other tests, from elsewhere."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme"]:
        del sys.modules[name]


@pytest.fixture
def project(tmp_path: Path, acme: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    forget()
    monkeypatch.syspath_prepend(acme)
    made = Project(tmp_path / "project")
    rows = [{**row, "text": f"ü{row['text']}"} for row in some_rows()]
    made.write("a.jsonl", rows[:40])
    made.write("b.jsonl", rows[40:])
    yield made
    forget()


def write(project: Project, step: str, how: str) -> None:
    more = ", data: other" if step == "dedup.studious" else ""
    source = "- source.files: {path: raw"
    project.write_recipe(f"name: twisted\ndata:\n  other:\n    {source}/a.jsonl}}\n  docs:\n    {source}}}\n    - {step}: {{how: {how}{more}}}\n")


@pytest.mark.parametrize(("step", "how"), [(step, how) for step, ways in WAYS.items() for how in ways if how not in ("nothing", "count")])
def test_what_cannot_be_is_refused_with_the_steps_address(project: Project, step: str, how: str) -> None:
    write(project, step, how)
    with pytest.raises(TilthError) as error:
        project.run()
    assert error.value.exit_code == (1 if how in MISTAKES else 3), repr(error.value)
    assert f"recipe.yaml:7  docs.{step}" in str(error.value).splitlines()[0]
    assert not project.runs.all()


@pytest.mark.parametrize("how", ["nothing", "count"])
def test_a_study_that_takes_little_is_none_the_worse(project: Project, how: str) -> None:
    write(project, "dedup.studious", how)
    (told,) = [one for one in project.run().record()["result"]["steps"] if one["step"] == "docs.dedup.studious"]
    assert told["studied"] == ({"rows": 40} if how == "count" else {})


def test_words_that_no_redaction_can_veil_are_not_said(project: Project) -> None:
    write(project, "redact.twisted", "raise")
    with pytest.raises(TilthError) as error:
        project.run()
    assert "ValueError" in str(error.value) and "a mistake of its own" not in str(error.value)
