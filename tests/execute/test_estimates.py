"""What was foretold stands beside what was measured, and only where something was done."""

from typing import Any

from tests.projects import Project, line
from tilth.execute.estimates import of_data, of_models
from tilth.execute.forecast import Forecast, forecast
from tilth.execute.models import Stands
from tilth.execute.run import Wish
from tilth.store.runs import Run


def estimates(run: Run) -> dict[str, tuple[float, float]]:
    return {one["quantity"]: (one["estimate"], one["measured"]) for one in run.facts()["estimates"] if one["what"] == "docs"}


def test_what_the_plan_tells_of_a_dataset_stands_beside_what_the_run_took(project: Project) -> None:
    plan = forecast(project.recipe(workers=1), (project.store, project.runs))
    run = project.run()
    told = estimates(run)
    assert told["rows"] == (plan.rows["docs"], line(run, "docs.split.random")["kept"])
    assert told["seconds"][0] == plan.told()["seconds"] and 0 < told["seconds"][1] < run.facts()["seconds"]
    assert told["disk_bytes"][0] == plan.told()["disk_bytes"]
    stored = sum(path.stat().st_size for path in (project.store.root / "objects").rglob("*") if path.is_file())
    assert 0.8 * stored < told["disk_bytes"][1] <= stored, "all that was written but the surveys"


def test_the_next_plan_has_learned_from_the_last_run(project: Project) -> None:
    project.run()
    told = estimates(project.run(["docs.filter.length.characters.at_least=13"]))
    assert abs(told["rows"][0] - told["rows"][1]) < 10
    assert "disk_bytes" not in told, "of a new decision from stored measures the plan tells none"


def test_a_dataset_that_was_taken_from_the_store_has_no_estimate(project: Project) -> None:
    project.run()
    project.write_recipe((project.folder / "recipe.yaml").read_text() + "  more:\n    - from: docs.train\n    - filter.where: n < 50\n")
    run = project.run()
    assert {one["what"] for one in run.facts()["estimates"]} == {"more"}


def test_no_plan_is_made_of_a_sample_or_of_what_is_made_anew(project: Project) -> None:
    assert project.run(wish=Wish(sample=20)).facts()["estimates"] == []
    project.run()
    assert estimates(project.run(["seed=8"], Wish(again_from="docs"))) == {}


def test_what_the_plan_could_not_tell_is_left_out() -> None:
    foretold = Forecast(path=[_step("docs", "to do", rows=None, seconds=None), _step("other", "kept", rows=4, seconds=0.0)])
    assert of_data(foretold, {}, {}) == []
    walked: Any = type("Walked", (), {"path": [{"kept": 3}], "seconds": 1.23456})()
    assert of_data(foretold, {"docs": walked, "other": walked}, {"docs": 7, "other": 7}) == []
    foretold.path.append(_step("docs", "to do", rows=9, seconds=2.0))
    assert of_data(foretold, {"docs": walked}, {"docs": 7}) == [
        {"what": "docs", "quantity": "rows", "estimate": 9, "measured": 3},
        {"what": "docs", "quantity": "seconds", "estimate": 2.0, "measured": 1.235},
    ]


def _step(dataset: str, state: str, **told: Any) -> dict[str, Any]:
    return {"dataset": dataset, "state": state, **told}


def test_a_model_without_a_clock_of_its_own_is_measured_by_ours(project: Project) -> None:
    facts = {"estimate": {"seconds": 2.0, "tokens": 9.0, "loss": 1.0}, "tokens_seen": 8}
    told = of_models({"words": Stands("words", "key", project.folder, "train.tokenizer", facts, True, 3.5)})
    assert [(one["quantity"], one["estimate"], one["measured"]) for one in told] == [("seconds", 2.0, 3.5), ("tokens", 9.0, 8.0)]
