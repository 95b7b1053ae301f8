"""Each token is drawn as often as it is likely, among those that may be; and where it is said to be sure, rounding moves nothing."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tilth.model.drawing import Sampling, Ways, chosen

CPU = torch.device("cpu")
LOGITS = st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=12)
WAYS = st.builds(Sampling, st.just(1), st.floats(0.2, 3), st.floats(0.05, 1), st.integers(0, 14))


def one(logits, sampling, number=0.5):
    tokens, sure = chosen(torch.tensor([logits]), Ways.of([sampling], CPU), torch.tensor([number], dtype=torch.float64))
    return int(tokens[0]), bool(sure[0])


def plain(logits, sampling):
    """The probability of each token, as written down: sorted, cut to the likeliest, cut to the smallest set with `top_p`."""
    heights = [math.exp(logit / sampling.temperature - max(logits) / sampling.temperature) for logit in torch.tensor(logits).tolist()]
    order = sorted(range(len(logits)), key=lambda token: -heights[token])[: sampling.top_k or None]
    whole, kept, share = sum(heights[token] for token in order), [], 0.0
    for token in order:
        if share >= sampling.top_p:
            break
        kept.append(token)
        share += heights[token] / whole
    total = sum(heights[token] for token in kept)
    return [heights[token] / total if token in kept else 0.0 for token in range(len(logits))]


@given(LOGITS, WAYS, st.floats(0, 1, exclude_max=True))
def test_a_token_is_taken_where_the_number_falls_as_the_plain_way_has_it(logits, sampling, number):
    token, sure = one(logits, sampling, number)
    odds = plain(logits, sampling)
    if sure:
        assert odds[token] > 0
        assert sum(odds[:token]) <= number + 1e-9 and number <= sum(odds[: token + 1]) + 1e-9


@given(LOGITS, st.one_of(WAYS, st.just(Sampling(1))), st.floats(0, 1, exclude_max=True), st.data())
def test_where_it_is_sure_logits_that_are_a_little_off_give_the_same_token(logits, sampling, number, data):
    token, sure = one(logits, sampling, number)
    off = [logit + data.draw(st.floats(-2e-7, 2e-7)) for logit in logits]
    if sure:
        assert one(off, sampling, number)[0] == token


def test_each_token_is_drawn_as_often_as_it_is_likely():
    logits, sampling = [0.0, 1.0, -1.0, 2.0, 0.5], Sampling(1, 0.8, 0.9, 4)
    count = 2000
    numbers = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    tokens, sure = chosen(torch.tensor([logits] * count), Ways.of([sampling] * count, CPU), numbers)
    found = torch.bincount(tokens, minlength=5) / count
    assert found.tolist() == pytest.approx(plain(logits, sampling), abs=1 / count)
    assert sure.float().mean() > 0.99


@pytest.mark.parametrize("sampling", [Sampling(1), Sampling(1, 1.0, top_k=1), Sampling(1, 1.0, top_p=1e-9), Sampling(1, 1.0)])
def test_two_tokens_that_are_as_likely_are_not_sure(sampling):
    number = 0.5 if sampling == Sampling(1, 1.0) else 0.3
    assert not one([1.0, 1.0, -30.0], sampling, number)[1]
    assert one([3.0, 1.0, -30.0], sampling, number) == (0, True)


def test_of_likeliest_tokens_the_first_is_taken():
    assert one([0.0, 2.0, 2.0], Sampling(1))[0] == 1


def test_rows_of_one_batch_are_chosen_each_in_its_own_way():
    samplings = [Sampling(1), Sampling(1, 1.0), Sampling(1, 1.0, top_k=2)]
    logits, numbers = torch.tensor([[1.0, 0.0, 0.5]] * 3), torch.tensor([0.99, 0.99, 0.6], dtype=torch.float64)
    together = chosen(logits, Ways.of(samplings, CPU), numbers)[0].tolist()
    assert together == [one([1.0, 0.0, 0.5], way, float(number))[0] for way, number in zip(samplings, numbers, strict=True)] == [0, 2, 0]
