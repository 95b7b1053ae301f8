"""The first screen of a report: what went in, what came out, what was lost and why, how good the models are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tilth.report import plots
from tilth.report.facts import Facts, Sample, Score, Stage


@dataclass(frozen=True)
class Loss:
    """Rows that one rule of one step took away."""

    stage: Stage
    rule: str
    rows: int


@dataclass(frozen=True)
class Result:
    """The figures of the first screen. `losses` and `steps`: by rule, and by step, the largest first; `verdicts`: a score
    for each model, the best first; `guessing`: the perplexity of blind guessing, where the best is a perplexity."""

    read: int
    kept: dict[str, int]
    dropped: int
    unread: int
    losses: Sequence[Loss]
    steps: Sequence[Stage]
    verdicts: Sequence[Score]
    guessing: int | None
    gauge: Markup
    sample: Sample | None


def result(facts: Facts) -> Result:
    """Sums over the steps, and the scores that say most."""
    last = {stage.dataset: stage.kept for stage in facts.path}
    verdicts = _verdicts(facts.scores)
    guessing = _guessing(facts, verdicts)
    rivals = [score for score in verdicts if score.metric == "perplexity" and _vocabulary(facts, score.model) == guessing]
    return Result(
        read=sum(stage.rows_in for stage in facts.path if stage.reads),
        kept={name: dataset.rows for name, dataset in facts.datasets.items()} or last,
        dropped=sum(stage.dropped for stage in facts.path),
        unread=sum(stage.quarantined for stage in facts.path),
        losses=sorted(_losses(facts.path), key=lambda loss: -loss.rows),
        steps=sorted((stage for stage in facts.path if stage.dropped), key=lambda stage: -stage.dropped),
        verdicts=verdicts,
        guessing=guessing,
        gauge=Markup("") if guessing is None else plots.gauge(rivals, guessing),
        sample=_sample(facts, verdicts),
    )


def _losses(path: Sequence[Stage]) -> Iterator[Loss]:
    for stage in path:
        if stage.dropped:
            yield from (Loss(stage, rule, rows) for rule, rows in (stage.reasons or {stage.name: stage.dropped}).items())


def _verdicts(scores: Sequence[Score]) -> list[Score]:
    """For each model the perplexity if there is one, otherwise its first score; the lowest perplexity first."""
    chosen: dict[str, Score] = {}
    for score in scores:
        if score.model not in chosen or (score.metric == "perplexity" != chosen[score.model].metric):
            chosen[score.model] = score
    return sorted(chosen.values(), key=_rank)


def _rank(score: Score) -> tuple[bool, float]:
    perplexity = score.metric == "perplexity" and score.value is not None
    return not perplexity, score.value if perplexity and score.value is not None else 0.0


def _guessing(facts: Facts, verdicts: Sequence[Score]) -> int | None:
    """The entries of the best model's vocabulary: the perplexity of one who chooses among them blindly."""
    return _vocabulary(facts, verdicts[0].model) if verdicts and verdicts[0].metric == "perplexity" else None


def _vocabulary(facts: Facts, model: str) -> int | None:
    size = facts.models[model].facts.get("vocab_size") if model in facts.models else None
    return size if isinstance(size, int) and not isinstance(size, bool) and size > 1 else None


def _sample(facts: Facts, verdicts: Sequence[Score]) -> Sample | None:
    """What the best model wrote, if it wrote anything; otherwise the first sample."""
    best = [sample for sample in facts.samples if verdicts and sample.model == verdicts[0].model]
    return next(iter([*best, *facts.samples]), None)
