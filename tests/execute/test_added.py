"""Columns that a filter adds: taken once when the rows are made, stored with them, and read from there ever after."""

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.projects import Project, line, result, table
from tests.tongues import SENTENCES
from tilth.errors import AskedWrong, Missing, NotThere
from tilth.execute.audit import audit
from tilth.execute.forecast import forecast
from tilth.execute.story import stories
from tilth.record import shown

RECIPE = """
name: tongues
seed: 7
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - clean.whitespace
    - filter.length: {characters: {at_least: 12}}
    - filter.language: {keep: [en, de], confidence: {at_least: 0.1}}
    - filter.where: language = 'en' or n % 2 = 0
    - dedup.exact
    - split.random: {test: 2}
"""
CODES = [code for code in SENTENCES for _ in range(6)]
KEEP = "docs.filter.language.keep"


def rows() -> list[dict[str, object]]:
    """Rows in thirteen languages, and some that cannot be judged."""
    told = [{"text": f"{SENTENCES[code][n % len(SENTENCES[code])]}  {n}", "n": n, "tongue": code} for n, code in enumerate(CODES)]
    return [*told, {"text": "0123456789 + 42 = ?", "n": 100, "tongue": None}, {"text": "short", "n": 102, "tongue": "en"}]


@pytest.fixture
def tongues(tmp_path: Path) -> Project:
    return made(tmp_path)


def made(folder: Path) -> Project:
    project = Project(folder)
    project.write_recipe(RECIPE)
    project.write("a.jsonl", rows()[:41])
    project.write("b.jsonl", rows()[41:])
    return project


def files(project: Project, name: str) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (project.store.root / "objects").glob(f"*/*/{name}")}


def test_later_steps_read_the_column_and_the_finished_parts_have_it(tongues: Project) -> None:
    run = tongues.run()
    done = table(run, "docs")
    assert {"language", "language_confidence"} <= set(done.column_names)
    judged = done.filter(pc.is_valid(done["language"])).to_pylist()
    assert judged and all(row["language"] == row["tongue"] and 0.1 <= row["language_confidence"] <= 1 for row in judged)
    assert all(row["language"] == "en" or row["n"] % 2 == 0 for row in done.to_pylist())
    assert 100 in done["n"].to_pylist(), "what has no letter is not judged, and stays"
    assert {file.name.split("-")[0] for file in (run.folder / "data/docs").iterdir()} == {"train", "test"}
    assert audit(tongues.store, run, run.record()) == []


def test_the_run_tells_how_many_rows_of_each_language_it_met_and_kept(tongues: Project) -> None:
    run = tongues.run()
    told = line(run, "docs.filter.language")
    assert told["reasons"] == {"language": 66} and told["dropped"] == 66
    counts = told["facts"]["language"]
    assert counts["en"] == [6, 6] and counts["fr"] == [6, 0] and counts["not judged"] == [1, 1]
    assert sum(entered for entered, _ in counts.values()) == told["rows_in"] and sum(kept for _, kept in counts.values()) == told["kept"]
    (measure,) = [one for one in run.facts()["measures"] if one["rule"] == "language"]
    assert measure["labels"] == counts and (measure["judged"], measure["failed"]) == (78, 66)
    assert "py3langid" in measure["by"] and {"pycld2", "py3langid"} <= set(run.record()["versions"])


def test_why_tells_the_language_that_was_found(tongues: Project) -> None:
    run = tongues.run()
    lines = pq.read_table(run.folder / "decisions/docs.parquet").to_pylist()
    dropped = next(one for one in lines if one["step"] == "docs.filter.language")
    (story,) = stories(run, shown(dropped["id"]))
    last = story.events[-1]
    assert (last.what, last.rule, last.found) == ("dropped", "language", story.columns["language"])
    assert [(one.rule, one.step) for one in last.measures] == [("language", last.step), ("language_confidence", last.step)]
    kept = table(run, "docs").to_pylist()[0]
    (story,) = stories(run, shown(kept["id"]))
    (event,) = [event for event in story.events if event.step == "docs.filter.language"]
    assert [one.value for one in event.measures] == [kept["language"], kept["language_confidence"]]
    assert [edit for event in story.events for edit in event.edits if edit.column.startswith("language")] == []


def test_a_changed_choice_decides_again_and_measures_nothing(tongues: Project) -> None:
    tongues.run()
    before = files(tongues, "rows.parquet") | files(tongues, "measures.parquet")
    changed = tongues.run(sets=[f"{KEEP}=[fr]", "docs.filter.language.confidence.at_least=0.2"])
    every = files(tongues, "rows.parquet") | files(tongues, "measures.parquet")
    assert every == before
    assert set(table(changed, "docs")["language"].to_pylist()) == {"fr", None}
    assert line(changed, "docs.filter.language")["facts"]["language"]["fr"] == [6, 6]
    assert line(changed, "docs.clean.whitespace")["from_store"] and not line(changed, "docs.filter.language")["from_store"]


def test_another_way_of_judging_makes_the_rows_anew(tongues: Project) -> None:
    tongues.run()
    before = files(tongues, "rows.parquet")
    tongues.run(sets=["docs.filter.language.by=line"])
    assert len(files(tongues, "rows.parquet")) == 2 * len(before)


def test_a_run_that_is_done_is_found_done(tongues: Project) -> None:
    first = tongues.run()
    assert tongues.run().folder == first.folder
    again = forecast(tongues.recipe(), (tongues.store, tongues.runs))
    assert {one["state"] for one in again.path} == {"kept"} and again.findings == []


@pytest.mark.parametrize("machine", [{"batch_rows": 1}, {"batch_rows": 7}, {"batch_rows": 7, "shard_bytes": 900}, {"workers": 2}])
def test_the_content_does_not_depend_on_how_it_is_done(tongues: Project, tmp_path: Path, machine: dict[str, int]) -> None:
    other = made(tmp_path / "other")
    assert result(other.run(**machine))["content"] == result(tongues.run())["content"]


def test_a_filter_in_a_segment_of_its_own_adds_to_the_rows_that_are_still_in(tongues: Project) -> None:
    tongues.write_recipe("name: late\ndata:\n  docs:\n    - source.files: {path: raw}\n    - dedup.exact\n    - filter.language: all\n")
    run = tongues.run()
    done = table(run, "docs")
    assert done.num_rows == 80 and set(done["language"].drop_null().to_pylist()) == set(SENTENCES)
    assert audit(tongues.store, run, run.record()) == []
    (story,) = stories(run, shown(done["id"][3].as_py()))
    assert story.columns["language"] == done["language"][3].as_py()


def test_a_dataset_that_goes_on_from_another_finds_the_column(tongues: Project) -> None:
    tongues.write_recipe(RECIPE + "  english:\n    - from: docs.train\n    - filter.where: language = 'en'\n")
    run = tongues.run()
    assert set(table(run, "english")["language"].to_pylist()) == {"en"}


@pytest.mark.parametrize("step", ["filter.language: all", "filter.language: {keep: all, fields: [tongue]}"])
def test_a_column_is_added_once(tongues: Project, step: str) -> None:
    tongues.write_recipe(RECIPE.replace("    - dedup.exact\n", f"    - {step}\n    - dedup.exact\n"))
    with pytest.raises(AskedWrong, match="It adds the column `language`, which is there already") as error:
        forecast(tongues.recipe(), (tongues.store, tongues.runs))
    assert "filter.language[2]" in error.value.where and "filter.where: language" in error.value.remedy


def test_a_source_that_has_the_column_is_refused_at_plan_and_at_run(tongues: Project) -> None:
    tongues.write("c.jsonl", [{"text": "one more", "n": 1, "language": "English"}])
    for refuse in (lambda: forecast(tongues.recipe(), (tongues.store, tongues.runs)), tongues.run):
        with pytest.raises(AskedWrong, match="recipe.yaml:9  docs.filter.language\n  It adds the column `language`, which is there already"):
            refuse()


def test_the_column_is_not_there_before_the_step(tongues: Project) -> None:
    tongues.write_recipe(RECIPE.replace("    - filter.length", "    - filter.where: language = 'en'\n    - filter.length"))
    with pytest.raises(AskedWrong, match="reads the column `language`, which is not there"):
        forecast(tongues.recipe(), (tongues.store, tongues.runs))


def test_a_field_of_numbers_has_no_letters(tongues: Project) -> None:
    tongues.write_recipe("name: odd\ndata:\n  docs:\n    - source.files: {path: raw}\n    - filter.language: {keep: [en], fields: [n]}\n")
    assert set(table(tongues.run(), "docs")["language"].to_pylist()) == {None}


def test_a_model_that_is_not_there_is_told_at_plan_with_its_step(tongues: Project) -> None:
    recipe = tongues.recipe(["docs.filter.language.model=nowhere.bin"])
    with pytest.raises((NotThere, Missing), match=r"recipe.yaml:9  docs.filter.language"):
        forecast(recipe, (tongues.store, tongues.runs))
