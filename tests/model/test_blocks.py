"""Packed lines attended block by block: the same losses and gradients as with Transformers' mask, for whichever model has such blocks."""

from copy import deepcopy

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from transformers import Gemma2Config, Gemma2ForCausalLM, MistralConfig, MistralForCausalLM

from tests.model.test_packing import NETWORKS, SIZES
from tilth.model.blocks import LIKE, NAME, blocks, by_blocks, keeps_apart
from tilth.model.examples import Example
from tilth.model.graph import Tracker
from tilth.model.load import CPU
from tilth.model.material import filled
from tilth.model.objectives import NextToken

MORE = {**SIZES, "intermediate_size": 48, "num_key_value_heads": 2}
FAMILIES = {
    **NETWORKS,
    "sliding": lambda: MistralForCausalLM(MistralConfig(**MORE, sliding_window=4)),
    "sliding, wide": lambda: MistralForCausalLM(MistralConfig(**MORE, sliding_window=60)),
    "own scores": lambda: Gemma2ForCausalLM(Gemma2Config(**MORE, head_dim=8, sliding_window=4)),
}


def lines(*lengths, seed=0):
    drawn = np.random.default_rng(seed)
    made = [[Example(0, drawn.integers(0, 97, size).astype(np.int32), drawn.random(size) < 0.6, ()) for size in line] for line in lengths]
    batch = filled(made, 0)
    del batch["sequence"]
    return batch


def network(family):
    torch.manual_seed(1)
    made = FAMILIES[family]()
    return made.train(False)  # without dropout, or two passes differ


def learned(model, batch):
    model.zero_grad()
    loss = NextToken().sums(model, batch)["loss"]
    loss.backward()
    return loss.item(), {name: weight.grad.clone() for name, weight in model.named_parameters()}


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_every_token_has_one_place_and_groups_are_of_like_length(lengths):
    found = blocks(np.array(lengths), CPU)
    tokens = torch.arange(sum(lengths))
    assert torch.equal(found.places[found.back], tokens) and len(set(found.back.tolist())) == len(tokens)
    assert sum(many for many, _ in found.shapes) == len(lengths) and sum(many * long for many, long in found.shapes) == len(found.places)
    assert len(found.places) <= sum(lengths) / LIKE


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=6)
@given(lengths=st.lists(st.lists(st.integers(1, 20), min_size=1, max_size=3), min_size=1, max_size=3))
def test_losses_and_gradients_are_those_of_the_mask(family, lengths):
    batch, one, other = lines(*lengths), network(family), network(family)
    by_blocks(other)
    (wanted, gradients), (found, others) = learned(one, batch), learned(other, batch)
    assert found == pytest.approx(wanted, rel=1e-5)
    assert all(torch.allclose(gradients[name], others[name], rtol=1e-4, atol=1e-5) for name in gradients)


def operations(model, batch):
    """What a pass there and back computes: blocks compute fewer scores."""
    with Tracker() as tracker:
        learned(model, batch)
    return tracker.flops


@pytest.mark.parametrize(
    ("family", "less"), [("llama", True), ("gpt2", True), ("gpt_neox", True), ("sliding", False), ("sliding, wide", True), ("own scores", False)]
)
def test_blocks_are_used_where_transformers_means_them_and_nowhere_else(family, less):
    model, batch = network(family), lines([9, 12, 7], [20])
    before = operations(model, batch)
    by_blocks(model)
    assert (operations(model, batch) < before) == less


def test_lines_of_one_example_need_no_blocks():
    model, batch = network("llama"), lines([9], [9])
    before = operations(model, batch)
    assert by_blocks(model) and model.config._attn_implementation == NAME
    assert operations(model, batch) == before


def test_an_example_is_moved_by_no_other_to_the_bit():
    model = network("llama")
    by_blocks(model)
    batch = lines([9, 12, 7], [20, 5])
    other = {**batch, "input_ids": torch.cat([batch["input_ids"][:, :9], (batch["input_ids"][:, 9:] + 5) % 97], 1)}
    with torch.no_grad():
        one, two = (model(**{name: value for name, value in some.items() if name != "labels"}).logits for some in (batch, other))
    assert torch.equal(one[0, :9], two[0, :9]) and not torch.allclose(one[0, 9:], two[0, 9:])


def test_gradients_are_the_same_twice_and_with_activations_computed_again():
    batch, model = lines([9, 12, 7], [20, 5]), network("gpt_neox")
    by_blocks(model)
    again = deepcopy(model).train()
    again.activation_checkpointing_enable({"use_reentrant": False})
    (loss, gradients), (same, twice), (third, other) = learned(model, batch), learned(model, batch), learned(again, batch)
    assert loss == same == third
    assert all(torch.equal(gradients[name], twice[name]) and torch.allclose(gradients[name], other[name], atol=1e-6) for name in gradients)


def test_a_network_with_a_way_of_attention_of_its_own_keeps_it():
    model = network("llama")
    model.set_attn_implementation("eager")
    assert not by_blocks(model) and model.config._attn_implementation == "eager"


def test_weights_that_are_no_numbers_are_not_taken_for_rows_that_see_each_other():
    model = network("llama")
    assert keeps_apart(model)
    with torch.no_grad():
        model.lm_head.weight.fill_(float("nan"))
    assert keeps_apart(model)
