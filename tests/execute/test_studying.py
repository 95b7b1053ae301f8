"""What steps take from other datasets: once, from what is there now, and known again afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project, line, table
from tilth.execute.audit import audit
from tilth.execute.forecast import forecast
from tilth.execute.recipes import ANSWERS, steps_of
from tilth.execute.story import stories
from tilth.execute.suppose import suppose
from tilth.record import shown

RECIPE = """
name: small
data:
  questions:
    - source.files: {path: "raw/questions.jsonl"}
  docs:
    - source.files: {path: "raw/docs.jsonl"}
    - dedup.against: {data: questions}
"""
ITEM = "which of the seven rivers that cross the northern plain of the old kingdom was never once dammed by anybody"
OTHER = "how many of the brass lamps along the harbour wall were lit on the evening before the fleet came home again"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write_recipe(RECIPE)
    project.write("questions.jsonl", [{"question": ITEM, "answer": "the third"}])
    bodies = [" ".join(f"word{i}of{j}" for j in range(60)) for i in range(20)]
    project.write("docs.jsonl", [{"text": body} for body in bodies] + [{"text": f"{bodies[0]} {ITEM}?"}, {"text": f"{bodies[1]} {OTHER}?"}])
    return project


def stored(project: Project, **machine: Any) -> dict[str, bool]:
    return {one["step"]: one["from_store"] for one in project.run(**machine).record()["result"]["steps"]}


def test_a_row_falls_for_a_row_of_another_dataset_and_everybody_can_tell(project: Project) -> None:
    run = project.run()
    assert line(run, "docs.dedup.against")["dropped"] == 1 and table(run, "docs").num_rows == 21
    assert line(run, "docs.dedup.against")["studied"]
    facts = json.loads((run.folder / "facts.json").read_text())
    (fell,) = facts["examples"]["docs.dedup.against"]["dropped"]
    (story,) = stories(run, fell["id"])
    (item,) = table(run, "questions")["id"].to_pylist()
    assert story.fate == "dropped" and story.events[-1].partner == shown(item)
    assert story.events[-1].partner_fate == "a row of questions"
    assert audit(project.store, run, run.record()) == []


def test_it_is_studied_again_when_what_it_names_has_changed_and_only_then(project: Project) -> None:
    assert not stored(project)["docs.dedup.against"]
    project.write_recipe(RECIPE + "    - filter.length: {characters: {at_least: 1}}\n")
    assert stored(project)["docs.dedup.against"]
    project.write("questions.jsonl", [{"question": ITEM, "answer": "the third"}, {"question": OTHER, "answer": "none"}])
    run = project.run()
    assert not line(run, "docs.dedup.against")["from_store"] and line(run, "docs.dedup.against")["dropped"] == 2
    assert line(run, "docs.source.files")["from_store"]


def test_the_plan_knows_what_was_studied(project: Project) -> None:
    told = {one["step"]: one for one in forecast(project.recipe(workers=1), (project.store, project.runs)).path}
    assert told["docs.dedup.against"]["state"] == "to do"
    project.run()
    told = {one["step"]: one for one in forecast(project.recipe(workers=1), (project.store, project.runs)).path}
    assert {one["state"] for one in told.values()} == {"kept"}
    project.write("questions.jsonl", [{"question": OTHER, "answer": "none"}])
    told = {one["step"]: one for one in forecast(project.recipe(workers=1), (project.store, project.runs)).path}
    assert told["docs.dedup.against"]["state"] == "to do"


def test_a_limit_is_asked_of_a_finished_run(project: Project) -> None:
    run = project.run()
    answer = suppose(run, "docs.dedup.against.share.at_least", "0.9")
    assert (answer.rows_in, answer.kept) == (22, 21)
    step = steps_of(run)["docs.dedup.against"].step
    assert step.studied is not None and step.studied.folder.is_dir() and step.studied.cache == project.store.root / ANSWERS


def test_it_does_not_depend_on_workers_or_shards(project: Project, tmp_path: Path) -> None:
    other = Project(tmp_path / "other")
    other.write_recipe(RECIPE)
    for name in ("questions.jsonl", "docs.jsonl"):
        (other.folder / "raw" / name).write_bytes((project.folder / "raw" / name).read_bytes())
    there = other.run(workers=2, shard_bytes=900, batch_rows=3)
    assert there.record()["result"]["content"] == project.run().record()["result"]["content"]


def test_a_row_without_a_text_is_shown_by_its_other_columns(project: Project) -> None:
    facts = json.loads((project.run().folder / "facts.json").read_text())
    (fell,) = facts["examples"]["docs.dedup.against"]["dropped"]
    assert fell["partner"]["text"] == f"question: {ITEM}\nanswer: the third"
