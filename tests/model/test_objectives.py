"""The loss is a sum over learned tokens: the same with the head apart or not, packed or not, in pieces or at once."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, Gemma2Config, GPT2Config, GPTNeoXConfig, LlamaConfig

from tilth.model import objectives
from tilth.model.examples import Example, write
from tilth.model.material import Packs, Rows
from tilth.model.objectives import Lesson, NextToken, heads_apart, nats
from tilth.model.packing import best_fit

SIZES = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
CONFIGS = {
    "llama": LlamaConfig(**SIZES, intermediate_size=24, max_position_embeddings=64),
    "gpt2": GPT2Config(vocab_size=50, n_embd=16, n_layer=2, n_head=2, n_positions=64, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0),
    "gpt_neox": GPTNeoXConfig(**SIZES, intermediate_size=24, max_position_embeddings=64),
    "capped": Gemma2Config(**SIZES, intermediate_size=24, head_dim=8, num_key_value_heads=1, final_logit_softcapping=0.1, query_pre_attn_scalar=8),
}


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    return {name: AutoModelForCausalLM.from_config(config, dtype=torch.float32).train(False) for name, config in CONFIGS.items()}


ROWS = st.lists(st.lists(st.tuples(st.integers(2, 49), st.booleans()), min_size=2, max_size=12), min_size=1, max_size=6)


def examples_of(folder, rows):
    made = [Example(number, np.array([one for one, _ in row], np.int32), np.array([flag for _, flag in row])) for number, row in enumerate(rows)]
    return write(folder, made, {})


def by_hand(network, rows):
    """The nats of each learned token, row by row, from the model's own logits."""
    found = []
    for row in rows:
        ids = torch.tensor([[one for one, _ in row]])
        with torch.no_grad():
            logits = network(input_ids=ids, use_cache=False).logits[0]
        every = cross_entropy(logits[:-1], ids[0, 1:], reduction="none")
        found += [float(nll) for nll, (_, learned) in zip(every, row[1:], strict=True) if learned]
    return found


@pytest.mark.parametrize("family", ["llama", "gpt2", "gpt_neox"])
@settings(max_examples=15)
@given(ROWS)
def test_padded_and_packed_rows_have_the_nats_of_each_row_alone(networks, tmp_path_factory, family, rows):
    network, folder = networks[family], tmp_path_factory.mktemp("rows")
    found, wanted = examples_of(folder, rows), by_hand(networks[family], rows)
    padded, packed = Rows(found, 0), Packs(found, best_fit(found.lengths, 24), 0)
    for material in (padded, packed):
        batch = material.batch(range(len(material)))
        with torch.no_grad():
            sums = NextToken().sums(network, batch)
        assert NextToken().weight(batch) == len(wanted)
        assert float(sums["loss"]) == pytest.approx(sum(wanted), rel=1e-5, abs=1e-5)


def test_the_first_token_of_a_packed_row_is_never_learned_from_the_row_before(tmp_path):
    found = examples_of(tmp_path, [[(5, True), (6, True)], [(7, True), (8, True)]])
    batch = Packs(found, [[0, 1]], 0).batch([0])
    assert batch["labels"].tolist() == [[6, -100, 8, -100]]
    assert batch["position_ids"].tolist() == [[0, 1, 0, 1]]


@pytest.mark.parametrize("family", sorted(CONFIGS))
def test_the_head_is_used_apart_only_where_that_gives_the_models_logits(networks, family):
    assert heads_apart(networks[family]) == (family != "capped")


def test_a_model_that_changes_its_logits_is_learned_as_it_is(networks, tmp_path):
    row = [[(5, False), (6, True), (7, True)]]
    batch = Rows(examples_of(tmp_path, row), 0).batch([0])
    with torch.no_grad():
        right, wrong = (nats(networks["capped"], batch, apart=apart) for apart in (False, True))
    assert right.tolist() == pytest.approx(by_hand(networks["capped"], row), rel=1e-5)
    assert not torch.allclose(right, wrong)


def test_many_logits_are_computed_in_pieces_with_the_same_gradients(networks, tmp_path, monkeypatch):
    rows = [[(one, True) for one in range(2, 30)]] * 3
    batch = Rows(examples_of(tmp_path, rows), 0).batch([0, 1, 2])
    found = {}
    for size in (1 << 26, 400):
        monkeypatch.setattr(objectives, "AT_ONCE", size)
        networks["llama"].zero_grad()
        loss = Lesson(networks["llama"], NextToken())(batch)["loss"]
        loss.backward()
        found[size] = [float(loss.detach()), *(weight.grad.clone() for weight in networks["llama"].parameters())]
    networks["llama"].zero_grad()
    assert found[400][0] == pytest.approx(found[1 << 26][0], rel=1e-6)
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(found[400][1:], found[1 << 26][1:], strict=True))


def test_rows_without_a_learned_token_weigh_nothing(networks, tmp_path):
    batch = Rows(examples_of(tmp_path, [[(5, False), (6, False)]]), 0).batch([0])
    assert NextToken().weight(batch) == 0
    with torch.no_grad():
        assert float(NextToken().sums(networks["llama"], batch)["loss"]) == 0.0
