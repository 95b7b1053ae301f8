"""Preference losses are what their papers say and what TRL computes, however a batch is divided or packed."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from torch.nn.functional import one_hot
from transformers import LlamaConfig, LlamaForCausalLM

from tilth.model.examples import Example, write
from tilth.model.judgements import Judgements, with_mismatches
from tilth.model.material import Packs, Rows
from tilth.model.preference import DPO, KTO, ORPO, sequence_logps
from tilth.model.reference import measured

WORDS = 40


def network(seed):
    torch.manual_seed(seed)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 256}
    return LlamaForCausalLM(LlamaConfig(vocab_size=WORDS, initializer_range=0.5, pad_token_id=0, **sizes))


def example(prompt, answer, **extra):
    ids = np.array([*prompt, *answer], np.int32)
    learned = np.arange(len(ids)) >= len(prompt)
    return Example(0, ids, learned, ((len(prompt), len(ids)),), extra)


def drawn(seed, pairs, prompt=(1, 9), answer=(1, 9)):
    """Prompts with two answers each."""
    draw = np.random.default_rng(seed)
    some = lambda least, most: draw.integers(2, WORDS, draw.integers(least, most)).tolist()  # noqa: E731
    return [(some(*prompt), some(*answer), some(*answer)) for _ in range(pairs)]


def rows_of(folder, triples, before):
    """The pairs in lines of their own, with their reference."""
    found = write(folder, [example(prompt, one) for prompt, *both in triples for one in both], {})
    found.extra["reference"] = measured(before, found, "fp32", 64, apart=True)
    return Rows(found, 0, together=2)


def packs_of(rows, bins):
    return Packs(rows.examples, [[2 * pair + one for pair in some for one in (0, 1)] for some in bins], 0)


def whole_step(objective, network, material, parts):
    """The mean loss of a step and its gradient, when it is computed in these parts; and what else is told."""
    network.zero_grad()
    batches = [material.batch(part) for part in parts]
    weight = sum(objective.weight(batch) for batch in batches)
    told = []
    for batch in batches:
        sums = objective.sums(network, batch)
        (sums["loss"] / weight).backward()
        told.append({name: value.item() / weight for name, value in sums.items()})
    means = {name: math.fsum(one[name] for one in told) for name in told[0]}
    return means, torch.cat([weights.grad.flatten() for weights in network.parameters()])


def judged(folder, triples, good, group, before, length=None):
    given_rows = write(
        folder / "given", [example(prompt, one, good=float(is_good)) for (prompt, one, _), is_good in zip(triples, good, strict=True)], {}, ["good"]
    )
    found = write(folder / "matched", with_mismatches(given_rows, range(len(given_rows)), group, 256), {}, ["good", "group"])
    found.extra["reference"] = measured(before, found, "fp32", 64, apart=True)
    return Judgements(found, 0, length)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.permutations(range(6)), st.sampled_from([DPO(0.3), ORPO(0.4)]))
def test_neither_micro_batches_nor_packing_move_the_loss_or_its_gradient(tmp_path_factory, seed, order, objective):
    before, now = network(1), network(2)
    rows = rows_of(tmp_path_factory.mktemp("pairs"), drawn(seed, 6), before)
    told, slope = whole_step(objective, now, rows, [order])
    one_by_one = whole_step(objective, now, rows, [[number] for number in order])
    packed = whole_step(objective, now, packs_of(rows, [order[:3], order[3:5], order[5:]]), [[0, 2], [1]])
    for other, other_slope in (one_by_one, packed):
        assert other == pytest.approx(told, abs=1e-5)
        torch.testing.assert_close(other_slope, slope, atol=1e-5, rtol=1e-4)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.booleans(), min_size=2, max_size=11), st.integers(2, 4))
def test_the_point_that_kto_compares_with_is_the_groups_whatever_the_micro_batch_and_the_lines(tmp_path_factory, seed, good, group):
    before, now = network(1), network(2)
    groups = judged(tmp_path_factory.mktemp("judged"), drawn(seed, len(good)), good, group, before)
    told, slope = whole_step(KTO(0.3, 1.5, 0.5), now, groups, [range(len(groups))])
    packed = Judgements(groups.examples, 0, length=34)
    assert len(packed.batch(range(len(groups)))["labels"]) < 2 * len(good)
    each, whole = [[number] for number in range(len(groups))], [range(len(groups))]
    for material, parts in ((groups, each), (packed, whole), (packed, each)):
        other, other_slope = whole_step(KTO(0.3, 1.5, 0.5), now, material, parts)
        assert other == pytest.approx(told, abs=1e-5)
        torch.testing.assert_close(other_slope, slope, atol=1e-5, rtol=1e-4)


def test_a_sequence_has_the_log_probabilities_of_its_learned_tokens_alone(tmp_path):
    now = network(2)
    rows = rows_of(tmp_path, [([5, 6, 7], [8, 9], [10])], now)
    sums, counts = sequence_logps(now, rows.batch([0]), apart=True)
    logs = torch.log_softmax(now(input_ids=torch.tensor([[5, 6, 7, 8, 9]])).logits[0], -1)
    assert sums[0].item() == pytest.approx((logs[2, 8] + logs[3, 9]).item(), abs=1e-5)
    assert counts.tolist() == [2, 1]


def test_before_the_first_step_nothing_is_preferred(tmp_path):
    now = network(2)
    told, _ = whole_step(DPO(), now, rows_of(tmp_path, drawn(3, 4), now), [range(4)])
    assert told["loss"] == pytest.approx(math.log(2), abs=1e-5)
    assert told["margin"] == pytest.approx(0, abs=1e-5)


def test_what_is_told_of_dpo_is_of_its_rewards(tmp_path):
    before, now = network(1), network(2)
    rows = rows_of(tmp_path, drawn(3, 5), before)
    told, _ = whole_step(DPO(0.5), now, rows, [range(5)])
    rewards = 0.5 * (measured(now, rows.examples, "fp32", 64, apart=True) - rows.examples.extra["reference"]).reshape(-1, 2)
    assert told["chosen_reward"] == pytest.approx(rewards[:, 0].mean(), abs=1e-5)
    assert told["rejected_reward"] == pytest.approx(rewards[:, 1].mean(), abs=1e-5)
    assert told["margin"] == pytest.approx((rewards[:, 0] - rewards[:, 1]).mean(), abs=1e-5)
    assert told["accuracy"] == pytest.approx((rewards[:, 0] > rewards[:, 1]).mean())


class Sure(torch.nn.Module):
    """Says what its weights say, whatever it is asked."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.nn.Parameter(logits)

    def forward(self, **_):
        return self


def test_a_certain_answer_has_finite_odds(tmp_path):
    rows = rows_of(tmp_path, [([5], [7], [8])], network(2))
    sure = Sure(1e4 * one_hot(torch.full((2, 2), 7), WORDS).float())
    loss = ORPO(apart=False).sums(sure, rows.batch([0]))["loss"]
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(sure.logits.grad).all()


def test_preferences_are_learned(tmp_path):
    now = network(2)
    draw = np.random.default_rng(5)
    prompts = [draw.integers(10, WORDS, 4).tolist() for _ in range(32)]
    held_out = rows_of(tmp_path / "held", [(prompt, [2, 3], [4, 5]) for prompt in prompts[24:]], now)
    rows = rows_of(tmp_path / "rows", [(prompt, [2, 3], [4, 5]) for prompt in prompts[:24]], now)
    learner = torch.optim.AdamW(now.parameters(), 1e-3)
    for _ in range(30):
        whole_step(DPO(), now, rows, [range(12), range(12, 24)])
        learner.step()
    told, _ = whole_step(DPO(), now, held_out, [range(8)])
    assert told["margin"] > 0.5 and told["accuracy"] == 1 and told["loss"] < 0.5
