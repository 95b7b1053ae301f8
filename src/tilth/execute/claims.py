"""Claims: what must hold of a run's scores, such as `held_out.perplexity < 60`.

A claim is read before the work begins, so that a misspelt one costs no hours; what a name can be is
told by the recipe, and what a metric can be by the score's step, where it tells its metrics.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilth.errors import DataRefused, NotThere, UsageError
from tilth.recipe.resolve import Recipe, Scored, steps_read_by
from tilth.recipe.words import did_you_mean, nearest, sentences
from tilth.step import Judge

FLAG = "--fail-unless"
FORM = re.compile(r"\s*([\w-]+)\.(?:([\w-]+)\.)?(\w+)\s*(<=|>=|<|>|==)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*", re.ASCII)
HOLDS: dict[str, Callable[[float, float], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}


@dataclass(frozen=True)
class Claim:
    """A claim, taken apart. `model`: None for every model of the score."""

    said: str
    score: str
    model: str | None
    metric: str
    sign: str
    limit: float


def read_claims(said: Sequence[str], recipe: Recipe, wanted: Collection[str]) -> tuple[Claim, ...]:
    """The claims. `wanted`: the names of the recipe that the run will make.

    Raises: UsageError for what is no claim; NotThere for a score, model or metric that there will not be."""
    claims = tuple(_read(one) for one in said)
    for claim in claims:
        _check(claim, recipe, wanted)
    return claims


def _read(said: str) -> Claim:
    told = FORM.fullmatch(said)
    if told is None:
        raise UsageError(f"`{said}` is no claim.", where=FLAG, accepted="`SCORE.METRIC < NUMBER` or `SCORE.MODEL.METRIC >= NUMBER`.")
    score, model, metric, sign, limit = told.groups()
    return Claim(said.strip(), score, model, metric, sign, float(limit))


def _check(claim: Claim, recipe: Recipe, wanted: Collection[str]) -> None:
    """What can be known of its names before the work begins."""
    known = {score.name: score for score in recipe.scores}
    if claim.score not in known:
        raise _no("score", claim.score, list(known), "The recipe's scores")
    if claim.score not in wanted:
        raise UsageError(f"This run does not make the score `{claim.score}`.", where=FLAG, remedy="Leave out the claim, or `--until`.")
    models, metrics = _models(recipe, known[claim.score]), _metrics(known[claim.score])
    if claim.model is not None and models and claim.model not in models:
        raise _no("model", claim.model, models, f"Models of `{claim.score}`")
    if metrics and claim.metric not in metrics:
        raise _no("metric", claim.metric, metrics, f"Metrics of `{claim.score}`")


def _models(recipe: Recipe, score: Scored) -> list[str]:
    """The models that the score's step names; none where it takes them from another score."""
    models, scores = {model.name for model in recipe.models}, {one.name for one in recipe.scores}
    named = steps_read_by(score.made.step)
    return [] if scores & set(named) else [name for name in named if name in models]


def _metrics(score: Scored) -> Sequence[str]:
    assert isinstance(score.made.step, Judge)
    return score.made.step.gives()


def _no(what: str, name: str, known: Sequence[str], title: str) -> NotThere:
    accepted = sentences(did_you_mean(nearest(name, known)), f"{title}: {', '.join(known) or 'none'}.")
    return NotThere(f"There is no {what} `{name}`.", where=FLAG, accepted=accepted)


def check_claims(claims: Sequence[Claim], scores: Sequence[Mapping[str, Any]]) -> None:
    """Raises: DataRefused unless every claim holds for every model that it is about; NotThere where nothing was measured for it."""
    for claim in claims:
        found = [one for one in scores if (one["name"], one["metric"]) == (claim.score, claim.metric) and claim.model in (None, one["model"])]
        if not found:
            known = ", ".join(f"{one['name']}.{one['model']}.{one['metric']}" for one in scores) or "none"
            raise NotThere(f"`{claim.said}` was asked, and no such score came out.", where=FLAG, accepted=f"Scores: {known}.")
        for one in found:
            if not HOLDS[claim.sign](float(one["value"]), claim.limit):
                raise DataRefused(f"{claim.score}.{one['model']}.{claim.metric} is {one['value']:.4g}, and `{claim.said}` was asked.", where=FLAG)
