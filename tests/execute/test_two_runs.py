"""What two records tell of each other."""

import json
from pathlib import Path

import pytest

from tests.projects import RECIPE, Project, some_rows
from tilth.execute.two_runs import ABSENT, Scored, Setting, TwoRuns, two_runs
from tilth.store.runs import Run


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("two") / "project")
    made.write("a.jsonl", some_rows())
    made.run()
    return made


def asked(project: Project, recipe: str) -> TwoRuns:
    """A run beside the first one."""
    project.write_recipe(recipe)
    return two_runs(project.runs.find("small/1"), project.run())


def test_a_run_differs_in_nothing_from_itself(project):
    run = project.runs.find("small/1")
    found = two_runs(run, run)
    assert not (found.recipe or found.steps or found.versions or found.machine or found.comparable)
    assert found.datasets["docs"][0] == found.datasets["docs"][1] is not None


def test_another_limit_is_told_by_its_address_with_the_counts_that_it_changed(project):
    found = asked(project, RECIPE.replace("at_least: 12", "at_least: 30"))
    assert found.recipe == [Setting("docs.filter.length.characters.at_least", 12, 30)]
    assert found.comparable == ["docs"]
    counts = {one.step: one.counts for one in found.steps}
    assert counts["docs.filter.length"]["dropped"][0] < counts["docs.filter.length"]["dropped"][1]
    assert "docs.source.files" not in counts


def test_a_step_that_only_one_has_is_told_once_with_its_settings(project):
    more = "    - dedup.exact: {ignore: [whitespace, case]}\n    - filter.length: {words: {at_least: 2}}\n"
    found = asked(project, RECIPE.replace("    - dedup.exact\n", more))
    assert found.recipe == [
        Setting("docs.dedup.exact.ignore", ABSENT, ["whitespace", "case"], "b"),
        Setting("docs.filter.length[2]", ABSENT, {"words.at_least": 2}, "b"),
    ]
    assert {one.step: one.counts["kept"] for one in found.steps}["docs.filter.length[2]"][0] is None


def test_steps_in_another_order_are_told(project):
    recipe = RECIPE.replace("    - clean.whitespace\n", "").replace("    - clean.unicode\n", "    - clean.unicode\n    - clean.whitespace\n")
    found = asked(project, recipe)
    assert [one.address for one in found.recipe] == ["docs"]
    assert found.recipe[0].a.index("clean.whitespace") < found.recipe[0].b.index("clean.whitespace")


def test_a_setting_written_bare_is_the_setting(project):
    assert asked(project, RECIPE.replace("filter.where: n % 10 <> 3", 'filter.where: {sql: "n % 10 <> 3"}')).recipe == []
    found = asked(project, RECIPE.replace("n % 10 <> 3", "n % 10 <> 4"))
    assert found.recipe == [Setting("docs.filter.where.sql", "n % 10 <> 3", "n % 10 <> 4")]


def rewritten(run: Run, folder: Path, **changed: object) -> Run:
    """The run as another machine would have recorded it."""
    place = folder / run.name / "7"
    place.mkdir(parents=True)
    record = run.record()
    record["result"]["scores"] = changed.pop("scores", [])
    (place / "record.json").write_text(json.dumps({**record, **changed}))
    (place / "recipe.yaml").write_text((run.folder / "recipe.yaml").read_text())
    return Run(place)


def test_versions_and_machines_that_differ_are_told(project, tmp_path):
    run = project.runs.find("small/1")
    versions = {**run.record()["versions"], "numpy": "1.0", "torch": None}
    found = two_runs(run, rewritten(run, tmp_path, versions=versions, machine={**run.record()["machine"], "cores": 512}))
    assert found.versions["numpy"] == (run.record()["versions"]["numpy"], "1.0") and "pyarrow" not in found.versions
    assert found.machine == {"cores": (run.record()["machine"]["cores"], 512)}


def score(value: float, low: float | None, high: float | None, model: str = "base") -> dict:
    told = {"name": "held_out", "step": "evaluate.perplexity", "model": model, "metric": "perplexity"}
    return {**told, "value": value, "low": low, "high": high, "n": 9}


def test_scores_stand_beside_each_other(project, tmp_path):
    run = project.runs.find("small/1")
    a = rewritten(run, tmp_path / "a", scores=[score(60, 55, 66), score(70, None, None, "large")])
    b = rewritten(run, tmp_path / "b", scores=[score(50, 46, 54.9), score(44, 41, 48, "other"), score(69, 60, 71, "large")])
    assert two_runs(a, b).scores == [
        Scored("held_out", "base", "perplexity", (60, 55, 66, 9), (50, 46, 54.9, 9)),
        Scored("held_out", "large", "perplexity", (70, None, None, 9), (69, 60, 71, 9)),
        Scored("held_out", "other", "perplexity", None, (44, 41, 48, 9)),
    ]
    assert [one.overlap for one in two_runs(a, b).scores] == [False, None, None]
    assert [one.overlap for one in two_runs(a, a).scores] == [True, None]
