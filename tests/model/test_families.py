"""Architectures become networks of Transformers, drawn from a seed and without dropout."""

import pytest
import torch
from transformers import AutoConfig, CLIPConfig

from tilth.model.architecture import Architecture
from tilth.model.families import DOES, configuration, fresh, kind_of
from tilth.model.load import quiet

SIZES = {"layers": 2, "width": 32, "heads": 4, "context": 24}
FAMILIES = ("llama", "gpt2", "gpt_neox", "bert", "t5")


def made(family, seed=1, labels=()):
    architecture = Architecture(type=family, **SIZES)
    labels = labels or (("a", "b") if architecture.kind == "encoder" else ())
    task = "classification" if labels else DOES[architecture.kind][0]
    config = configuration(architecture, 100, labels)
    config.pad_token_id, config.decoder_start_token_id = 0, 0
    with quiet():
        return fresh(config, task, seed)


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_are_drawn_from_the_seed_alone(family):
    before = torch.random.get_rng_state()
    first, same, other = (made(family, seed).state_dict() for seed in (5, 5, 6))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
    assert {weight.dtype for weight in first.values() if weight.is_floating_point()} == {torch.float32}


@pytest.mark.parametrize("family", FAMILIES)
def test_no_token_of_another_vocabulary_is_named(family):
    told = configuration(Architecture(type=family, **SIZES), 100).to_dict()
    named = [told.get(name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")]
    assert all(token is None or token < 100 for token in named)


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_left_to_chance_while_training(family):
    network = made(family).train()
    ids = torch.arange(12)[None]
    given = {"input_ids": ids, **({"decoder_input_ids": ids} if family == "t5" else {})}
    assert torch.equal(network(**given).logits, network(**given).logits)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_kind_is_known_from_the_configuration(family):
    assert kind_of(AutoConfig.for_model(family)) == Architecture(type=family, **SIZES).kind


def test_a_model_of_images_is_of_no_kind_and_other_encoders_are_encoders():
    assert kind_of(CLIPConfig()) is None
    assert [kind_of(AutoConfig.for_model(name)) for name in ("roberta", "distilbert", "bart", "qwen2")] == [
        "encoder", "encoder", "encoder_decoder", "decoder",
    ]  # fmt: skip


def test_a_classifier_knows_its_labels_in_order():
    config = made("llama", labels=("bad", "good", "odd")).config
    assert config.id2label == {0: "bad", 1: "good", 2: "odd"}
    assert config.label2id == {"bad": 0, "good": 1, "odd": 2}


def test_a_t5_sees_any_length_and_shares_its_embeddings():
    network = made("t5")
    ids = torch.ones((1, 3 * SIZES["context"]), dtype=torch.long)
    assert network(input_ids=ids, decoder_input_ids=ids).logits.shape == (1, 72, 100)
    assert network.lm_head.weight is network.shared.weight
