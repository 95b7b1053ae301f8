"""The plan: what is kept, what is to be done and why, told without doing any of it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.projects import RECIPE, Project, some_rows
from tilth.errors import AskedWrong, NotThere, RecipeError, TooManyBadRecords
from tilth.execute import peek as module
from tilth.execute.forecast import Forecast, forecast
from tilth.execute.recalling import BYTES_A_SECOND
from tilth.execute.run import Wish
from tilth.fakes.model import tiny_model

STEPS = ["source.files", "clean.whitespace", "filter.length", "clean.unicode", "filter.where", "dedup.exact", "split.random"]
UNION = """
name: union
data:
  a:
    - source.files: {path: raw/a.jsonl}
  b:
    - source.files: {path: raw/b.jsonl}
  both:
    - from: [a, b]
"""
BEFORE = "what comes before it is to be done"


def plan(project: Project, sets: Sequence[str] = (), scale: float = 1.0, **machine: Any) -> Forecast:
    return forecast(project.recipe(sets, **{"workers": 1, **machine}), (project.store, project.runs), scale)


def states(found: Forecast) -> list[tuple[str, str, str]]:
    return [(line["step"].removeprefix("docs."), line["state"], line["why"]) for line in found.path]


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_before_the_first_run_everything_is_to_be_done_and_nothing_is_written(project: Project) -> None:
    before = files(project.folder)
    found = plan(project)
    assert states(found) == [("source.files", "to do", "new or changed files: 2"), *((step, "to do", BEFORE) for step in STEPS[1:])]
    assert files(project.folder) == before


def test_rows_are_reckoned_from_the_first_records_and_time_from_bytes(project: Project) -> None:
    found = plan(project)
    size = sum(path.stat().st_size for path in (project.folder / "raw").iterdir())
    assert abs(found.path[0]["rows"] - 120) <= 6
    assert found.path[0]["seconds"] == pytest.approx(size / BYTES_A_SECOND)
    assert found.bytes["docs"] == found.path[0]["disk_bytes"] == size
    assert plan(project, workers=4).path[0]["seconds"] == pytest.approx(size / BYTES_A_SECOND / 4)
    large = plan(project, scale=1000)
    assert large.path[0]["rows"] == 1000 * found.path[0]["rows"] and large.told()["seconds"] == pytest.approx(1000 * found.told()["seconds"])


def test_after_a_run_all_is_kept_with_the_rows_there_were(project: Project) -> None:
    steps = {one["step"]: one for one in project.run().record()["result"]["steps"]}
    before = files(project.folder)
    found = plan(project)
    assert states(found) == [(step, "kept", "") for step in STEPS]
    assert [line["rows"] for line in found.path] == [one["kept"] for one in steps.values()]
    assert found.told()["seconds"] == 0
    assert files(project.folder) == before


@pytest.mark.parametrize(
    ("change", "first", "why"),
    [
        ("docs.clean.unicode.form=NFKC", 3, "2 of 2 shards are to be done"),
        ("docs.filter.where=n % 10 <> 4", 4, "2 of 2 shards are to be measured; their rows are stored"),
        ("docs.filter.length.characters.at_least=13", 2, "a limit changed: decided again from stored measures"),
        ("docs.dedup.exact.ignore=[case]", 5, "2 of 2 shards are to be sketched"),
        ("docs.split.random.test=6", 6, "it is to be decided from stored sketches"),
    ],
)
def test_a_changed_setting_is_to_be_done_from_its_pass_on(project: Project, change: str, first: int, why: str) -> None:
    project.run()
    assert states(plan(project, [change])) == [
        *((step, "kept", "") for step in STEPS[:first]),
        (STEPS[first], "to do", why),
        *((step, "to do", BEFORE) for step in STEPS[first + 1 :]),
    ]


def test_a_changed_limit_takes_no_reading(project: Project) -> None:
    steps = {one["step"]: one for one in project.run().record()["result"]["steps"]}
    found = plan(project, ["docs.filter.length.characters.at_least=13"])
    lines = {line["step"]: line for line in found.path}
    assert [lines[f"docs.{step}"]["rows"] for step in STEPS[:2]] == [steps[f"docs.{step}"]["kept"] for step in STEPS[:2]]
    assert found.told()["seconds"] == found.told()["disk_bytes"] == 0


def test_what_is_measured_anew_is_read_from_the_stored_rows(project: Project) -> None:
    project.run()
    lines = {line["step"]: line for line in plan(project, ["docs.filter.length.fields=[kind]"]).path}
    stored = [json.loads(file.read_text()) for file in (project.store.root / "objects").glob("*/*/manifest.json")]
    first = [one["bytes"] for one in stored if one["what"] == "rows"]
    assert lines["docs.clean.whitespace"]["state"] == "kept"
    assert 0 < lines["docs.filter.length"]["seconds"] <= sum(first) / BYTES_A_SECOND


def test_filters_of_one_pass_are_decided_together(project: Project) -> None:
    project.write_recipe(RECIPE.replace("    - clean.unicode\n", ""))
    project.run()
    why = "a limit changed: decided again from stored measures"
    assert states(plan(project, ["docs.filter.length.characters.at_least=13"]))[1:5] == [
        ("clean.whitespace", "kept", ""),
        ("filter.length", "to do", why),
        ("filter.where", "to do", why),
        ("dedup.exact", "to do", BEFORE),
    ]


def test_one_file_more_is_all_whose_reading_is_reckoned(project: Project) -> None:
    project.run()
    size = project.write("c.jsonl", some_rows()[:3]).stat().st_size
    assert plan(project).told()["seconds"] == pytest.approx(size / BYTES_A_SECOND)


def test_the_bytes_of_several_sources_are_reckoned_once(project: Project) -> None:
    project.write_recipe("name: two\ndata:\n  docs:\n    - source.files: {path: raw/a.jsonl}\n    - source.files: {path: raw/b.jsonl}\n")
    size = sum(path.stat().st_size for path in (project.folder / "raw").iterdir())
    found = plan(project)
    assert found.told()["seconds"] == pytest.approx(size / BYTES_A_SECOND) and found.told()["disk_bytes"] == size
    assert [abs(line["rows"] - rows) <= 6 for line, rows in zip(found.path, (50, 70), strict=True)] == [True, True]


def test_where_the_last_run_told_what_share_stays_it_is_reckoned_with(project: Project) -> None:
    run = project.run()
    kept = {one["step"]: one["kept"] for one in run.record()["result"]["steps"]}
    lines = {line["step"]: line for line in plan(project, ["docs.split.random.test=6"]).path}
    assert lines["docs.split.random"]["rows"] == kept["docs.split.random"]
    lines = {line["step"]: line for line in plan(project, ["docs.filter.length.characters.at_least=13"]).path}
    assert lines["docs.filter.where"]["rows"] < lines["docs.filter.length"]["rows"]


def test_a_new_file_is_told(project: Project) -> None:
    project.run()
    project.write("c.jsonl", some_rows()[:3])
    assert states(plan(project))[0] == ("source.files", "to do", "new or changed files: 1")


def test_a_sampled_run_leaves_the_rest_to_be_done(project: Project) -> None:
    project.run(wish=Wish(sample=30))
    assert states(plan(project))[0] == ("source.files", "to do", "2 of 2 shards are to be done")


def test_a_dataset_that_begins_with_another_waits_for_it(project: Project) -> None:
    project.write_recipe(RECIPE + "  long:\n    - from: docs.train\n    - filter.length: {characters: {at_least: 30}}\n")
    assert states(plan(project))[-1] == ("long.filter.length", "to do", "what it begins with is to be made")
    project.run()
    assert {state for _, state, _ in states(plan(project))} == {"kept"}
    assert states(plan(project, ["long.filter.length.characters.at_least=31"]))[-1] == (
        "long.filter.length",
        "to do",
        "a limit changed: decided again from stored measures",
    )


def test_files_that_are_still_to_be_written_are_work_too(project: Project) -> None:
    project.write_recipe(RECIPE + "  all:\n    - from: [docs.train, docs.validation, docs.test]\n    - filter.length: {words: {at_least: 3}}\n")
    project.run()
    project.write_recipe(RECIPE)
    found = plan(project)
    assert states(found)[:-1] == [(step, "kept", "") for step in STEPS]
    assert states(found)[-1] == ("docs", "to do", "3 of 3 parts are to be written")
    project.run()
    assert states(plan(project)) == [(step, "kept", "") for step in STEPS]


def test_a_dataset_that_only_joins_others_is_told_too(project: Project) -> None:
    project.write_recipe(UNION)
    assert states(plan(project))[-1] == ("both", "to do", "what it begins with is to be made")
    project.run()
    assert {state for _, state, _ in states(plan(project))} == {"kept"}


def test_rows_that_were_let_go_are_not_needed_where_nothing_changed(project: Project) -> None:
    project.write_recipe(RECIPE + "  long:\n    - from: docs.train\n    - filter.length: {characters: {at_least: 30}}\n")
    run = project.run(keep_rows=False)
    assert {state for _, state, _ in states(plan(project))} == {"kept"}
    assert project.run(keep_rows=False).folder == run.folder, "and the run finds it so"


def test_rows_that_were_let_go_and_are_needed_are_told(project: Project) -> None:
    project.write_recipe(UNION)
    project.run(keep_rows=False)
    assert states(plan(project))[-1] == ("both", "to do", "rows between steps were let go, and are needed")
    project.write_recipe(RECIPE)
    project.run(keep_rows=False)
    assert states(plan(project, ["docs.filter.length.characters.at_least=13"]))[0] == (
        "source.files",
        "to do",
        "rows between steps were let go, and are needed",
    )


def test_a_missing_column_is_a_mistake_if_all_records_were_seen(project: Project) -> None:
    project.write_recipe(RECIPE.replace("clean.whitespace", "clean.whitespace: {fields: [body]}"))
    with pytest.raises(RecipeError) as error:
        plan(project)
    assert str(error.value) == (
        f"{project.folder}/recipe.yaml:7  docs.clean.whitespace\n  It reads the column `body`, which is not there. Columns: kind, n, text."
    )


def test_a_column_that_a_later_dataset_reads_is_looked_for_before_the_first_is_made(project: Project) -> None:
    project.write_recipe(UNION + "    - filter.where: knid = 'a'\n")
    with pytest.raises(RecipeError, match="It reads the column `knid`, which is not there.*Did you mean `kind`") as error:
        plan(project)
    assert error.value.where == f"{project.folder}/recipe.yaml:10  both.filter.where"
    with pytest.raises(RecipeError, match="It reads the column `knid`, which is not there"):
        project.run()


def test_a_missing_column_may_yet_come_where_only_the_first_records_were_seen(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PEEKED", 10)
    project.write("a.jsonl", [*some_rows()[:50], {"text": "at last", "late": 1}])
    project.write_recipe(RECIPE.replace("n % 10 <> 3", "late is null"))
    found = plan(project)
    assert len(found.findings) == 1
    assert "It reads the column `late`, which is not there." in found.findings[0] and "The first 10 records" in found.findings[0]
    project.run()
    assert {state for _, state, _ in states(plan(project))} == {"kept"}


def test_a_missing_file_is_told_beside_what_is_there(project: Project) -> None:
    project.write_recipe(RECIPE.replace("raw/*.jsonl", "row/*.jsonl"))
    with pytest.raises(NotThere, match=r"No file matches this pattern. Did you mean `raw/\*.jsonl`\? .*holds: raw") as error:
        plan(project)
    assert error.value.where == f"{project.folder}/recipe.yaml:6  docs.source.files row/*.jsonl"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ('{path: "raw/*.jsonl", text: bdy}', "There is no column `bdy`, which `text` names."),
        ('{path: "raw/*.jsonl", id: m}', "There is no column `m`, which `id` names."),
        ("{path: none}", "This folder holds no files."),
        ("{path: raw/a.data}", "The name does not tell how the file is written (`.data`)."),
    ],
)
def test_what_a_source_refuses_is_told_with_its_line_by_plan_and_run(project: Project, settings: str, found: str) -> None:
    (project.folder / "none").mkdir()
    (project.folder / "raw/a.data").write_text("")
    project.write_recipe(RECIPE.replace('{path: "raw/*.jsonl"}', settings))
    for ask in (plan, Project.run):
        with pytest.raises(AskedWrong) as error:
            ask(project)
        assert error.value.where.startswith(f"{project.folder}/recipe.yaml:6  docs.source.files")
        assert error.value.found == found


def test_a_source_that_was_refused_is_still_refused(project: Project) -> None:
    project.write("c.jsonl", ["{broken"] * 5)
    with pytest.raises(TooManyBadRecords):
        project.run()
    with pytest.raises(TooManyBadRecords):
        plan(project)
    assert states(plan(project, ["docs.source.files.bad_records.at_most=0.05"]))[0] == ("source.files", "kept", "")


def test_models_and_scores_are_estimated_before_and_kept_after(another: Callable[[], Project]) -> None:
    project = another()
    tiny_model(project.folder / "tiny")
    project.write("a.jsonl", [{"text": f"The cat number {number} sat on the mat."} for number in range(40)])
    project.write_recipe(
        "name: scored\ndata:\n  docs:\n    - source.files: {path: raw}\n    - split.random: {test: 5}\n"
        "models:\n  given: {from: ./tiny}\n  words: {train.tokenizer: {data: docs.train, vocab_size: 300}}\n"
        "scores:\n  held: {evaluate.perplexity: {models: [given], data: docs.test}}\n"
    )
    before = plan(project)
    assert [(line["name"], line["state"]) for line in (*before.models, *before.scores)] == [("words", "to do"), ("held", "to do")]
    assert before.models[0]["step"] == "words.train.tokenizer" and before.models[0]["line"] == 8
    project.run()
    after = plan(project)
    assert [(line["name"], line["state"]) for line in (*after.models, *after.scores)] == [("words", "kept"), ("held", "kept")]
    assert after.told()["seconds"] == 0
    (project.folder / "tiny" / "generation_config.json").write_text("{}")
    again = plan(project)
    assert [(line["name"], line["state"]) for line in (*again.models, *again.scores)] == [("words", "kept"), ("held", "to do")]


def test_sizes_that_cannot_fit_are_refused_with_the_line(project: Project) -> None:
    project.write_recipe(
        RECIPE + "models:\n  words: {train.tokenizer: {data: docs.train, vocab_size: 300}}\n"
        "  mind: {train.pretrain: {data: docs.train, tokenizer: words, validation: docs.validation, steps: 2, batch: 2, "
        "architecture: {layers: 2, width: 33, heads: 2, context: 32}}}\n"
    )
    with pytest.raises(RecipeError) as error:
        plan(project)
    assert "recipe.yaml:" in str(error.value)


def test_the_sums_are_of_all_lines_and_memory_is_the_most() -> None:
    lines = [{"seconds": 2.0, "disk_bytes": 10, "memory_bytes": 5}, {"seconds": None}, {"seconds": 1.0, "memory_bytes": 9}]
    told = Forecast(path=[lines[0]], models=[lines[1]], scores=[lines[2]]).told()
    assert (told["seconds"], told["disk_bytes"], told["memory_bytes"]) == (3.0, 10.0, 9.0)
    assert Forecast().told()["memory_bytes"] == 0
