"""compare.paired: which of two models is better on the same items, and whether that is more than noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import Field

from tilth.errors import AskedWrong, NothingLeft
from tilth.step import Judge, ModelName, ScoreName
from tilth.steps.compare._resampling import Numbers, paired_interval, sign_flips
from tilth.work import Items, Judgement, Known, Ratio, Score, Work

DIFFERENCE = "_difference"
"""What the name of a metric ends in, as a difference."""

TOLD_APART = 0.05


class Paired(Judge):
    """Compare the models of another score on the items that they share.

    Each model is compared with the baseline, item by item: `nats_per_token_difference` of `tuned − base` is the metric of
    `tuned` less that of `base`, over the items that both have. Its 95 % interval is the percentile interval of a paired
    bootstrap: the items are drawn again, the same ones for both models (Efron and Tibshirani 1993). Beside it stands the
    p-value of a two-sided paired permutation test: for each item it is tossed which model is which. A model is called
    clearly better where the interval leaves out 0 and p is at most 0.05; otherwise the two are not told apart, which is
    not to say that they are equal. Several pairs and metrics are several tests, and p is not corrected for their number.

    A metric is a ratio of sums over the items, and the differences are fair only where both models have the same
    denominator on every item. So nats per token of models that cut texts into other tokens are not compared (the facts
    say so); bits per byte are. The items stay random draws of what was asked: intervals tell nothing of other data.
    """

    score: ScoreName
    """The score whose items are compared: of `evaluate.perplexity` or `evaluate.generate`."""
    baseline: ModelName | None = None
    """The model that the others are compared with; default: the first of the score."""
    metrics: tuple[str, ...] = ()
    """The metrics of the score to compare; default: all that can be."""
    resamples: int = Field(default=10_000, ge=2000)
    """How often the items are drawn again, and the labels tossed."""

    def gives(self) -> tuple[str, ...]:
        return tuple(f"{name}{DIFFERENCE}" for name in self.metrics)

    def judge(self, work: Work) -> Judgement:
        """Read the items, pair them, and compare."""
        items = work.scores[self.score]
        ratios = self._ratios(items)
        pairs = list(self._pairs(items, ratios))
        scores: list[Score] = []
        told: list[dict[str, Any]] = []
        for pair in pairs:
            for name, ratio in ratios.items():
                score, facts = self._compared(pair, name, ratio, work.seed)
                scores += [] if score is None else [score]
                told.append(facts)
        failed = [one for one in told if "not_compared" in one]
        if failed and (self.metrics or not scores):
            raise AskedWrong(
                f"`{failed[0]['metric']}` of `{failed[0]['model']}` and `{failed[0]['baseline']}` cannot be compared: {failed[0]['not_compared']}.",
                accepted="Both models have the same denominator on every item.",
                remedy="Models of different tokenizers are compared by `bits_per_byte`.",
            )
        return Judgement(scores, pa.concat_tables([pair.told() for pair in pairs]), {"resamples": self.resamples, "pairs": told})

    def estimate(self, known: Known) -> dict[str, float]:
        """Seconds; nothing heavy."""
        return {}

    def _ratios(self, items: Items) -> Mapping[str, Ratio]:
        """The metrics to compare. Raises AskedWrong where the score has none of the kind."""
        if not items.ratios:
            raise AskedWrong(
                f"The items of `{self.score}` cannot be compared between models.",
                accepted="A score of evaluate.perplexity, or of evaluate.generate.",
            )
        missing = next((name for name in self.metrics if name not in items.ratios), None)
        if missing is not None:
            raise AskedWrong(f"`{self.score}` has no metric `{missing}` to compare.", accepted=f"Its metrics: {', '.join(items.ratios)}.")
        return {name: items.ratios[name] for name in self.metrics or items.ratios}

    def _pairs(self, items: Items, ratios: Mapping[str, Ratio]) -> Iterator[_Pair]:
        """Each model beside the baseline, on the items that both have."""
        columns = [name for ratio in ratios.values() for name in (ratio.above, ratio.below) if name]
        table = pq.read_table(items.file, columns=list(dict.fromkeys(["model", *items.by, *columns])))
        models = pc.unique(table["model"]).to_pylist()
        baseline = self.baseline or models[0]
        if baseline not in models or len(models) < 2:
            found = f"`{self.score}` scores {', '.join(f'`{name}`' for name in models)} alone."
            raise AskedWrong(found, accepted="A comparison takes a score of two models or more, the baseline being one of them.")
        by_model = {name: table.filter(pc.equal(table["model"], name)) for name in models}
        for name in models:
            if name != baseline:
                yield _paired(name, baseline, (by_model[name], by_model[baseline]), items.by)

    def _compared(self, pair: _Pair, name: str, ratio: Ratio, seed: int) -> tuple[Score | None, dict[str, Any]]:
        """The difference in one metric; None, and why, where there is none."""
        told: dict[str, Any] = {"model": pair.model, "baseline": pair.baseline, "metric": name}
        first, second, under = pair.numbers(ratio)
        if not len(under):
            return None, {**told, "not_compared": "no item has a value of both models"}
        if under.ndim == 2:
            return None, {**told, "not_compared": f"the models differ in `{ratio.below}` on {int((under[0] != under[1]).sum()):,} items"}
        ours, theirs = (float(ratio.of(one.sum(), under.sum())) for one in (first, second))
        low, high = paired_interval(ratio, (first, second), under, self.resamples, seed)
        p = sign_flips(first - second, self.resamples, seed)
        verdict = _verdict(pair, ratio, (low, high), p)
        score = Score(f"{pair.model} − {pair.baseline}", f"{name}{DIFFERENCE}", ours - theirs, low, high, len(under), verdict)
        figures = {"value": ours, "baseline_value": theirs, "difference": ours - theirs, "low": low, "high": high, "p": p, "n": len(under)}
        return score, {**told, **figures, "left_out": pair.alone + len(pair.left) - len(under), "verdict": verdict}


@dataclass(frozen=True)
class _Pair:
    """Two models on the items that both have, in one order; `alone`: how many only one of them has."""

    model: str
    baseline: str
    left: pa.Table
    right: pa.Table
    by: tuple[str, ...]
    alone: int

    def numbers(self, ratio: Ratio) -> tuple[Numbers, Numbers, Numbers]:
        """What each has above, and what is below for both; a pair of rows below where that differs. Items without a value of
        either model are left out."""
        above = [_floats(side, ratio.above) for side in (self.left, self.right)]
        below = [_floats(side, ratio.below) if ratio.below else np.ones(len(side)) for side in (self.left, self.right)]
        known = np.isfinite(np.stack([*above, *below])).all(axis=0)
        first, second, one, other = (numbers[known] for numbers in (*above, *below))
        return first, second, one if np.array_equal(one, other) else np.stack([one, other])

    def told(self) -> pa.Table:
        """A row for each item: the two models, who the item is, and what each had."""
        names = [name for name in self.left.column_names if name not in ("model", *self.by)]
        rows = self.left.num_rows
        columns = {"model": pa.array([self.model] * rows, pa.string()), "baseline": pa.array([self.baseline] * rows, pa.string())}
        columns |= {name: self.left[name] for name in self.by}
        columns |= {name: self.left[name] for name in names}
        return pa.table(columns | {f"baseline_{name}": self.right[name] for name in names})


def _paired(model: str, baseline: str, sides: tuple[pa.Table, pa.Table], by: tuple[str, ...]) -> _Pair:
    """The rows of both models that are of one item. Raises AskedWrong where a model has one twice, NothingLeft where they share none."""
    keys = [list(zip(*(side[name].to_pylist() for name in by), strict=True)) for side in sides]
    places = [{key: place for place, key in enumerate(some)} for some in keys]
    for name, some, known in zip((model, baseline), keys, places, strict=True):
        if len(known) < len(some):
            raise AskedWrong(f"`{name}` has {len(some) - len(known):,} items that cannot be told from others by {', '.join(by)}.")
    both = [key for key in keys[0] if key in places[1]]
    if not both:
        raise NothingLeft(f"`{model}` and `{baseline}` share no item.")
    left, right = (side.take(pa.array([known[key] for key in both], pa.int64())) for side, known in zip(sides, places, strict=True))
    return _Pair(model, baseline, left, right, by, len(keys[0]) + len(keys[1]) - 2 * len(both))


def _floats(table: pa.Table, name: str) -> Numbers:
    column = pc.cast(table[name], pa.float64()).combine_chunks()
    return np.asarray(pc.fill_null(column, float("nan")), np.float64)


def _verdict(pair: _Pair, ratio: Ratio, interval: tuple[float, float], p: float) -> str:
    """What follows, in words."""
    low, high = interval
    if p > TOLD_APART or low <= 0 <= high:
        return "not told apart"
    if not ratio.better:
        return "clearly different"
    ahead = pair.model if (high < 0) == (ratio.better == "lower") else pair.baseline
    return f"{ahead} is clearly better"
