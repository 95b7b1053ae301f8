"""evaluate.perplexity: three metrics with intervals, and a row per document."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from tilth.errors import NothingLeft
from tilth.fakes.model import tiny_model
from tilth.fakes.sentences import SENTENCES
from tilth.fakes.work import tiny_work
from tilth.steps.evaluate.perplexity import Perplexity
from tilth.work import Known


@pytest.fixture
def work(tmp_path):
    models = {name: tiny_model(tmp_path / name, seed) for name, seed in (("one", 1), ("two", 2))}
    return tiny_work(tmp_path, {"test": [*SENTENCES[:20], None, ""], "none": [None]}, models)


def test_the_metrics_are_ratios_of_sums_over_the_items(work):
    found = Perplexity(models=["one"], data="test").judge(work)
    nll, tokens, size = (found.items[name].to_numpy() for name in ("nll", "tokens", "bytes"))
    value = {score.metric: score.value for score in found.scores}
    assert tuple(value) == Perplexity(models=["one"], data="test").gives()
    assert value["nats_per_token"] == pytest.approx(nll.sum() / tokens.sum())
    assert value["perplexity"] == pytest.approx(math.exp(value["nats_per_token"]))
    assert value["bits_per_byte"] == pytest.approx(nll.sum() / math.log(2) / size.sum())
    assert all(score.low < score.value < score.high and score.n == 21 for score in found.scores)


def test_every_document_with_a_text_has_its_row_and_id(work):
    found = Perplexity(models=["one", "two"], data="test").judge(work)
    ids = [row for batch in work.datasets["test"].batches() for row in batch["id"].to_pylist()]
    kept = [*ids[:20], ids[21]]
    assert found.items["id"].to_pylist() == kept * 2
    assert found.items["model"].to_pylist() == ["one"] * 21 + ["two"] * 21
    assert found.items["bytes"].to_pylist()[:20] == [len(text) for text in SENTENCES[:20]]


def test_the_batch_does_not_move_results(work):
    small, large = (Perplexity(models=["one"], data="test", batch=batch).judge(work) for batch in (1, 16))
    assert np.allclose(small.items["nll"].to_numpy(), large.items["nll"].to_numpy(), atol=1e-4)


def test_results_come_again(work):
    step = Perplexity(models=["one"], data="test")
    assert step.judge(work).scores == step.judge(work).scores


def test_no_text_to_score_is_an_error(work):
    with pytest.raises(NothingLeft, match="no text in `text` to score"):
        Perplexity(models=["one"], data="none").judge(work)


def test_at_least_one_model_is_named():
    with pytest.raises(ValidationError, match="models"):
        Perplexity(models=[], data="test")


def test_the_estimate_is_a_third_of_training_each_token():
    step = Perplexity(models=["one"], data="test")
    known = Known({}, {"test": 4000}, {"one": {"flops_per_token": 3e6, "bytes_per_token": 4.0}}, 1e9)
    assert step.estimate(known) == {"tokens": 1000, "flops": 1e9, "seconds": 1.0}
    assert step.estimate(Known({}, {"test": None}, {}, 1e9)) == {}
