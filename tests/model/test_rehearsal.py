"""A training is tried on a few rows, and tells what the whole of it takes."""

import json

import pytest

torch = pytest.importorskip("torch")

from tests.model.tuned import write_base  # noqa: E402
from tests.tuned import work  # noqa: E402
from tilth.errors import AskedWrong, DataRefused  # noqa: E402
from tilth.model.ready import Model  # noqa: E402
from tilth.model.rehearsal import ROWS, first_rows  # noqa: E402
from tilth.steps.train.classify import Classify  # noqa: E402
from tilth.steps.train.preference import Preference  # noqa: E402
from tilth.steps.train.pretrain import Pretrain  # noqa: E402
from tilth.steps.train.seq2seq import Seq2seq  # noqa: E402
from tilth.steps.train.sft import Sft  # noqa: E402
from tilth.work import Launcher, Machine  # noqa: E402

ANSWERS = [{"question": f"q{number % 9}?", "answer": "yes" if number % 2 else "no"} for number in range(240)]
PAIRS = [{"prompt": f"q{number % 9}?", "chosen": "yes", "rejected": "no"} for number in range(40)]
LABELLED = [{"text": f"t {number % 9}", "label": "good" if number % 2 else "bad"} for number in range(40)]
SHARED = {"data": "d", "model": "base", "batch": 8, "precision": "fp32"}

WAYS = {
    "sft": (Sft, "llama", ANSWERS, {"template": "plain"}),
    "lora": (Sft, "gpt2", ANSWERS, {"template": "plain", "adapter": {"rank": 2}, "checkpointing": True}),
    "packed": (Sft, "gpt_neox", ANSWERS, {"template": "plain", "packing": True, "length": 40, "batch": 2}),
    "dpo": (Preference, "llama", PAIRS, {"template": "plain"}),
    "kto": (Preference, "llama", PAIRS, {"template": "plain", "method": "kto", "batch": 2}),
    "classify": (Classify, "llama", LABELLED, {}),
    "seq2seq": (Seq2seq, "t5", ANSWERS, {"length": 40}),
    "pretrain": (Pretrain, "llama", LABELLED, {"batch": 2}),
}


def tried(folder, name, rows=1000, **more):
    step, family, data, settings = WAYS[name]
    here = work(folder, {"d": data}, {"base": write_base(folder / "base", family)})
    return here, step(**{**SHARED, **settings, **more}).rehearse(here, rows)


@pytest.mark.parametrize("name", WAYS)
def test_every_training_can_be_tried(tmp_path, name):
    here, told = tried(tmp_path, name)
    assert json.loads(json.dumps(told)) == told
    assert told["rehearsed_rows"] == min(ROWS, len(WAYS[name][2]))
    assert told["seconds"] == pytest.approx(told["seconds_per_step"] * told["steps"]) and told["seconds_per_step"] > 0
    assert set(told["memory"]) <= {"weights", "gradients", "optimizer", "activations", "temporaries", "allocator", "process"} and told["fits"]
    assert told["memory_bytes"] == pytest.approx(sum(told["memory"].values()), abs=2) and told["memory_bytes"] >= told["peak_memory_bytes"] - 2
    assert told["memory"]["weights"] >= 4 * told["parameters"] * 0.99 and told["tensor_bytes"] <= told["memory_bytes"]
    assert told["micro_batch"] * told["passes"] == told["fitting"]["micro_batch"] * told["fitting"]["passes"]
    assert told["checkpoint_bytes"] == pytest.approx(4 * told["trainable_parameters"], rel=0.3, abs=9000)
    assert told["disk_bytes"] >= told["checkpoint_bytes"] and (here.folder / "config.json").exists() or name == "lora"
    assert told["gpus"][0]["fits"]


def test_of_answers_layout_template_proofs_and_ledger_are_told(tmp_path):
    _, told = tried(tmp_path, "sft")
    assert told["layout"]["format"] == "question" and told["template"] == "plain" and told["proofs"]["rows"] == ROWS
    assert told["truncation"] and told["sequences"]
    assert told["steps"] == 125  # 1,000 rows in batches of 8


def test_the_model_is_left_as_it_was_for_what_comes_after(tmp_path):
    here, _ = tried(tmp_path, "sft")
    before, after = (Model(folder, "cpu").network.state_dict() for folder in (here.models["base"], here.folder))
    assert before.keys() == after.keys() and all(torch.equal(before[name], after[name]) for name in before)


def test_rows_that_the_training_would_refuse_are_refused(tmp_path):
    with pytest.raises(DataRefused):
        tried(tmp_path, "sft", length=4)


def test_a_batch_that_the_training_would_not_share_out_is_refused(tmp_path):
    base = write_base(tmp_path / "base")
    here = work(tmp_path, {"d": ANSWERS}, {"base": base}, machine=Machine(device="cpu", micro_batch=8, launcher=Launcher(processes=2)))
    with pytest.raises(AskedWrong, match="`micro_batch` 8 does not divide `batch` 4"):
        Sft(**SHARED, template="plain").rehearse(here, 1000)


def test_a_few_rows_are_taken_evenly(tmp_path):
    data = work(tmp_path, {"d": ANSWERS}, {}).datasets["d"]
    few = first_rows(data, tmp_path)
    assert few.rows == ROWS and list(few.texts("question"))[:3] == [ANSWERS[number * 240 // ROWS]["question"] for number in range(3)]
    assert first_rows(few, tmp_path) is few
