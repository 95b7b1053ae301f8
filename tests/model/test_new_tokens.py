"""Tokens that a model did not know: mean rows, tied heads, whole multiples, and adapters that keep what they learned."""

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.model.tuned import learn, loaded, logits, save, write_base
from tilth.errors import AskedWrong
from tilth.model.adapted import whole
from tilth.model.adapter import Adapter
from tilth.model.families import CLASSES
from tilth.model.load import CPU, Tokenizer, network, quiet, standing
from tilth.model.new_tokens import extended, rows_for
from tilth.model.ready import Model

NAMES = ("<|im_start|>", "<|im_end|>")
FAMILIES = [("llama", {}), ("llama", {"tie_embeddings": False}), ("gpt2", {}), ("gpt_neox", {}), ("t5", {})]


def task_of(family):
    return "seq2seq" if family == "t5" else "causal"


def layers(folder, family="llama"):
    with quiet():
        model = CLASSES[task_of(family)].from_pretrained(folder)
    return model.get_input_embeddings().weight, model.get_output_embeddings().weight


@pytest.mark.parametrize(("family", "more"), FAMILIES)
def test_new_rows_are_the_mean_of_the_old_ones_and_the_old_ones_stay(tmp_path, family, more):
    base = write_base(tmp_path / "base", family, **more)
    added = extended(base, NAMES, tmp_path / "extended")
    assert added.tokens == {"<|im_start|>": 268, "<|im_end|>": 269}
    assert added.rows == 272
    old, new = layers(base, family), layers(added.folder, family)
    for before, after in zip(old, new, strict=True):
        assert torch.equal(after[:268], before)
        assert torch.allclose(after[268:], before.mean(0), atol=1e-6)
    assert (old[0] is old[1]) == (new[0] is new[1]) == (family in ("llama", "gpt2", "t5") and not more)


@pytest.mark.parametrize(
    ("rows", "tokens", "wanted"), [(50_257, 50_259, 50_259), (50_304, 50_305, 50_432), (32_000, 32_001, 32_128), (320, 300, 320)]
)
def test_whole_multiples_stay_whole_and_unused_rows_are_used(rows, tokens, wanted):
    assert rows_for(rows, tokens) == wanted


def test_rows_that_were_there_but_unused_get_the_mean_of_the_used_ones(tmp_path):
    base = write_base(tmp_path / "base", vocabulary=320)
    added = extended(base, NAMES, tmp_path / "extended")
    assert added.rows == 320
    old, new = layers(base)[0], layers(added.folder)[0]
    assert torch.allclose(new[268:270], old[:268].mean(0), atol=1e-6)
    assert torch.equal(new[270:], old[270:])


def test_the_tokenizer_knows_them_as_control_tokens(tmp_path):
    added = extended(write_base(tmp_path / "base"), NAMES, tmp_path / "extended")
    tokenizer = Tokenizer(added.folder)
    assert tokenizer.prompt("<|im_start|>a")[-2:] == [268, tokenizer.prompt("a")[-1]]
    assert 268 not in [*tokenizer.encode(["<|im_start|>a"])][0]
    assert AutoTokenizer.from_pretrained(added.folder)("<|im_end|>").input_ids == [269]
    assert Tokenizer(tmp_path / "base").size == 268
    assert extended(added.folder, NAMES, tmp_path / "other").folder == added.folder
    assert not (tmp_path / "other").exists()
    assert extended(added.folder, ["<|im_end|>", "<|tool|>"], tmp_path / "third").tokens == {"<|tool|>": 270}
    assert Tokenizer(tmp_path / "third").prompt("<|im_start|>")[-1] == 268


def test_what_stands_is_found_by_the_other_processes_of_a_training(tmp_path):
    first = extended(write_base(tmp_path / "base"), NAMES, tmp_path / "extended")
    written = {file.name: file.stat().st_mtime_ns for file in first.folder.iterdir()}
    assert extended(tmp_path / "base", NAMES, tmp_path / "extended") == first
    assert {file.name: file.stat().st_mtime_ns for file in first.folder.iterdir()} == written


@pytest.mark.parametrize("asked", [{"type": "lora"}, {"type": "dora"}, {"type": "qlora"}])
@pytest.mark.parametrize(("family", "more"), FAMILIES)
def test_an_adapter_learns_their_rows_alone_and_keeps_them_when_saved_and_loaded_again(tmp_path, family, more, asked):
    task, adapter = task_of(family), Adapter(**asked)
    added = extended(write_base(tmp_path / "base", family, **more), NAMES, tmp_path / "extended")
    model = loaded(added.folder, task, adapter, tokens=list(added.tokens.values()))
    ids = torch.tensor([[268, 5, 269, 30, 31, 77]])
    learn(model, task, steps=2, ids=ids)
    wanted = logits(model, task, ids)
    folder = save(model, task, added.folder, tmp_path / "tuned", adapter)
    with quiet():
        found = standing(folder, CLASSES[task], CPU)
    assert torch.allclose(logits(found, task, ids), wanted, atol=1e-5)
    before, after = layers(added.folder, family), layers(whole(folder, tmp_path / "merged"), family)
    for old, new in zip(before, after, strict=True):
        assert (old != new).any(1).nonzero().flatten().tolist() == [268, 269]
    assert (after[0] is after[1]) == (before[0] is before[1])


def test_full_tuning_takes_the_larger_model_as_it_is(tmp_path):
    added = extended(write_base(tmp_path / "base"), NAMES, tmp_path / "extended")
    model = network(added.folder, "causal").network
    assert model.get_input_embeddings().weight.shape[0] == 272
    assert "model.embed_tokens.weight" in learn(model, "causal", ids=torch.tensor([[268, 5, 269]]))
    assert Model(added.folder, "cpu").vocabulary == 272


def test_the_format_of_the_numbers_stays(tmp_path):
    added = extended(write_base(tmp_path / "base", dtype=torch.bfloat16), NAMES, tmp_path / "extended")
    with quiet():
        assert AutoModelForCausalLM.from_pretrained(added.folder).dtype == torch.bfloat16


def test_names_that_are_no_tokens_and_models_that_do_not_write_are_refused(tmp_path):
    with pytest.raises(AskedWrong, match="` ` is no token"):
        extended(write_base(tmp_path / "llama"), [" "], tmp_path / "extended")
    with pytest.raises(AskedWrong, match="`bert` does not write, and takes no new tokens"):
        extended(write_base(tmp_path / "bert", "bert"), NAMES, tmp_path / "extended")
