"""Sizes are checked against each other, and cost what the formulas say."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from pydantic import ValidationError
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModel

from tilth.model.architecture import Architecture
from tilth.model.families import CLASSES, DOES, configuration
from tilth.model.load import quiet

SIZES = {"layers": 3, "width": 48, "heads": 6, "context": 40}
LABELS = ("bad", "good", "odd")
EVERY = [
    {"type": "llama"},
    {"type": "llama", "kv_heads": 2, "feed_forward": 100},
    {"type": "llama", "tie_embeddings": False},
    {"type": "gpt2"},
    {"type": "gpt2", "feed_forward": 100, "tie_embeddings": False},
    {"type": "gpt_neox"},
    {"type": "gpt_neox", "feed_forward": 100, "rotary_share": 0.5, "tie_embeddings": True},
    {"type": "bert"},
    {"type": "bert", "feed_forward": 100},
    {"type": "t5"},
    {"type": "t5", "feed_forward": 100},
]


def real(architecture, vocabulary, device="meta", labels=()):
    config = configuration(architecture, vocabulary, labels)
    task = "classification" if labels else DOES[architecture.kind][0]
    bare = architecture.kind == "encoder" and not labels
    with quiet(), torch.device(device):
        return (AutoModel if bare else CLASSES[task]).from_config(config)


def count(model):
    return sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize("more", EVERY)
def test_the_count_of_parameters_is_the_real_models(more):
    architecture = Architecture(**SIZES, **more)
    assert architecture.parameters(300) == count(real(architecture, 300))


@pytest.mark.parametrize("more", [one for one in EVERY if one["type"] != "t5"])
def test_the_count_of_a_classifier_is_the_real_ones(more):
    architecture = Architecture(**SIZES, **more)
    assert architecture.parameters(300, len(LABELS)) == count(real(architecture, 300, labels=LABELS))


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["llama", "gpt2", "gpt_neox", "bert", "t5"]),
    st.integers(1, 3),
    st.integers(1, 4),
    st.sampled_from([8, 16, 24]),
    st.integers(2, 50),
    st.integers(2, 400),
)
def test_the_count_is_right_for_any_sizes(family, layers, heads, head_width, context, vocabulary):
    architecture = Architecture(type=family, layers=layers, width=heads * head_width, heads=heads, context=context)
    assert architecture.parameters(vocabulary) == count(real(architecture, vocabulary))


def test_the_shape_of_pythia_70m_has_its_number_of_weights():
    pythia = Architecture(type="gpt_neox", layers=6, width=512, heads=8, context=2048)
    assert pythia.parameters(50_304) == 70_426_624 == count(real(pythia, 50_304))
    config = configuration(pythia, 50_304)
    assert config.use_parallel_residual and not config.tie_word_embeddings
    assert config.rope_parameters["partial_rotary_factor"] == 0.25


def operations(model, **given):
    model.set_attn_implementation("eager")  # the counter knows no formula for the fused attention of CPUs
    with FlopCounterMode(display=False) as counter, quiet():
        made = model(**given)
        (made.logits if "logits" in made else made.last_hidden_state).sum().backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("more", [{"type": "llama", "kv_heads": 3}, {"type": "gpt2"}, {"type": "gpt_neox"}, {"type": "bert"}])
def test_the_operations_are_those_that_torch_counts(more):
    architecture = Architecture(**SIZES, **more)
    ids = torch.zeros((1, SIZES["context"]), dtype=torch.long)
    told = architecture.flops_per_token(300) * SIZES["context"]
    assert operations(real(architecture, 300, "cpu"), input_ids=ids) == pytest.approx(told, rel=0.01)


def test_an_encoder_decoder_costs_what_torch_counts_for_as_many_tokens_read_as_written():
    architecture = Architecture(**SIZES, type="t5")
    ids = torch.zeros((1, SIZES["context"]), dtype=torch.long)
    told = architecture.flops_per_token(300) * 2 * SIZES["context"]
    assert operations(real(architecture, 300, "cpu"), input_ids=ids, decoder_input_ids=ids) == pytest.approx(told, rel=0.01)


def test_a_classifier_has_no_output_for_each_token_to_compute():
    architecture = Architecture(**SIZES)
    ids = torch.zeros((1, SIZES["context"]), dtype=torch.long)
    told = architecture.flops_per_token(300, len(LABELS)) * SIZES["context"]
    network = real(architecture, 300, "cpu", LABELS)
    network.config.pad_token_id = 1
    assert operations(network, input_ids=ids) == pytest.approx(told, rel=0.01)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"heads": 5}, "`width` 48 is not a multiple of `heads` 5; widths near it: 45 and 50"),
        ({"kv_heads": 4}, "`heads` 6 is not a multiple of `kv_heads` 4"),
        ({"heads": 16}, "rotary positions need an even number"),
        ({"type": "gpt_neox", "heads": 12}, "`width` / `heads` · 0.25 is 1; rotary positions need an even number"),
        ({"type": "gpt_neox", "heads": 24}, "· 0.25 is 0; rotary positions need an even number"),
        ({"type": "gpt2", "kv_heads": 2}, "gpt2 has no `kv_heads`"),
        ({"type": "bert", "tie_embeddings": False}, "bert has one embedding matrix"),
        ({"type": "t5", "tie_embeddings": False}, "t5 has one embedding matrix"),
        ({"rotary_share": 0.5}, "llama has no `rotary_share`"),
        ({"type": "mamba"}, "type"),
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
