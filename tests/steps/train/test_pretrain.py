"""train.pretrain: from texts to a folder that Transformers loads, killed and resumed to the same weights."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from transformers import AutoModelForCausalLM, AutoTokenizer

from tilth.errors import AskedWrong, NothingLeft, RecipeError
from tilth.fakes.sentences import SENTENCES
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.fakes.work import tiny_work
from tilth.model.checkpoint import digest
from tilth.steps.train.pretrain import Pretrain
from tilth.work import Known, Machine

TINY = {"layers": 2, "width": 32, "heads": 2, "context": 32}
SETTINGS = {
    "data": "docs", "validation": "held", "tokenizer": "words", "architecture": TINY,
    "steps": 12, "batch": 4, "checkpoint_every": 4, "evaluate_every": 4, "precision": "fp32",
}  # fmt: skip


def work(folder, **more):
    texts = {"docs": SENTENCES[:120], "held": SENTENCES[120:]}
    return tiny_work(folder, texts, {"words": tiny_tokenizer(folder / "words")}, **more)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    place = work(tmp_path_factory.mktemp("whole"))
    return place, Pretrain(**SETTINGS).fit(place)


def test_transformers_loads_the_folder(made):
    place, _ = made
    model, tokenizer = (auto.from_pretrained(place.folder) for auto in (AutoModelForCausalLM, AutoTokenizer))
    logits = model(**tokenizer("The cat", return_tensors="pt")).logits
    assert logits.shape[-1] == len(tokenizer) == 268
    assert bool(torch.isfinite(logits).all())


def test_the_facts_are_plain_json_and_agree_with_each_other(made):
    place, facts = made
    assert json.loads(json.dumps(facts)) == facts
    assert facts["weights"] == digest(place.folder / "model.safetensors")
    assert (facts["documents"], facts["steps"], facts["resumed_from"]) == (120, 12, None)
    assert facts["windows"] == -(-facts["tokens"] // 32)
    assert facts["tokens_seen"] == facts["curve"][-1]["tokens"] <= 12 * 4 * 32
    assert facts["epochs"] == pytest.approx(48 / facts["windows"])
    assert facts["flops"] == facts["flops_per_token"] * facts["tokens_seen"]
    assert facts["best_step"] in [seen["step"] for seen in facts["validation"]]
    assert set(facts["curve"][0]) == {"step", "loss", "learning_rate", "grad_norm", "tokens", "seconds"}
    assert facts["peak_memory_bytes"] > 0
    assert facts["seconds"] >= facts["training_seconds"] > 0


def test_the_estimate_agrees_with_what_was_made(made):
    _, facts = made
    known = Known({"docs": 120}, {"docs": facts["bytes"]}, {"words": {"vocab_size": 268, "bytes_per_token": facts["bytes_per_token"]}}, 1e11)
    told = Pretrain(**SETTINGS).estimate(known)
    assert told["parameters"] == facts["parameters"]
    assert told["flops_per_token"] == facts["flops_per_token"]
    assert told["tokens"] == pytest.approx(facts["tokens_seen"], rel=0.05)
    by_epochs = Pretrain(**{**SETTINGS, "steps": None, "epochs": 2.0}).estimate(known)
    assert by_epochs["tokens"] == pytest.approx(2 * facts["tokens"])


CODE = """
import os, signal, sys, json
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_pretrain import work, SETTINGS
from tilth.steps.train.pretrain import Pretrain
def tell(said):
    if said.get("step") == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
Pretrain(**SETTINGS).fit(work(Path(sys.argv[1]), tell=tell))
"""


def undisturbed(facts):
    """What of a curve does not depend on the clock."""
    return [(at["step"], at["loss"], at["grad_norm"], at["learning_rate"], at["tokens"]) for at in facts["curve"]]


def test_after_kill_9_the_losses_and_weights_are_exactly_those_of_an_undisturbed_run(made, tmp_path):
    _, whole = made
    here = str(Path(__file__).parent)
    done = subprocess.run([sys.executable, "-c", CODE, str(tmp_path), "10", here], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    facts = Pretrain(**SETTINGS).fit(work(tmp_path))
    assert facts["resumed_from"] == 8
    assert undisturbed(facts) == undisturbed(whole)
    assert facts["validation"] == whole["validation"]
    assert facts["weights"] == whole["weights"]


def test_other_data_under_the_same_scratch_is_refused(tmp_path):
    place = work(tmp_path)
    Pretrain(**SETTINGS).fit(place)
    other = tiny_work(tmp_path, {"docs": SENTENCES[:50], "held": SENTENCES[120:]}, place.models)
    with pytest.raises(AskedWrong, match="belongs to another training .*content of data: then"):
        Pretrain(**SETTINGS).fit(other)
    with pytest.raises(AskedWrong, match="learning_rate: then 0.001, now 0.5"):
        Pretrain(**SETTINGS, learning_rate=0.5).fit(place)


def test_gpt2_trains_too_and_epochs_say_how_long(tmp_path):
    settings = {**SETTINGS, "steps": None, "epochs": 0.5, "architecture": {**TINY, "type": "gpt2"}, "validation": None}
    facts = Pretrain(**settings).fit(work(tmp_path))
    assert facts["epochs"] == pytest.approx(0.5, abs=4 / facts["windows"])
    assert facts["validation"] == []
    assert facts["curve"][-1]["loss"] < facts["curve"][0]["loss"]


def test_a_micro_batch_that_does_not_divide_is_refused(tmp_path):
    with pytest.raises(AskedWrong, match="`micro_batch` 3 does not divide `batch` 4"):
        Pretrain(**SETTINGS).fit(work(tmp_path, machine=Machine(micro_batch=3)))


def test_a_vocabulary_smaller_than_the_tokenizer_is_refused_by_plan_and_by_fit(tmp_path):
    step = Pretrain(**{**SETTINGS, "architecture": {**TINY, "vocabulary": 100}})
    with pytest.raises(RecipeError, match="`vocabulary` is 100, and the tokenizer has 268 tokens"):
        step.estimate(Known({}, {}, {"words": {"vocab_size": 268}}, 1e11))
    with pytest.raises(AskedWrong, match="`vocabulary` is 100, and the tokenizer has 268 tokens"):
        step.fit(work(tmp_path))


def test_texts_without_a_token_leave_nothing(tmp_path):
    place = tiny_work(tmp_path, {"docs": ["", None], "held": ["x"]}, {"words": tiny_tokenizer(tmp_path / "words")})
    with pytest.raises(NothingLeft):
        Pretrain(**SETTINGS).fit(place)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": 1.0}, "`steps` and `epochs` both say how long"),
        ({"validation": None, "early_stopping": 2}, "`early_stopping` needs `validation`"),
        ({"architecture": {**TINY, "type": "bert"}}, "`type: bert` does not go on with texts; take a decoder .* or train.classify"),
        ({"architecture": {**TINY, "type": "t5"}}, "`type: t5` does not go on with texts; take a decoder .* or train.seq2seq"),
        ({"architecture": {**TINY, "heads": 5}}, "`width` 32 is not a multiple of `heads` 5"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"optimiser": "adamw"}, "optimiser"),
    ],
)
def test_what_cannot_be_is_refused_when_the_recipe_is_read(settings, said):
    with pytest.raises(ValidationError, match=said):
        Pretrain(**{**SETTINGS, **settings})


def test_checking_a_recipe_loads_no_torch():
    code = "import sys, tilth.steps.train.pretrain, tilth.steps.train.tokenizer, tilth.steps.evaluate.perplexity, tilth.steps.evaluate.generate\n"
    code += "print(sorted(set(sys.modules) & {'torch', 'transformers', 'tokenizers'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
