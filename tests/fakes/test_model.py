"""The tiny model is real: Transformers loads it without a complaint, and equal seeds give equal files."""

import torch
from transformers import AutoModelForCausalLM

from tilth.fakes.model import tiny_model
from tilth.model.checkpoint import digest
from tilth.model.load import quiet
from tilth.model.ready import Model


def test_transformers_finds_every_weight_it_looks_for(tmp_path):
    with quiet():
        _, report = AutoModelForCausalLM.from_pretrained(tiny_model(tmp_path), output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]


def test_it_predicts_numbers(tmp_path):
    model = Model(tiny_model(tmp_path), "cpu")
    logits = model.network(input_ids=torch.tensor([[1, 2, 3]])).logits
    assert logits.shape == (1, 3, 268)
    assert bool(torch.isfinite(logits).all())


def test_equal_seeds_give_equal_files_and_others_do_not(tmp_path):
    files = [tiny_model(tmp_path / name, seed) / "model.safetensors" for name, seed in (("a", 3), ("b", 3), ("c", 4))]
    first, same, other = map(digest, files)
    assert first == same != other
