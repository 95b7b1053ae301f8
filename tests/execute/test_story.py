"""The story of a row, both ways."""

import dataclasses

import pyarrow.parquet as pq
import pytest

from tests.projects import Project, table
from tilth.execute.story import Story, settings, stories
from tilth.record import shown
from tilth.store.runs import Run


def decided(run: Run, step: str, action: str = "dropped") -> list[dict[str, object]]:
    lines = pq.read_table(run.folder / "decisions" / "docs.parquet").to_pylist()
    return [one for one in lines if (one["step"], one["action"]) == (step, action)]


def story(run: Run, row_id: object) -> Story:
    assert isinstance(row_id, bytes)
    (told,) = stories(run, shown(row_id))
    return told


@pytest.fixture
def run(project: Project) -> Run:
    return project.run(["docs.filter.length.characters.at_least=18"], shard_bytes=1500)


def test_every_row_of_the_books_is_told_as_the_books_say(run: Run) -> None:
    for step in ("docs.filter.length", "docs.filter.where", "docs.dedup.exact"):
        lines = decided(run, step)
        assert lines
        for line in lines:
            told = story(run, line["id"])
            last = told.events[-1]
            assert (told.fate, last.step, last.what, last.rule) == ("dropped", step, "dropped", line["rule"])
            assert (last.value, last.limit) == (line["value"], line["limit"])
            assert [event.what for event in told.events].count("dropped") == 1


def test_every_kept_row_is_told_with_its_part_its_file_and_its_place(run: Run) -> None:
    for file in sorted((run.folder / "data/docs").iterdir()):
        rows = pq.read_table(file).to_pylist()
        for number, row in list(enumerate(rows, 1))[::17]:
            told = story(run, row["id"])
            assert (told.fate, told.part, told.file, told.row) == ("kept", file.name.split("-")[0], f"data/docs/{file.name}", number)
            assert told.text == row["text"] and told.origin == row["origin"]
            assert told.columns == {name: row[name] for name in ("n", "kind")}
            assert [event.step.removeprefix("docs.") for event in told.events][:3] == ["source.files", "clean.whitespace", "filter.length"]


def test_a_measure_stands_beside_the_limits_that_it_met(run: Run) -> None:
    line = decided(run, "docs.filter.length")[0]
    (measured,) = [one for one in story(run, line["id"]).events[-1].measures if one.rule == "characters"]
    assert (measured.value, measured.at_least, measured.within) == (line["value"], 18.0, False)
    kept = story(run, table(run, "docs")["id"][0].as_py())
    assert all(one.within for event in kept.events for one in event.measures)
    assert any(one.value == len(kept.text or "") for event in kept.events for one in event.measures) or kept.events[4].edits


def test_a_duplicate_and_the_row_that_was_kept_tell_of_each_other(run: Run) -> None:
    line = decided(run, "docs.dedup.exact")[0]
    fallen, kept = story(run, line["id"]), story(run, line["partner"])
    assert fallen.events[-1].partner == kept.id
    assert fallen.events[-1].partner_text == fallen.text
    assert [one.id for one in kept.fell] == [fallen.id]
    assert kept.fell[0].text == fallen.text
    assert fallen.fell == []


def test_a_row_that_was_kept_once_and_dropped_later_still_tells_who_fell_for_it(project: Project) -> None:
    project.write_recipe((project.folder / "recipe.yaml").read_text().replace("    - split", "    - filter.where: n > 1000\n    - split"))
    project.write("c.jsonl", [{"text": f"a row that stays, number {n}", "n": 2000 + n, "kind": "a"} for n in range(20)])
    run = project.run()
    line = decided(run, "docs.dedup.exact")[0]
    assert story(run, line["id"]).events[-1].partner_fate == "dropped later by docs.filter.where[2], rule where"
    kept = story(run, line["partner"])
    assert kept.fate == "dropped" and kept.fell


def test_an_edit_tells_by_how_much_and_where_it_can_from_what_to_what(run: Run) -> None:
    for number, line in enumerate(decided(run, "docs.clean.whitespace", "edited")):
        event = story(run, line["id"]).events[1]
        (edit,) = event.edits
        assert (event.step, event.what, edit.column, edit.characters) == ("docs.clean.whitespace", "edited", "text", line["value"])
        if number == 0:
            assert edit.before is not None and edit.after is not None and len(edit.after) - len(edit.before) == edit.characters


def test_between_two_stages_every_text_is_known_before_and_after(project: Project) -> None:
    project.write_recipe((project.folder / "recipe.yaml").read_text().replace("clean.unicode", "clean.replace: {match: row, with: line}"))
    run = project.run()
    for line in decided(run, "docs.clean.replace", "edited")[::9]:
        (edit,) = next(one for one in story(run, line["id"]).events if one.step == "docs.clean.replace").edits
        assert edit.before is not None and edit.before.replace("row", "line") == edit.after


def test_a_bad_record_is_in_quarantine(project: Project) -> None:
    project.write("c.jsonl", ["{"])
    run = project.run(["docs.source.files.bad_records.at_most=0.5"])
    bad = pq.read_table(run.folder / "quarantine" / "docs.parquet").to_pylist()[0]
    told = story(run, bad["id"])
    assert (told.fate, told.text, told.origin["file"]) == ("quarantined", "{", "c.jsonl")
    assert told.events[-1].rule == bad["reason"]


def test_a_row_is_told_in_each_dataset_that_it_came_to_and_in_no_other(project: Project) -> None:
    more = "  more: [{from: docs.train}, {filter.where: n % 2 = 0}]\n  all: [{from: [docs.train, docs.test]}]\n"
    project.write_recipe((project.folder / "recipe.yaml").read_text() + more)
    run = project.run(shard_bytes=1500)
    fates = {}
    for row in pq.read_table(next((run.folder / "data/all").iterdir())).to_pylist():
        told = {one.dataset: one.fate for one in stories(run, shown(row["id"]))}
        fates[row["n"]] = told
        assert told["docs"] == told["all"] == "kept"
        assert told.get("more") in (None, "kept" if row["n"] % 2 == 0 else "dropped")
    assert sum("more" not in told for told in fates.values()) == 5


def test_what_was_asked_of_a_step_stands_beside_what_it_did(run: Run) -> None:
    assert settings(run)["docs.filter.length"] == {"characters": {"at_least": 18}}
    assert settings(run)["docs.clean.whitespace"] is None
    told = story(run, decided(run, "docs.filter.where")[0]["id"])
    assert told.events[-1].asked == "n % 10 <> 3"


def test_a_story_is_plain_data(run: Run) -> None:
    told = story(run, table(run, "docs")["id"][0].as_py())
    assert dataclasses.asdict(told)["events"][0]["what"] == "read"
