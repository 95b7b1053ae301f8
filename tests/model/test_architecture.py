"""Sizes are checked against each other, and cost what the formulas say."""

import pytest
import torch
from pydantic import ValidationError
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModelForCausalLM

from tilth.model.architecture import Architecture
from tilth.model.families import CLASSES, configuration, fresh
from tilth.model.load import quiet

SIZES = {"layers": 3, "width": 48, "heads": 6, "context": 40}


def real(architecture, vocabulary, device="meta"):
    config = (_llama if architecture.type == "llama" else _gpt2)(architecture, vocabulary)
    with quiet(), torch.device(device):
        return AutoModelForCausalLM.from_config(config)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize(
    "more",
    [
        {"type": "llama"},
        {"type": "llama", "kv_heads": 2, "feed_forward": 100},
        {"type": "gpt2"},
        {"type": "gpt2", "feed_forward": 100},
    ],
)
def test_the_count_of_parameters_is_the_real_models(more, tied):
    architecture = Architecture(**SIZES, **more, tie_embeddings=tied)
    model = real(architecture, 300)
    assert architecture.parameters(300) == sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize("more", [{"type": "llama", "kv_heads": 3}, {"type": "gpt2"}])
def test_the_operations_are_those_that_torch_counts(more):
    architecture = Architecture(**SIZES, **more)
    model = real(architecture, 300, "cpu")
    ids = torch.zeros((1, SIZES["context"]), dtype=torch.long)
    model.set_attn_implementation("eager")  # the counter knows no formula for the fused attention of CPUs
    with FlopCounterMode(display=False) as counter, quiet():
        model(input_ids=ids, labels=ids, use_cache=False).loss.backward()
    told = architecture.flops_per_token(300) * SIZES["context"]
    assert counter.get_total_flops() == pytest.approx(told, rel=0.01)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"heads": 5}, "`width` 48 is not a multiple of `heads` 5; widths near it: 45 and 50"),
        ({"kv_heads": 4}, "`heads` 6 is not a multiple of `kv_heads` 4"),
        ({"heads": 16}, "rotary positions need an even number"),
        ({"type": "gpt2", "kv_heads": 2}, "gpt2 has no `kv_heads`"),
        ({"lairs": 2}, "lairs"),
        ({"layers": 0}, "layers"),
    ],
)
def test_sizes_that_no_model_can_have_are_refused(changed, said):
    with pytest.raises(ValidationError, match=said.replace("(", r"\(")):
        Architecture(**{**SIZES, **changed})


def test_a_vocabulary_smaller_than_the_tokenizers_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match="`vocabulary` is 100, and the tokenizer has 300 tokens"):
        Architecture(**SIZES, vocabulary=100).vocabulary_for(300)
    assert Architecture(**SIZES, vocabulary=320).vocabulary_for(300) == 320
    assert Architecture(**SIZES).vocabulary_for(300) == 300


def test_memory_grows_with_what_is_trained_at_once():
    architecture = Architecture(**SIZES)
    one, two = (architecture.training_memory(300, tokens) for tokens in (1000, 2000))
    weights = 16 * architecture.parameters(300)
    assert one > weights
    assert two - weights == 2 * (one - weights)
