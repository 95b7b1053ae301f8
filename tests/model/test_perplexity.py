"""Every token of a document is scored once, whatever the batch and the length."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from tilth.fakes.model import tiny_model
from tilth.model.perplexity import Scorer, spans

TEXTS = ["The cat sat on the mat.", "", "x", "and the " * 60, "é" * 31, "A hen sang and the dog slept on the roof."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("tiny"))


@given(st.integers(1, 400), st.integers(1, 50))
def test_windows_score_each_place_once_and_leave_half_a_context_before_it(tokens, context):
    found = list(spans(tokens, context))
    scored = [place for _, stop, first in found for place in range(first, stop)]
    assert scored == list(range(tokens))
    for start, stop, first in found:
        assert 0 <= start <= first < stop <= start + context
        assert first == 0 or first - start >= min(first, context - max(1, context // 2))


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_results_do_not_depend_on_the_batch(folder, batch):
    whole = list(Scorer(folder, "cpu").score(TEXTS))
    for one, other in zip(whole, Scorer(folder, "cpu", batch).score(TEXTS), strict=True):
        assert (one.tokens, one.bytes) == (other.tokens, other.bytes)
        assert one.nll == pytest.approx(other.nll, abs=1e-4)


def test_a_short_document_is_scored_as_written_down(folder):
    scorer = Scorer(folder, "cpu")
    model = scorer.model
    [found] = scorer.score(["The cat"])
    [ids] = model.tokenizer.encode(["The cat"])
    row = torch.tensor([[1, *ids, 1]])
    logs = torch.log_softmax(model.network(input_ids=row[:, :-1]).logits.detach().double(), -1)
    wanted = -sum(float(logs[0, place, row[0, place + 1]]) for place in range(len(ids) + 1))
    assert found.nll == pytest.approx(wanted, rel=1e-5)
    assert (found.tokens, found.bytes) == (len(ids) + 1, 7)


def test_an_empty_document_is_its_end_alone(folder):
    [found] = Scorer(folder, "cpu").score([""])
    assert (found.tokens, found.bytes) == (1, 0)
    assert found.nll > 0


def test_a_long_document_counts_all_its_tokens(folder):
    scorer = Scorer(folder, "cpu")
    [found] = scorer.score(["and the " * 60])
    [ids] = scorer.model.tokenizer.encode(["and the " * 60])
    assert len(ids) > 3 * scorer.model.context
    assert found.tokens == len(ids) + 1
    assert math.isfinite(found.nll)
