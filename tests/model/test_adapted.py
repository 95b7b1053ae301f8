"""A tuned folder with an adapter stands by itself, is loaded by everything that judges, and is merged without loss."""

import json
import shutil

import numpy as np
import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from tests.model.tuned import EVERY, LABELS, learn, loaded, logits, save, write_base
from tilth.errors import AskedWrong
from tilth.model.adapted import merged, save_adapter, whole
from tilth.model.adapter import Adapter
from tilth.model.classifying import classifier, is_transformers, labels_of
from tilth.model.families import CLASSES
from tilth.model.generate import Sampling, Writer
from tilth.model.load import CPU, Tokenizer, network, quiet, settle, standing
from tilth.model.perplexity import Scorer
from tilth.model.ready import Model

BETWEEN_PEERS = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
"""PEFT 0.21 asks Transformers 5.23 by an old name."""

KINDS = [{"type": "lora"}, {"type": "dora"}, {"type": "rslora"}, {"type": "qlora"}, {"type": "qlora", "bits": 8}]


def tuned(folder, family="llama", task="causal", dtype=torch.float32, **asked):
    """A tuned folder with its base beside it, and the logits of the network as it was trained."""
    base, adapter = write_base(folder / "base", family, dtype), Adapter(**asked)
    model = loaded(base, task, adapter)
    learn(model, task, steps=2)
    return save(model, task, base, folder / "tuned", adapter), logits(model, task)


@pytest.mark.parametrize("asked", KINDS)
@pytest.mark.parametrize(("family", "task"), EVERY)
def test_what_is_saved_is_loaded_again_with_the_same_logits_wherever_it_stands(tmp_path, family, task, asked):
    folder, wanted = tuned(tmp_path, family, task, **asked)
    shutil.rmtree(tmp_path / "base")
    moved = folder.rename(tmp_path / "moved")
    with quiet():
        found = standing(moved, CLASSES[task], CPU)
    assert torch.allclose(logits(found, task), wanted, atol=1e-5)


@pytest.mark.parametrize("asked", KINDS[:3])
@pytest.mark.parametrize(("family", "task"), EVERY)
def test_merged_weights_give_the_logits_of_the_adapter(tmp_path, family, task, asked):
    folder, wanted = tuned(tmp_path, family, task, **asked)
    merged(folder, tmp_path / "merged")
    with quiet():
        found = CLASSES[task].from_pretrained(tmp_path / "merged")
    assert torch.allclose(logits(found, task), wanted, atol=1e-5)
    assert not (tmp_path / "merged" / "adapter_config.json").exists()


@BETWEEN_PEERS
@pytest.mark.parametrize("bits", [4, 8])
def test_a_quantised_base_is_read_in_full_to_be_merged(tmp_path, bits):
    folder, _ = tuned(tmp_path, type="qlora", bits=bits)
    merged(folder, tmp_path / "merged")
    with quiet():
        full = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
        beside = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tmp_path / "base"), folder)
    assert {weight.dtype for weight in full.parameters()} == {torch.float32}
    assert torch.allclose(logits(full, "causal"), logits(beside, "causal"), atol=1e-5)


def test_merged_weights_in_bf16_are_rounded_once(tmp_path):
    folder, _ = tuned(tmp_path, dtype=torch.bfloat16)
    merged(folder, tmp_path / "full")
    merged(folder, tmp_path / "half", "bf16")
    with quiet():
        full, half = (AutoModelForCausalLM.from_pretrained(tmp_path / name).state_dict() for name in ("full", "half"))
    assert all(torch.equal(full[name].bfloat16(), half[name]) for name in full)


def test_the_folder_holds_the_adapter_the_tokenizer_and_the_base(tmp_path):
    folder, _ = tuned(tmp_path)
    found = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert found == {
        "adapter.json", "adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "tokenizer_config.json",
        "base/config.json", "base/generation_config.json", "base/model.safetensors",
    }  # fmt: skip


def test_a_base_that_nobody_writes_into_is_linked_and_another_is_copied(tmp_path):
    copied, _ = tuned(tmp_path / "one")
    assert (copied / "base" / "model.safetensors").stat().st_nlink == 1
    base = write_base(tmp_path / "base")
    settle(base)
    linked = save(loaded(base, "causal", Adapter()), "causal", base, tmp_path / "tuned", Adapter())
    assert (linked / "base" / "model.safetensors").samefile(base / "model.safetensors")


def test_the_base_of_a_hub_cache_is_linked_to_the_file_that_its_name_stands_for(tmp_path):
    base = write_base(tmp_path / "base")
    (base / "model.safetensors").rename(tmp_path / "blob")
    (base / "model.safetensors").symlink_to(tmp_path / "blob")
    linked = save(loaded(base, "causal", Adapter()), "causal", base, tmp_path / "tuned", Adapter()) / "base" / "model.safetensors"
    assert not linked.is_symlink()
    assert linked.samefile(tmp_path / "blob")


@pytest.mark.parametrize("asked", [{}, {"type": "qlora"}])
def test_it_writes_and_is_scored_like_any_model(tmp_path, asked):
    folder, _ = tuned(tmp_path, **asked)
    assert (Model(folder, "cpu").context, Model(folder, "cpu").vocabulary) == (40, 268)
    [tuned_score], [base_score] = ([*Scorer(one, "cpu").score(["the cat sat on the mat"])] for one in (folder, tmp_path / "base"))
    assert tuned_score.tokens == base_score.tokens
    assert tuned_score.nll != base_score.nll
    said = [Writer(folder, "cpu").write("the cat", Sampling(5), 1) for _ in range(2)]
    assert said[0] == said[1]
    assert said[0].tokens >= 1


@pytest.mark.parametrize(("family", "asked"), [("bert", {}), ("llama", {}), ("llama", {"type": "qlora"})])
def test_a_tuned_classifier_is_asked_like_any_other(tmp_path, family, asked):
    folder, _ = tuned(tmp_path, family, "classification", **asked)
    assert is_transformers(folder)
    assert labels_of(folder) == list(LABELS)
    told = [classifier(folder, 32).scores(["the cat sat"], label)[0] for label in LABELS]
    with quiet():
        found = standing(folder, CLASSES["classification"], CPU)
    ids = torch.tensor([[*Tokenizer(folder).encode(["the cat sat"])][0]])
    np.testing.assert_allclose(told, logits(found, "classification", ids).softmax(-1)[0].numpy(), atol=1e-5)


def test_a_tuned_model_is_merged_before_it_is_tuned_again(tmp_path):
    folder, wanted = tuned(tmp_path)
    with pytest.raises(AskedWrong, match="This model is an adapter on a base"):
        network(folder, "causal")
    assert whole(tmp_path / "base", tmp_path / "scratch") == tmp_path / "base"
    again = whole(folder, tmp_path / "scratch")
    assert again == tmp_path / "scratch"
    written = {file.name: file.stat().st_mtime_ns for file in again.iterdir()}
    assert whole(folder, again) == again, "a second process of the same training finds it"
    assert {file.name: file.stat().st_mtime_ns for file in again.iterdir()} == written
    assert torch.allclose(logits(network(again, "causal").network, "causal"), wanted, atol=1e-5)


@BETWEEN_PEERS
def test_peft_alone_loads_it_too(tmp_path):
    folder, wanted = tuned(tmp_path)
    assert json.loads((folder / "adapter_config.json").read_text())["task_type"] == "CAUSAL_LM"
    with quiet():
        theirs = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(folder / "base"), folder)
    assert torch.allclose(logits(theirs, "causal"), wanted, atol=1e-5)


def test_a_folder_that_is_there_is_not_written_over(tmp_path):
    folder, _ = tuned(tmp_path)
    model = loaded(tmp_path / "base", "causal", Adapter())
    with pytest.raises(FileExistsError):
        save_adapter(model, Tokenizer(tmp_path / "base"), tmp_path / "base", folder, {})
