"""The first screen."""

from __future__ import annotations

from typing import Any

import msgspec

from tilth.report.facts import Facts, Model, Sample, Score, Stage
from tilth.report.first import result


def read(facts: dict[str, Any]) -> Facts:
    return msgspec.convert(facts, Facts)


def perplexity(model: str, value: float | None) -> Score:
    return Score("held_out", model=model, metric="perplexity", value=value)


def test_what_went_in_is_what_its_sources_read_and_what_came_out_is_what_was_written(facts: dict[str, Any]) -> None:
    told = result(read(facts))
    assert (told.read, told.kept, told.dropped, told.unread) == (20113, {"docs": 14319}, 5782, 12)


def test_losses_are_told_by_rule_and_by_step_the_largest_first(facts: dict[str, Any]) -> None:
    told = result(read(facts))
    assert [(loss.stage.name, loss.rule, loss.rows) for loss in told.losses][:3] == [
        ("filter.length", "characters", 3907),
        ("dedup.exact", "same_text", 1264),
        ("filter.quality", "duplicate_line_share", 388),
    ]
    assert [stage.name for stage in told.steps] == ["filter.length", "dedup.exact", "filter.quality"]


def test_of_each_model_the_perplexity_counts_and_the_lowest_is_first() -> None:
    scores = [
        perplexity("a", 30.0),
        Score("x", model="b", metric="f1", value=0.9),
        perplexity("b", 20.0),
        Score("x", model="c", metric="f1", value=1.0),
    ]
    assert [(score.model, score.metric) for score in result(Facts(scores=scores)).verdicts] == [("b", "perplexity"), ("a", "perplexity"), ("c", "f1")]


def test_guessing_is_known_where_the_vocabulary_of_the_best_model_is() -> None:
    scores = [perplexity("a", 30.0), perplexity("b", 20.0)]
    models = {"a": Model(facts={"vocab_size": 9}), "b": Model(facts={"vocab_size": 4096})}
    told = result(Facts(scores=scores, models=models))
    assert told.guessing == 4096 and "b 20" in told.gauge and "a 30" not in told.gauge, "only models of one vocabulary share a scale"
    assert result(Facts(scores=scores)).guessing is None and result(Facts(scores=scores)).gauge == ""
    assert result(Facts(scores=scores, models={"b": Model(facts={"vocab_size": "many"})})).guessing is None


def test_the_sample_is_of_the_best_model() -> None:
    samples = [Sample(model="a", text="1"), Sample(model="b", text="2")]
    found = result(Facts(scores=[perplexity("a", 30.0), perplexity("b", 20.0)], samples=samples)).sample
    assert found is not None and found.model == "b"
    assert result(Facts(samples=samples)).sample == samples[0] and result(Facts()).sample is None


def test_without_files_the_ends_of_the_paths_are_what_came_out() -> None:
    assert result(Facts(path=[Stage("a", "a.x", "x", kept=3), Stage("a", "a.y", "y", kept=2)])).kept == {"a": 2}
