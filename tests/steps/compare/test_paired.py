"""compare.paired: which model is better on the same items, in figures and in words."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from tests.projects import Project, result
from tilth.errors import AskedWrong, NothingLeft, RecipeError
from tilth.execute.forecast import forecast
from tilth.execute.run import Wish
from tilth.fakes.model import tiny_model
from tilth.fakes.work import tiny_work
from tilth.steps.compare.paired import Paired
from tilth.work import Items, Ratio

RATIOS = {"nats_per_token": Ratio("nll", "tokens"), "perplexity": Ratio("nll", "tokens", "exp")}


def items(folder, by_model, ratios=RATIOS, tokens=None):
    """A score of models whose items are numbered: for each its nats."""
    rows = [
        {"model": name, "item": number, "nll": None if nll is None else float(nll), "tokens": (tokens or {}).get(name, 10)}
        for name, every in by_model.items()
        for number, nll in every
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "items.parquet")
    return replace(tiny_work(folder, {}), scores={"held": Items("held", folder / "items.parquet", ("item",), ratios)})


def numbered(values, start=0):
    return list(enumerate(values, start))


def noise(seed, count=80):
    return np.random.Generator(np.random.PCG64(seed)).normal(0, 1, count)


@pytest.fixture
def three(tmp_path):
    hard = 30 + 10 * noise(1)
    return items(tmp_path, {"base": numbered(hard), "tuned": numbered(hard - 5 + noise(2)), "same": numbered(hard + 0.01 * noise(3))})


def test_each_model_is_compared_with_the_first(three):
    found = Paired(score="held").judge(three)
    assert [(score.model, score.metric) for score in found.scores] == [
        (f"{model} − base", f"{metric}_difference") for model in ("tuned", "same") for metric in ("nats_per_token", "perplexity")
    ]
    tuned, _, same, _ = found.scores
    assert tuned.value == pytest.approx(-0.5, abs=0.05) and tuned.low < tuned.value < tuned.high < 0 and tuned.n == 80
    assert tuned.verdict == "tuned is clearly better" and same.verdict == "not told apart" and same.low <= 0 <= same.high


def test_the_difference_is_that_of_the_metrics_over_the_shared_items(tmp_path):
    work = items(tmp_path, {"base": numbered([1, 2, 3, 4, None, 9]), "tuned": numbered([2, 2, 2, 8, 8], start=1)})
    found = Paired(score="held").judge(work)
    told = found.facts["pairs"][0]
    assert (told["value"], told["baseline_value"], told["n"], told["left_out"]) == (pytest.approx(14 / 40), pytest.approx(18 / 40), 4, 2)
    assert found.scores[1].value == pytest.approx(np.exp(14 / 40) - np.exp(18 / 40))
    assert found.items.column_names == ["model", "baseline", "item", "nll", "tokens", "baseline_nll", "baseline_tokens"]
    assert found.items["item"].to_pylist() == [1, 2, 3, 4, 5]


def test_a_worse_model_and_another_baseline_are_told(three):
    found = Paired(score="held", baseline="tuned", metrics=["nats_per_token"]).judge(three)
    assert [score.model for score in found.scores] == ["base − tuned", "same − tuned"]
    assert all(score.low > 0 and score.verdict == "tuned is clearly better" for score in found.scores)


def test_of_a_metric_that_has_no_better_end_only_the_difference_is_told(tmp_path):
    ratios = {"length": Ratio("nll", better="")}
    work = items(tmp_path, {"base": numbered([5] * 30), "tuned": numbered([7] * 30)}, ratios)
    (score,) = Paired(score="held").judge(work).scores
    assert (score.value, score.verdict) == (2.0, "clearly different")


def test_higher_may_be_better(tmp_path):
    ratios = {"exact": Ratio("nll", better="higher")}
    work = items(tmp_path, {"base": numbered([0] * 30), "tuned": numbered([1] * 30)}, ratios)
    assert Paired(score="held").judge(work).scores[0].verdict == "tuned is clearly better"


def test_models_that_count_otherwise_are_not_compared_by_that_count(tmp_path):
    ratios = RATIOS | {"nats_per_item": Ratio("nll")}
    work = items(tmp_path, {"base": numbered([5.0, 6.0, 7.0]), "tuned": numbered([4.0, 5.0, 6.5])}, ratios, {"tuned": 12})
    found = Paired(score="held").judge(work)
    assert [score.metric for score in found.scores] == ["nats_per_item_difference"]
    assert found.facts["pairs"][0]["not_compared"] == "the models differ in `tokens` on 3 items"
    with pytest.raises(AskedWrong, match="`perplexity` of `tuned` and `base` cannot be compared: the models differ in `tokens` on 3 items"):
        Paired(score="held", metrics=["perplexity", "nats_per_item"]).judge(work)


def test_results_come_again(three):
    assert Paired(score="held").judge(three).scores == Paired(score="held").judge(three).scores


def test_what_cannot_be_compared_is_refused(tmp_path, three):
    with pytest.raises(AskedWrong, match="no metric `exact`"):
        Paired(score="held", metrics=["exact"]).judge(three)
    with pytest.raises(AskedWrong, match="scores `base`, `tuned`, `same` alone"):
        Paired(score="held", baseline="other").judge(three)
    with pytest.raises(AskedWrong, match="cannot be compared between models"):
        Paired(score="held").judge(items(tmp_path, {"a": [(0, 1)]}, {}))
    with pytest.raises(AskedWrong, match="scores `a` alone"):
        Paired(score="held").judge(items(tmp_path, {"a": [(0, 1)]}))
    with pytest.raises(NothingLeft, match="share no item"):
        Paired(score="held").judge(items(tmp_path, {"a": [(0, 1)], "b": [(1, 1)]}))
    with pytest.raises(AskedWrong, match="cannot be told from others by item"):
        Paired(score="held").judge(items(tmp_path, {"a": [(0, 1), (0, 2)], "b": [(0, 1)]}))
    with pytest.raises(ValidationError, match="2000"):
        Paired(score="held", resamples=100)


# In a recipe

RECIPE = """
name: compared
data:
  docs:
    - source.files: {path: raw}
models:
  base: {from: ./one}
  other: {from: ./two}
scores:
  verdict: {compare.paired: {score: held}}
  held: {evaluate.perplexity: {models: [base, other], data: docs}}
"""


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("compared"))
    project.write("a.jsonl", [{"text": f"The cat number {number} sat."} for number in range(12)])
    tiny_model(project.folder / "one", 1)
    tiny_model(project.folder / "two", 2)
    project.write_recipe(RECIPE)
    return project, project.run()


def test_a_score_is_made_after_the_score_that_it_reads_wherever_it_stands(compared):
    project, run = compared
    by_name = {(score["name"], score["metric"]): score for score in result(run)["scores"]}
    held = {score["model"]: score["value"] for score in result(run)["scores"] if (score["name"], score["metric"]) == ("held", "bits_per_byte")}
    difference = by_name["verdict", "bits_per_byte_difference"]
    assert difference["model"] == "other − base" and difference["value"] == pytest.approx(held["other"] - held["base"])
    assert difference["verdict"] in ("not told apart", "base is clearly better", "other is clearly better")
    assert pq.read_table(run.folder / "scores" / "verdict.parquet").num_rows == 12


def test_it_is_found_again_and_what_it_reads_is_its_key(compared):
    project, run = compared
    plan = forecast(project.recipe(), (project.store, project.runs))
    assert {line["name"]: line["state"] for line in plan.scores} == {"held": "kept", "verdict": "kept"}
    other = forecast(project.recipe(["held.evaluate.perplexity.models=[other,base]"]), (project.store, project.runs))
    assert {line["name"]: line["state"] for line in other.scores} == {"held": "to do", "verdict": "to do"}


def test_a_claim_may_be_about_a_difference(compared):
    project, run = compared
    value = next(score["value"] for score in result(run)["scores"] if score["metric"] == "nats_per_token_difference")
    assert project.run(wish=Wish(claims=(f"verdict.nats_per_token_difference == {value}",))).folder == run.folder


def test_until_a_comparison_makes_the_score_that_it_reads(tmp_path, compared):
    assert json.loads(json.dumps(result(compared[0].run(wish=Wish(until="verdict")))["scores"])) == result(compared[1])["scores"]


@pytest.mark.parametrize(("held", "why"), [("{compare.paired: {score: verdict}}", "in a circle"), ("{evaluate.diversity: {data: [docs]}}", None)])
def test_scores_that_need_each_other_are_refused(compared, held, why):
    project, _ = compared
    if why is None:
        with pytest.raises(AskedWrong, match="cannot be compared between models"):
            project.run([f"scores.held={held}", "name=other"])
        return
    with pytest.raises(RecipeError, match=why):
        project.recipe([f"scores.held={held}"])


def test_a_score_that_is_not_there_is_told_with_the_nearest(compared):
    with pytest.raises(RecipeError, match="There is no score `hold`"):
        compared[0].recipe(["verdict.compare.paired.score=hold"])
