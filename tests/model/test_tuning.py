"""What every training shares: sizes told, batches shared out, lengths that fit, and what a checkpoint belongs to."""

from dataclasses import replace

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from tests.model.tuned import write_base
from tests.tuned import dataset, work
from tilth.errors import AskedWrong, Missing
from tilth.fakes.model import tiny_model
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.adapted import adapt
from tilth.model.adapter import Adapter
from tilth.model.architecture import Architecture
from tilth.model.load import Loading, Tokenizer, network, new_model, save_model
from tilth.model.tuning import flops_per_token, length_of
from tilth.steps.train.sft import Sft
from tilth.work import Launcher, Machine

ROWS = [{"question": f"q{number}?", "answer": "yes" if number % 2 else "no"} for number in range(16)]
SETTINGS = {"data": "d", "model": "base", "template": "plain", "steps": 4, "batch": 4, "precision": "fp32"}


@pytest.mark.parametrize("family", ["llama", "gpt2", "gpt_neox"])
@pytest.mark.parametrize("tied", [True, False])
def test_the_work_of_a_token_counted_in_the_network_is_the_architectures(tmp_path, family, tied):
    wanted = Architecture(type=family, layers=2, width=32, heads=2, context=32, tie_embeddings=tied)
    made = new_model(wanted, Tokenizer(tiny_tokenizer(tmp_path)), 0)
    assert flops_per_token(made, 32) == wanted.flops_per_token(268)


def test_frozen_weights_cost_less_and_an_adapters_own_more(tmp_path):
    loaded = network(tiny_model(tmp_path / "base"), "causal", Loading(masters=False))
    whole = flops_per_token(loaded.network, 32)
    adapted = flops_per_token(adapt(loaded, "causal", Adapter(rank=4), 0), 32)
    attention = 12 * 2 * 32 * 32
    assert adapted - attention == pytest.approx((whole - attention) * 4 / 6 + 6 * 4 * 2 * (4 * 64 + 3 * 128))


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (Machine(device="cpu", micro_batch=3), "`micro_batch` 3 does not divide `batch` 4"),
        (Machine(device="cpu", launcher=Launcher(processes=3)), "3 processes cannot share a `batch` of 4"),
    ],
)
def test_a_batch_that_cannot_be_shared_out_is_refused(tmp_path, machine, words):
    here = work(tmp_path, {"d": ROWS}, {"base": tiny_model(tmp_path / "base")}, machine=machine)
    with pytest.raises(AskedWrong, match=words):
        Sft(**SETTINGS).fit(here)


OTHERS = {
    "opt": {"hidden_size": 32, "ffn_dim": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "word_embed_proj_dim": 32},
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "mamba": {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 8},
}


def base_of(folder, family, settings):
    tokenizer = Tokenizer(tiny_tokenizer(folder / "words"))
    config = AutoConfig.for_model(family, vocab_size=tokenizer.size, bos_token_id=1, eos_token_id=1, pad_token_id=1, **settings)
    save_model(AutoModelForCausalLM.from_config(config), tokenizer, folder / "base")
    return folder / "base"


@pytest.mark.parametrize("family", OTHERS)
def test_a_network_in_which_packed_rows_would_see_each_other_is_refused_and_learns_rows_apart(tmp_path, family):
    here = work(tmp_path, {"d": ROWS}, {"base": base_of(tmp_path, family, OTHERS[family])}, machine=Machine(device="cpu"))
    with pytest.raises(AskedWrong, match=f"would see each other in a network of the family `{family}`"):
        Sft(**SETTINGS, packing=True, length=64).fit(here)
    assert Sft(**SETTINGS, length=64).fit(here)["steps"] == 4


def test_packed_rows_are_attended_block_by_block_and_the_folder_says_nothing_of_it(tmp_path):
    here = work(tmp_path, {"d": ROWS}, {"base": write_base(tmp_path / "base")}, machine=Machine(device="cpu"))
    assert Sft(**SETTINGS, packing=True, length=40).fit(here)["loaded"]["attention"] == "blocks"
    assert "blocks" not in (here.folder / "config.json").read_text("utf-8")


def test_a_warmup_that_would_not_end_is_refused_before_the_first_step_and_in_a_rehearsal(tmp_path):
    here = work(tmp_path, {"d": ROWS}, {"base": tiny_model(tmp_path / "base")})
    step = Sft(**{**SETTINGS, "steps": None, "epochs": 1, "warmup": 100})
    words = "`warmup` is 100 steps, and 16 items in batches of 4 make 4; the learning rate would never be reached"
    with pytest.raises(AskedWrong, match=words):
        step.fit(here)
    with pytest.raises(AskedWrong, match=words):
        step.rehearse(here, None)


def test_a_length_is_what_was_asked_for_or_what_the_model_sees(tmp_path):
    folder = tiny_model(tmp_path)
    assert (length_of(folder, None), length_of(folder, 20)) == (32, 20)
    with pytest.raises(AskedWrong, match="`length` is 40 tokens, and the model sees 32"):
        length_of(folder, 40)


def test_a_training_goes_on_only_with_the_same_data_and_settings(tmp_path):
    def kill(said):
        if said.get("step") == 3:
            raise KeyboardInterrupt

    models = {"base": tiny_model(tmp_path / "base")}
    here = work(tmp_path, {"d": ROWS}, models, kill)
    step = Sft(**SETTINGS, checkpoint_every=2)
    with pytest.raises(KeyboardInterrupt):
        step.fit(here)
    again = work(tmp_path, {"d": ROWS}, models)
    with pytest.raises(AskedWrong, match="belongs to another training .learning_rate: then 2e-05, now 0.5"):
        step.model_copy(update={"learning_rate": 0.5}).fit(again)
    with pytest.raises(AskedWrong, match="content of data"):
        step.fit(replace(again, datasets={"d": dataset(tmp_path / "other", "d", ROWS[:8])}))
    assert step.fit(again)["resumed_from"] == 2


def test_a_tuned_adapter_is_the_base_of_the_next(tmp_path):
    first = work(tmp_path / "first", {"d": ROWS}, {"base": tiny_model(tmp_path / "base")})
    Sft(**SETTINGS, adapter={"rank": 2}, learning_rate=1e-2).fit(first)
    second = work(tmp_path / "second", {"d": ROWS}, {"base": first.folder})
    facts = Sft(**SETTINGS, adapter={"rank": 2}, learning_rate=1e-2).fit(second)
    assert (second.folder / "base" / "model.safetensors").is_file() and facts["trainable_parameters"] < facts["parameters"]
    torch.manual_seed(0)
    before = Sft(**SETTINGS, adapter={"rank": 2}, learning_rate=1e-2).fit(
        work(tmp_path / "third", {"d": ROWS}, {"base": tiny_model(tmp_path / "base")})
    )
    assert facts["curve"][0]["loss"] < before["curve"][0]["loss"]


def test_compiling_without_a_compiler_is_said_before_the_first_step(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(Missing, match="needs a C.. compiler"):
        Sft(**SETTINGS, compile=True).fit(work(tmp_path, {"d": ROWS}, {"base": tiny_model(tmp_path / "base")}))


def test_a_model_of_another_kind_is_refused_before_a_row_is_read(tmp_path):
    base = write_base(tmp_path / "base", "t5")
    with pytest.raises(AskedWrong, match="t5"):
        Sft(**SETTINGS).fit(work(tmp_path, {"d": [{"colour": 3}]}, {"base": base}))
