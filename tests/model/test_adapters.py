"""PEFT's adapters on every family: what is trained, from where, in which numbers; and what is refused."""

import json
import logging
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.model.tuned import EVERY, learn, loaded, logits, loss, trained_names, write_base
from tilth.errors import AskedWrong, Missing
from tilth.model import adapters
from tilth.model.adapted import counts
from tilth.model.adapter import Adapter
from tilth.model.load import Loading, network

KINDS = [{"type": "lora"}, {"type": "dora"}, {"type": "rslora"}, {"type": "qlora"}, {"type": "qlora", "bits": 8}]


@pytest.fixture
def llama(tmp_path):
    return write_base(tmp_path / "base")


@pytest.mark.parametrize("asked", KINDS)
@pytest.mark.parametrize(("family", "task"), EVERY)
def test_training_changes_the_trainable_weights_and_leaves_the_base_as_it_was_bit_for_bit(tmp_path, family, task, asked):
    model = loaded(write_base(tmp_path / "base", family), task, Adapter(**asked))
    assert learn(model, task, steps=2) == trained_names(model)
    assert trained_names(model)
    assert {weight.dtype for weight in model.parameters() if weight.requires_grad} == {torch.float32}


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("asked", [{"type": "lora"}, {"type": "qlora"}])
@pytest.mark.parametrize(("family", "task"), EVERY)
def test_layers_that_are_computed_again_get_the_same_gradients(tmp_path, family, task, asked, reentrant):
    model = loaded(write_base(tmp_path / "base", family), task, Adapter(**asked))
    learn(model, task)
    once, again = ({}, {})
    for gradients in (once, again):
        model.zero_grad()
        loss(model, task).backward()
        gradients.update({name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None})
        model.activation_checkpointing_enable({"use_reentrant": reentrant})
    assert again.keys() == once.keys() == trained_names(model)
    assert all(torch.allclose(again[name], once[name], atol=1e-5) for name in once)
    assert max(float(gradient.abs().max()) for gradient in once.values()) > 1e-4


@pytest.mark.parametrize("asked", [{"type": "lora"}, {"type": "dora"}, {"save": ("embed_tokens",)}])
@pytest.mark.parametrize("task", ["causal", "classification"])
def test_beside_a_base_of_half_precision_what_is_trained_is_fp32(tmp_path, task, asked):
    model = loaded(write_base(tmp_path / "base", dtype=torch.bfloat16), task, Adapter(**asked))
    held = {weight.dtype for weight in model.parameters() if not weight.requires_grad}
    assert held == {torch.bfloat16}
    assert {weight.dtype for weight in model.parameters() if weight.requires_grad} == {torch.float32}
    assert learn(model, task, steps=2) == trained_names(model)


def test_fresh_adapters_change_nothing_and_are_drawn_from_the_seed_alone(llama):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first, same, other = (loaded(llama, "causal", Adapter(), seed=seed) for seed in (5, 5, 6))
    assert torch.equal(torch.random.get_rng_state(), before)
    weights = [dict(model.named_parameters()) for model in (first, same, other)]
    drawn = [name for name in weights[0] if "lora_A" in name]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert all(not torch.equal(weights[0][name], weights[2][name]) for name in drawn)
    assert torch.equal(logits(first, "causal"), logits(network(llama, "causal").network, "causal"))


def test_the_counts_are_those_of_the_formula(llama):
    plain = sum(weight.numel() for weight in network(llama, "causal").network.parameters())
    width, inner, rank = 64, 192, 8
    of_adapters = 2 * rank * (4 * (width + width) + 3 * (width + inner))
    for asked in ({"type": "lora"}, {"type": "qlora"}, {"type": "qlora", "bits": 8}):
        found = counts(loaded(llama, "causal", Adapter(**asked)))
        assert found == {"parameters": plain + of_adapters, "trainable_parameters": of_adapters}


def test_a_head_that_is_trained_in_place_of_the_frozen_one_is_counted_once(llama):
    found = counts(loaded(llama, "classification", Adapter(targets=["q_proj"], rank=1)))
    body = sum(weight.numel() for weight in network(llama, "causal").network.parameters())
    assert found == {"parameters": body + 3 * 64 + 2 * 128, "trainable_parameters": 3 * 64 + 2 * 128}


@pytest.mark.parametrize(
    ("targets", "wanted"),
    [
        (["q_proj", "v_proj"], {"q_proj", "v_proj"}),
        (["layers.1.self_attn.q_proj"], {"q_proj"}),
        (r"model\.layers\.\d+\.mlp\.(up|down)_proj", {"up_proj", "down_proj"}),
        ("all-linear", {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}),
    ],
)
def test_the_layers_that_are_named_get_an_adapter_and_the_output_layer_never_does(llama, targets, wanted):
    trained = trained_names(loaded(llama, "causal", Adapter(targets=targets)))
    assert {name.split(".lora_")[0].rpartition(".")[2] for name in trained} == wanted
    assert {name.split(".layers.")[1][0] for name in trained} == ({"1"} if targets == ["layers.1.self_attn.q_proj"] else {"0", "1"})


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ({"targets": ["q_prog"]}, "q_proj"),
        ({"targets": ["q_proj", "query_key_value"]}, "q_proj"),
        ({"targets": ["all-linear"]}, "q_proj"),
        ({"targets": ".*query"}, "q_proj"),
        ({"targets": ["lm_head"]}, "q_proj"),
        ({"save": ["embed_token"]}, "embed_tokens"),
    ],
)
def test_a_name_that_no_layer_has_is_refused_with_the_nearest(llama, asked, near):
    with pytest.raises(AskedWrong, match="No layer that can be meant is called") as caught:
        loaded(llama, "causal", Adapter(**asked))
    assert near in caught.value.accepted
    assert caught.value.where == f"adapter.{next(iter(asked))}"


def test_embeddings_that_are_trained_whole_stay_the_output_layer(tmp_path, llama):
    model = loaded(llama, "causal", Adapter(save=("embed_tokens",)))
    learn(model, "causal", steps=2)
    whole = model.get_base_model()
    inputs, outputs = (layer.modules_to_save["default"].weight for layer in (whole.get_input_embeddings(), whole.get_output_embeddings()))
    assert inputs is outputs
    with pytest.raises(AskedWrong, match="`transformer.wte` is the output layer too, and PEFT would train a copy that is not"):
        loaded(write_base(tmp_path / "gpt2", "gpt2"), "causal", Adapter(save=("wte",)))


def test_quantised_weights_cannot_be_trained_whole(llama):
    with pytest.raises(AskedWrong, match="The weights of `q_proj` are quantised and cannot be trained"):
        loaded(llama, "causal", Adapter(type="qlora", save=("q_proj",)))


def test_modules_that_the_folder_did_not_hold_are_trained_and_saved_whole(tmp_path):
    base = write_base(tmp_path / "base", "bert")
    weights = load_file(base / "model.safetensors")
    held = {name: weight for name, weight in weights.items() if "pooler" not in name and "classifier" not in name}
    save_file(held, base / "model.safetensors", {"format": "pt"})
    found = network(base, "classification", Loading(labels=("a", "b"), masters=False))
    assert found.facts["fresh"] == ["bert.pooler.dense", "classifier"]
    model = adapters.adapt(found.network, Adapter(), adapters.Fitting("classification", 3, (), found.fresh))
    whole = {name for name in trained_names(model) if "lora_" not in name}
    assert whole == {
        f"base_model.model.{name}.modules_to_save.default.{part}" for name in ("bert.pooler.dense", "classifier") for part in ("weight", "bias")
    }


def test_four_bits_are_nf4_with_quantised_constants_and_the_head_keeps_its_numbers(llama):
    model = loaded(llama, "classification", Adapter(type="qlora")).get_base_model()
    assert model.config.quantization_config.bnb_4bit_quant_type == "nf4"
    assert model.config.quantization_config.bnb_4bit_use_double_quant
    assert model.model.layers[0].self_attn.q_proj.base_layer.weight.dtype == torch.uint8
    assert model.score.original_module.weight.dtype == torch.float32


@pytest.mark.parametrize("asked", [{"type": "qlora"}, {"type": "qlora", "bits": 8}])
def test_a_look_between_the_steps_does_not_end_the_training_of_quantised_models(llama, asked):
    model = loaded(llama, "causal", Adapter(**asked))
    learn(model, "causal")
    before = logits(model, "causal")
    assert torch.equal(logits(model, "causal"), before)
    assert learn(model, "causal") == trained_names(model)


def test_eight_bits_are_silent(llama, caplog):
    with caplog.at_level(logging.WARNING):
        learn(loaded(llama, "causal", Adapter(type="qlora", bits=8)), "causal")
    assert not caplog.records


def test_without_bitsandbytes_the_line_to_type_is_told(llama, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(Missing, match="The package `bitsandbytes` is not installed") as caught:
        loaded(llama, "causal", Adapter(type="qlora"))
    assert caught.value.remedy == 'Type: pip install "tilth[quantized]"'
    assert caught.value.exit_code == 4


def test_what_is_written_names_its_base_beside_it_and_nothing_else_lies_there(tmp_path, llama):
    model = loaded(llama, "causal", Adapter())
    adapters.write(model, tmp_path / "made")
    assert {file.name for file in (tmp_path / "made").iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}
    assert json.loads((tmp_path / "made" / "adapter_config.json").read_text())["base_model_name_or_path"] == "base"
    assert len(load_file(tmp_path / "made" / "adapter_model.safetensors")) == 2 * 2 * 7
