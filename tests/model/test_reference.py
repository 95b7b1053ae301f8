"""The reference is what the model says before it is trained, of each sequence by itself."""

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM

from tilth.model.examples import Example, write
from tilth.model.reference import measured, turn_off_dropout


def network(seed):
    torch.manual_seed(seed)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 256}
    return LlamaForCausalLM(LlamaConfig(vocab_size=40, initializer_range=0.5, attention_dropout=0.5, **sizes))


@pytest.fixture
def examples(tmp_path):
    draw = np.random.default_rng(3)
    lengths = [4, 30, 9, 4, 61, 17]
    return write(tmp_path, [Example(0, draw.integers(0, 40, size), np.arange(size) > size // 2) for size in lengths], {})


def test_a_number_is_the_summed_log_probability_of_what_is_learned(examples):
    now = network(2)
    now.train(False)
    found = measured(now, examples, "fp32", 64, apart=True)
    for one, number in zip(examples, found, strict=True):
        ids = torch.tensor(one.ids).long()
        logs = torch.log_softmax(now(input_ids=ids[None]).logits[0, :-1].double(), -1)
        wanted = sum(logs[place - 1, ids[place]].item() for place in np.flatnonzero(one.learned))
        assert number == pytest.approx(wanted, abs=1e-4)


def test_it_does_not_move_with_what_is_measured_beside_it_nor_with_dropout(examples):
    now = network(2)
    now.train(True)
    alone, together = (measured(now, examples, "fp32", tokens, apart=True) for tokens in (1, 10_000))
    np.testing.assert_allclose(alone, together, atol=1e-4)
    assert now.training


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # PEFT 0.21 asks Transformers 5.23 by an old name
def test_a_fresh_adapter_says_what_its_base_says(examples):
    base = measured(network(2), examples, "fp32", 64, apart=True)
    adapted = get_peft_model(network(2), LoraConfig(r=4, target_modules="all-linear", lora_dropout=0.5))
    np.testing.assert_allclose(measured(adapted, examples, "fp32", 64, apart=True), base, atol=1e-5)


def test_in_the_number_format_of_the_training_it_is_near(examples):
    exact, rough = (measured(network(2), examples, precision, 64, apart=True) for precision in ("fp32", "bf16"))
    assert not np.array_equal(exact, rough)
    np.testing.assert_allclose(rough, exact, rtol=0.05, atol=0.5)


OTHERS = {
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=40, n_embd=16, n_layer=2, n_head=2, resid_pdrop=0.3, embd_pdrop=0.3, attn_pdrop=0.3)),
    "gpt_neox": lambda: GPTNeoXForCausalLM(
        GPTNeoXConfig(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, attention_dropout=0.3)
    ),
    "llama": lambda: network(2),
    "adapted": lambda: get_peft_model(network(2), LoraConfig(r=4, target_modules="all-linear", lora_dropout=0.5)),
}


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # PEFT 0.21 asks Transformers 5.23 by an old name
@pytest.mark.parametrize("name", OTHERS)
def test_with_dropout_turned_off_a_network_that_learns_says_what_it_says_at_rest(name):
    now, ids = OTHERS[name](), torch.arange(12)[None]
    now.train(False)
    wanted = now(input_ids=ids).logits
    now.train(True)
    if name != "adapted":  # a fresh adapter adds nothing to drop from, but for the attention of its base
        assert not torch.allclose(now(input_ids=ids).logits, wanted, atol=1e-4)
    turn_off_dropout(now)
    assert torch.allclose(now(input_ids=ids).logits, wanted, atol=1e-6)
