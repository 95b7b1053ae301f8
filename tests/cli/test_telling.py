"""`tilth why`: the story of a row, told to a person and to a program."""

import json

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Tilth
from tests.projects import Project, table
from tilth.record import shown

RUN = "runs/small/1"


def decided(done: Project, step: str, action: str = "dropped") -> dict[str, str]:
    lines = pq.read_table(done.folder / RUN / "decisions/docs.parquet").to_pylist()
    line = next(one for one in lines if (one["step"], one["action"]) == (step, action))
    return {"id": shown(line["id"]), "partner": shown(line["partner"]) if line["partner"] else ""}


def test_a_dropped_duplicate_is_told_beside_the_row_that_was_kept(done: Project, tilth: Tilth) -> None:
    line = decided(done, "docs.dedup.exact")
    said = tilth(done.folder, "why", line["id"], "--run", RUN)
    assert said.code == 0
    assert "dropped: rule same_text, similarity 1" in said.out
    assert f"in favour of {line['partner']}, which was kept" in said.out
    assert "this row" in said.out and "the row that was kept" in said.out
    assert "→ dropped by docs.dedup.exact" in said.out


def test_a_kept_row_names_those_that_fell_for_it_and_the_file_it_stands_in(done: Project, tilth: Tilth) -> None:
    line = decided(done, "docs.dedup.exact")
    said = tilth(done.folder, "why", line["partner"], "--run", RUN)
    assert "One row fell in its favour:" in said.out
    assert line["id"] in said.out
    assert "→ kept in docs." in said.out and f"of {RUN}/data/docs/" in said.out
    told = json.loads(tilth(done.folder, "why", line["partner"], "--run", RUN, "--json").out)
    story = told["stories"][0]
    file = pq.read_table(done.folder / RUN / story["file"])
    assert shown(file["id"][story["row"] - 1].as_py()) == line["partner"]
    assert [one["id"] for one in story["fell"]] == [line["id"]]


def test_an_edit_shows_the_text_before_and_after_where_it_is_known(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "why", decided(done, "docs.clean.unicode", "edited")["id"], "--run", RUN)
    assert "edited text" in said.out
    assert "before" in said.out and "after" in said.out


def test_a_condition_is_told_as_it_was_asked(done: Project, tilth: Tilth) -> None:
    said = tilth(done.folder, "why", decided(done, "docs.filter.where")["id"], "--run", RUN)
    assert "the condition is not true" in said.out and "n % 10 <> 3" in said.out


def test_a_record_that_could_not_be_read_has_a_story_too_and_cannot_reach_the_terminal(done: Project, tilth: Tilth) -> None:
    line = pq.read_table(done.folder / RUN / "quarantine/docs.parquet").to_pylist()[0]
    said = tilth(done.folder, "why", shown(line["id"]), "--run", RUN)
    assert said.code == 0
    assert "quarantined:" in said.out and "record 62" in said.out
    assert "broken ⟨ESC⟩[31m" in said.out and "\x1b" not in said.out


def test_escapes_and_direction_marks_of_a_row_are_written_out(done: Project, tilth: Tilth) -> None:
    evil = next(row for row in table(done.runs.find("small/1"), "docs").to_pylist() if row["text"].startswith("Evil"))
    said = tilth(done.folder, "why", shown(evil["id"]), "--run", RUN)
    assert "\x1b" not in said.out and "\u202e" not in said.out
    assert "kind: ⟨ESC⟩[31m" in said.out


@pytest.mark.parametrize(("words", "found"), [(["abcdef"], "has the id `abcdef`"), (["zzzzzz", "--run", "none"], "There is no run `none`")])
def test_what_is_not_there_is_said_with_what_to_do(done: Project, tilth: Tilth, words: list[str], found: str) -> None:
    said = tilth(done.folder, "why", *words)
    assert said.code == 2 and said.out == ""
    assert found in said.err and "tilth" in said.err and "Traceback" not in said.err
