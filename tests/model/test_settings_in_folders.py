"""What the files of a folder say beside its weights is put aside where it would be obeyed unseen, and written where others obey it."""

import json
import shutil

import pytest
import torch
from peft import PeftModel
from tokenizers import Tokenizer as Fast
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from tests.model.tuned import write_base
from tests.tuned import work
from tilth.errors import AskedWrong
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.model.classification import tokens_of
from tilth.model.classifying import classifier
from tilth.model.load import Tokenizer, quiet, save_model, settle
from tilth.model.seq2seq import source
from tilth.model.text_classifier import TextClassifier
from tilth.steps.train.classify import Classify
from tilth.steps.train.pretrain import Pretrain
from tilth.steps.train.sft import Sft
from tilth.work import Machine

TEXT = "the cat sat on the mat and then it went home"
PAIRS = [{"prompt": f"say {number} ", "completion": f"yes {number}"} for number in range(8)]
ONE = {"data": "d", "model": "base", "steps": 1, "batch": 4, "precision": "fp32"}
TURNS = (
    "{{ bos_token or '' }}{% for m in messages %}<turn>{{ m.role }}\n{{ m.content }}<end>\n{% endfor %}"
    "{% if add_generation_prompt %}<turn>assistant\n{% endif %}"
)
BETWEEN_PEERS = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


def changed(folder, **settings):
    """A folder whose configuration says something else."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **settings}))
    return folder


@pytest.mark.parametrize("way", ["cut", "filled up"])
def test_lengths_that_a_tokenizer_was_saved_with_are_not_obeyed(tmp_path, way):
    plain = Tokenizer(tiny_tokenizer(tmp_path / "plain"))
    fast = Fast.from_file(str(tiny_tokenizer(tmp_path / "words") / "tokenizer.json"))
    if way == "cut":
        fast.enable_truncation(4)
    else:
        fast.enable_padding(length=64)
    fast.save(str(tmp_path / "words" / "tokenizer.json"))
    found = Tokenizer(tmp_path / "words")
    for read in (lambda one: [*one.encode([TEXT])], lambda one: one.prompt(TEXT), lambda one: source(one, TEXT), lambda one: tokens_of(one, [TEXT])):
        assert read(found) == read(plain)
    assert found.content == plain.content


def test_every_token_of_a_text_is_learned_whatever_the_tokenizer_was_saved_with(tmp_path):
    base = write_base(tmp_path / "base", context=128)
    found = AutoTokenizer.from_pretrained(base)
    found([TEXT, "a"], truncation=True, max_length=8, padding="max_length")
    found.save_pretrained(base)
    assert json.loads((base / "tokenizer.json").read_text())["truncation"]["max_length"] == 8
    facts = Pretrain(**ONE).fit(work(tmp_path, {"d": [{"text": TEXT}] * 8}, {"base": base}))
    assert facts["tokens"] >= 8 * len([*Tokenizer(base).encode([TEXT])][0]) > 8 * 8


def test_a_tokenizer_of_a_vocabulary_and_merges_is_trained_with(tmp_path):
    base = write_base(tmp_path / "base")
    model, config = (json.loads((base / name).read_text()) for name in ("tokenizer.json", "tokenizer_config.json"))
    (base / "tokenizer.json").unlink()
    (base / "vocab.json").write_text(json.dumps(model["model"]["vocab"]))
    (base / "merges.txt").write_text("\n".join(["#version: 0.2", *(" ".join(pair) for pair in model["model"]["merges"])]))
    (base / "tokenizer_config.json").write_text(json.dumps({**config, "tokenizer_class": "GPT2Tokenizer"}))
    rows = [{"text": "the cat and the hat"}] * 8
    for step, data in ((Sft(**ONE), PAIRS), (Pretrain(**ONE), rows)):
        here = work(tmp_path / type(step).__name__, {"d": data}, {"base": base})
        assert step.fit(here)["steps"] == 1
        assert [*Tokenizer(here.folder).encode([TEXT])] == [*Tokenizer(base).encode([TEXT])]


@pytest.mark.parametrize("filled", [None, 77])
def test_a_decoder_judges_no_filling_whatever_its_configuration_is_filled_up_with(tmp_path, filled):
    rows = [{"text": "good " * (1 + 2 * number), "label": "ab"[number % 2]} for number in range(4)]
    base = write_base(tmp_path / "base", context=128)
    step = Classify(data="d", model="base", steps=2, batch=4, learning_rate=1e-3, precision="fp32")
    losses = []
    for name, model in (("said", base), ("other", changed(shutil.copytree(base, tmp_path / "copy"), pad_token_id=filled))):
        for micro in (4, 1):
            here = work(tmp_path / f"{name} {micro}", {"d": rows}, {"base": model}, machine=Machine(device="cpu", micro_batch=micro))
            losses += [[one["loss"] for one in step.fit(here)["curve"]]]
            assert json.loads((here.folder / "config.json").read_text())["pad_token_id"] == Tokenizer(base).filling
    assert all(one == pytest.approx(losses[0], abs=1e-5) for one in losses)


def test_the_base_of_a_classifier_is_filled_up_as_it_was_while_it_learned(tmp_path):
    base = write_base(tmp_path / "base", context=128)
    changed(base, pad_token_id=77)
    settle(base)
    rows = [{"text": f"{'good ' * (1 + number)}", "label": "ab"[number % 2]} for number in range(4)]
    here = work(tmp_path, {"d": rows}, {"base": base})
    Classify(data="d", model="base", steps=1, batch=4, adapter={"rank": 2}, precision="fp32").fit(here)
    assert json.loads((here.folder / "base" / "config.json").read_text())["pad_token_id"] == Tokenizer(base).filling
    assert json.loads((base / "config.json").read_text())["pad_token_id"] == 77
    asked = classifier(here.folder, 128)
    assert isinstance(asked, TextClassifier)
    [alone] = asked.scores(["good"], "a")
    assert asked.scores(["good", "good " * 14], "a")[0] == pytest.approx(alone, abs=1e-5)


@BETWEEN_PEERS
@pytest.mark.parametrize("said", [None, 1])
def test_a_base_with_its_adapter_put_on_by_peft_stops_where_the_turn_ends(tmp_path, said):
    base = write_base(tmp_path / "base", context=128)
    (base / "generation_config.json").write_text(json.dumps({} if said is None else {"eos_token_id": said}))
    for file in base.iterdir():
        file.chmod(0o444)
    rows = [{"question": "say?", "answer": "yes"}] * 8
    here = work(tmp_path, {"d": rows}, {"base": base})
    step = Sft(**{**ONE, "steps": 40}, template=TURNS, new_tokens=["<turn>", "<end>"], adapter={"rank": 8}, learning_rate=3e-2)
    step.fit(here)
    tokenizer = AutoTokenizer.from_pretrained(here.folder)
    with quiet():
        model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(here.folder / "base"), here.folder)
    asked = tokenizer.apply_chat_template([{"role": "user", "content": "say?"}], add_generation_prompt=True, return_dict=True, return_tensors="pt")
    with quiet():
        written = model.generate(**asked, max_new_tokens=24, do_sample=False)[0, asked["input_ids"].shape[1] :]
    assert tokenizer.decode(written).partition("<end>")[1:] == ("<end>", "")
    assert json.loads((base / "generation_config.json").read_text()) == ({} if said is None else {"eos_token_id": said})


def test_products_of_fp32_are_of_a_base_in_fp32(tmp_path):
    base = write_base(tmp_path / "base", dtype=torch.bfloat16)
    for precision, wanted in (("fp32", "fp32"), ("bf16", "bf16+fp32")):
        here = work(tmp_path / precision, {"d": PAIRS}, {"base": base})
        facts = Sft(**{**ONE, "precision": precision}, adapter={"rank": 2}).fit(here)
        assert (facts["precision"], facts["loaded"]["weights"]) == (precision, wanted.partition("+")[0])
        assert (here.folder / "base" / "model.safetensors").stat().st_size == (base / "model.safetensors").stat().st_size


@pytest.mark.parametrize(
    ("family", "sizes"),
    [("bloom", {"hidden_size": 32, "n_layer": 1, "n_head": 2}), ("mamba", {"hidden_size": 32, "num_hidden_layers": 1, "state_size": 8})],
)
def test_a_model_without_a_limit_is_told_without_one_and_has_no_windows_of_its_own(tmp_path, family, sizes):
    tokenizer = Tokenizer(tiny_tokenizer(tmp_path / "words"))
    config = AutoConfig.for_model(family, vocab_size=tokenizer.size, **sizes)
    save_model(AutoModelForCausalLM.from_config(config, dtype=torch.float32), tokenizer, tmp_path / "base")
    here = work(tmp_path / "answers", {"d": PAIRS}, {"base": tmp_path / "base"})
    assert Sft(**ONE).fit(here)["context"] is None
    here = work(tmp_path / "texts", {"d": [{"text": TEXT}] * 8}, {"base": tmp_path / "base"})
    with pytest.raises(AskedWrong, match="no limit to the tokens that it sees") as caught:
        Pretrain(**ONE).fit(here)
    assert "length" in caught.value.remedy
