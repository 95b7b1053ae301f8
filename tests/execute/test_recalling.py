"""Hands that only recall: what is stored is found, and what is lacking is told."""

from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project
from tilth.errors import RowsLetGo
from tilth.execute.datasets import Kind, Walked, walk
from tilth.execute.local import Pool
from tilth.execute.progress import Progress
from tilth.execute.recalling import WHY, Lack, NotStored, Recalling
from tilth.recipe.plan import lanes


def refuse() -> None:
    raise AssertionError("hands that recall do nothing")


def hands(project: Project, **machine: Any) -> Recalling:
    return Recalling(project.store, project.recipe(workers=1, **machine).machine, Pool(1), Progress(quiet=True), project.folder)


def lack(project: Project, *sets: str) -> Lack:
    lane = lanes(project.recipe(sets))["docs"]
    with pytest.raises(NotStored) as end:
        walk(hands(project), lane, {}, Walked("docs"))
    return end.value.lack


def test_what_is_stored_is_recalled_and_the_rest_is_counted(project: Project) -> None:
    work = Kind(refuse, lambda number: number if number < 3 else None)
    assert hands(project).each("decide", work, [(1,), (2,)], ["docs.dedup.exact"] * 2) == [1, 2]
    with pytest.raises(NotStored) as end:
        hands(project).each("decide", work, [(1,), (3,), (4,)], ["docs.dedup.exact 0"] * 3)
    assert end.value.lack == Lack("decide", 2, 3, "docs.dedup.exact")
    assert hands(project).each("decide", Kind(refuse), [], []) == []


def test_new_files_are_told_with_their_source_and_their_bytes(project: Project) -> None:
    size = sum(path.stat().st_size for path in (project.folder / "raw").iterdir())
    assert lack(project) == Lack("fingerprint", 2, 2, "docs.source.files", size)


def test_of_a_pass_it_is_told_what_is_lacking_of_it(project: Project) -> None:
    project.run()
    rows = {"docs.source.files": 120, "docs.clean.whitespace": 120}
    assert lack(project, "docs.filter.length.characters.at_least=13") == Lack("verdict", 2, 2, "", 0, rows, ("docs.filter.length",))
    measured = lack(project, "docs.filter.length.fields=[kind]")
    assert (measured.phase, measured.stored, measured.together) == ("measure", rows, ("docs.filter.length",)) and measured.bytes > 0
    read = lack(project, "docs.clean.whitespace.keep_indentation=true")
    size = sum(path.stat().st_size for path in (project.folder / "raw").iterdir())
    assert (read.phase, read.missing, read.of, read.stored, read.bytes) == ("read", 2, 2, {}, size)


def test_rows_that_were_let_go_cannot_be_decided_again(project: Project) -> None:
    project.run(keep_rows=False)
    with pytest.raises(RowsLetGo):
        lack(project, "docs.filter.length.characters.at_least=13")


@pytest.mark.parametrize("phase", WHY)
def test_every_lack_has_its_words(phase: str) -> None:
    assert "{" not in Lack(phase, 1_200, 3_400).why
    assert Lack("survey", 1_200, 3_400).why == "1,200 of 3,400 shards were not read yet"


def test_nothing_is_written(project: Project) -> None:
    before = {path: path.stat().st_mtime_ns for path in project.folder.rglob("*")}
    assert lack(project).phase == "fingerprint"
    assert {path: path.stat().st_mtime_ns for path in Path(project.folder).rglob("*")} == before
