"""Claims: misspelt ones are refused before the work begins, and those that do not hold after it."""

from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project
from tilth.errors import DataRefused, NotThere, TilthError, UsageError
from tilth.execute.claims import Claim, check_claims, read_claims
from tilth.execute.run import Wish
from tilth.recipe.resolve import Recipe

RECIPE = """
name: claimed
data:
  docs:
    - source.files: {path: raw}
models:
  base: {from: ./base}
  other-one: {from: ./other}
  unscored: {from: ./unscored}
scores:
  held_out: {evaluate.perplexity: {models: [base, other-one], data: docs}}
  samples: {evaluate.generate: {models: [base], prompts: [The]}}
"""
SCORES: list[dict[str, Any]] = [
    {"name": "held_out", "model": "base", "metric": "perplexity", "value": 50.0},
    {"name": "held_out", "model": "other-one", "metric": "perplexity", "value": 60.0},
    {"name": "samples", "model": "base", "metric": "length", "value": -0.5},
]


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    project = Project(tmp_path)
    project.write_recipe(RECIPE)
    return project.recipe()


def read(recipe: Recipe, *said: str) -> tuple[Claim, ...]:
    return read_claims(said, recipe, recipe.order)


def test_a_claim_is_taken_apart(recipe: Recipe) -> None:
    assert read(recipe, " held_out.perplexity<60 ", "held_out.other-one.bits_per_byte >= 1.5e-2") == (
        Claim("held_out.perplexity<60", "held_out", None, "perplexity", "<", 60.0),
        Claim("held_out.other-one.bits_per_byte >= 1.5e-2", "held_out", "other-one", "bits_per_byte", ">=", 0.015),
    )
    assert read(recipe) == ()


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        ("nonsense", UsageError, "`nonsense` is no claim. `SCORE.METRIC < NUMBER` or `SCORE.MODEL.METRIC >= NUMBER`."),
        ("held_out.perplexity = 60", UsageError, "is no claim"),
        ("held_out.perplexity < 6-0", UsageError, "is no claim"),
        ("held_out.perplexity < few", UsageError, "is no claim"),
        ("", UsageError, "`` is no claim"),
        ("heldout.perplexity < 60", NotThere, "There is no score `heldout`. Did you mean `held_out`? The recipe's scores: held_out, samples."),
        ("base.perplexity < 60", NotThere, "There is no score `base`. The recipe's scores: held_out, samples."),
        ("held_out.bse.perplexity < 60", NotThere, "There is no model `bse`. Did you mean `base`? Models of `held_out`: base, other-one."),
        ("held_out.unscored.perplexity < 60", NotThere, "There is no model `unscored`. Models of `held_out`: base, other-one."),
        (
            "held_out.preplexity < 60",
            NotThere,
            "There is no metric `preplexity`. Did you mean `perplexity`? Metrics of `held_out`: nats_per_token, perplexity, bits_per_byte.",
        ),
        ("samples.perplexity < 60", NotThere, "There is no metric `perplexity`. Metrics of `samples`: length, ended."),
    ],
)
def test_what_cannot_be_claimed(recipe: Recipe, said: str, kind: type[TilthError], told: str) -> None:
    with pytest.raises(kind) as error:
        read(recipe, "samples.length > 1", said)
    assert told in str(error.value) and error.value.where == "--fail-unless"


def test_a_score_that_this_run_does_not_make_cannot_be_claimed(recipe: Recipe) -> None:
    with pytest.raises(UsageError, match="This run does not make the score `samples`"):
        read_claims(["samples.length > 1"], recipe, {"docs", "base", "held_out"})


def test_a_misspelt_claim_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.jsonl", [{"text": "a"}])
    project.write_recipe(RECIPE)
    with pytest.raises(NotThere, match="Did you mean `held_out`"):
        project.run(wish=Wish(claims=("hedl_out.perplexity < 60",)))
    assert not list((tmp_path / ".tilth").rglob("*.parquet"))


@pytest.mark.parametrize(
    "said",
    ["held_out.perplexity <= 60", "held_out.base.perplexity < 51", "held_out.perplexity > 4.9e1", "samples.length == -0.5", "samples.length<-.25"],
)
def test_a_claim_that_holds_for_every_model_it_is_about(recipe: Recipe, said: str) -> None:
    check_claims(read(recipe, said), SCORES)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("held_out.perplexity < 60", "held_out.other-one.perplexity is 60, and `held_out.perplexity < 60` was asked."),
        ("held_out.base.perplexity >= 51", "held_out.base.perplexity is 50, and"),
        ("samples.length > 0", "samples.base.length is -0.5, and"),
    ],
)
def test_a_claim_that_does_not_hold(recipe: Recipe, said: str, told: str) -> None:
    with pytest.raises(DataRefused) as error:
        check_claims(read(recipe, said), SCORES)
    assert told in str(error.value)


def test_a_metric_that_was_not_measured_after_all(recipe: Recipe) -> None:
    with pytest.raises(NotThere, match=r"no such score came out. Scores: held_out.base.perplexity, "):
        check_claims(read(recipe, "held_out.bits_per_byte < 2"), SCORES)
