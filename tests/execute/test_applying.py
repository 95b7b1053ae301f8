"""Rows that stay are cut and copied as was decided, whoever does it, and the books tell each."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.projects import Project, line, table
from tilth.errors import AskedWrong, RowsLetGo
from tilth.execute.audit import audit
from tilth.execute.story import stories
from tilth.record import shown
from tilth.store.verify import check_object, every_object

RECIPE = """
name: small
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - dedup.lines: {at_least: 3, keep: none}
    - filter.length: {characters: {at_least: 1}}
    - balance.classes: {by: kind, how: oversample, to: largest}
    - filter.where: n <> 7
"""
NOTICE = "All rights are reserved by the people who wrote this page and its pictures."


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write_recipe(RECIPE)
    rows = [{"text": f"{NOTICE}\nThis is the body of page number {i}, which nobody else has.", "n": i, "kind": "ab"[i % 3 == 0]} for i in range(30)]
    project.write("a.jsonl", [*rows, {"text": NOTICE, "n": 30, "kind": "b"}])
    return project


def test_what_was_decided_is_done_and_told(project: Project) -> None:
    run = project.run()
    rows = table(run, "docs").to_pylist()
    assert all(NOTICE not in row["text"] for row in rows)
    assert line(run, "docs.dedup.lines")["edited"] == 31
    balanced = line(run, "docs.balance.classes")
    assert (balanced["kept"], balanced["copied"]) == (30, 10)
    assert sum(row["kind"] == "b" for row in rows) == 20 and sum(row["kind"] == "a" for row in rows) == 19
    copies = [row for row in rows if row["parents"]]
    assert len(copies) == 10 and len({row["id"] for row in rows}) == len(rows)
    lines = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    assert sum(one["action"] == "copied" for one in lines) == len({row["parents"][0] for row in copies})
    assert {one["step"]: one["value"] for one in lines if one["action"] == "edited"} == {"docs.dedup.lines": -len(NOTICE)} or any(
        one["value"] == -len(NOTICE) - 1 for one in lines
    )
    assert audit(project.store, run, run.record()) == []


@pytest.mark.parametrize(("workers", "shard_bytes", "batch_rows"), [(2, 700, 2), (1, 2_000, 1_000)])
def test_the_content_does_not_depend_on_hands(project: Project, tmp_path: Path, workers: int, shard_bytes: int, batch_rows: int) -> None:
    other = Project(tmp_path / "other")
    other.write_recipe(RECIPE)
    (other.folder / "raw" / "a.jsonl").write_bytes((project.folder / "raw" / "a.jsonl").read_bytes())
    run = other.run(workers=workers, shard_bytes=shard_bytes, batch_rows=batch_rows)
    assert run.record()["result"]["content"] == project.run().record()["result"]["content"]
    assert audit(other.store, run, run.record()) == []


def test_the_story_of_a_copy_begins_where_it_was_made(project: Project) -> None:
    run = project.run()
    copy = next(row for row in table(run, "docs").to_pylist() if row["parents"])
    (story,) = stories(run, shown(copy["id"]))
    assert story.events[0].what == "copied" and story.events[0].partner == shown(copy["parents"][0])
    assert story.fate == "kept" and story.text == copy["text"]
    (parent,) = stories(run, shown(copy["parents"][0]))
    assert [event.what for event in parent.events if event.step == "docs.balance.classes"] == ["kept", "copied"]


def test_a_second_run_finds_everything(project: Project) -> None:
    project.run()
    project.write_recipe(RECIPE.replace("n <> 7", "n <> 8"))
    again = project.run()
    told = {one["step"]: one["from_store"] for one in again.record()["result"]["steps"]}
    assert told["docs.dedup.lines"] and told["docs.balance.classes"] and not told["docs.filter.where"]


def test_the_examples_of_a_report_are_there(project: Project) -> None:
    facts = json.loads((project.run().folder / "facts.json").read_text())
    assert "docs.filter.where" in facts["examples"]


def test_rows_that_are_copied_twice_over_all_have_ids_of_their_own(project: Project) -> None:
    project.write_recipe(RECIPE.replace("    - filter.where: n <> 7\n", '    - balance.classes: {by: "n % 5 = 0", how: oversample, to: largest}\n'))
    run = project.run()
    rows = table(run, "docs").to_pylist()
    assert len(rows) > 40 and len({row["id"] for row in rows}) == len(rows)
    assert audit(project.store, run, run.record()) == []


def test_what_a_step_sets_is_read_by_the_next_one_and_never_set_over_what_is_there(project: Project) -> None:
    weighed = RECIPE.replace("how: oversample, to: largest}\n    - filter.where: n <> 7", "how: weights}\n    - filter.where: weight < 1")
    project.write_recipe(weighed)
    kept = table(project.run(), "docs").to_pylist()
    assert kept and all(row["weight"] < 1 for row in kept)
    project.write_recipe(weighed.replace("how: weights}", "how: weights, column: n}"))
    with pytest.raises(AskedWrong, match="adds the column `n`"):
        project.run()


def test_where_rows_were_let_go_the_books_still_balance_and_it_is_said_why_no_row_is_shown(project: Project) -> None:
    run = project.run(keep_rows=False)
    assert audit(project.store, run, run.record()) == []
    assert [one for content in every_object(project.store) for one in check_object(project.store, content)] == []
    with pytest.raises(RowsLetGo, match="were let go"):
        stories(run, shown(table(run, "docs")["id"][0].as_py()))
    again = project.run(sets=["docs.dedup.lines.at_least=4", "name=other"], keep_rows=False)
    assert line(again, "docs.dedup.lines")["edited"] == 31
