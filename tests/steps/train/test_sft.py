"""train.sft: rows in any layout, answers learned and nothing else; packed or not, whole or by an adapter, killed and resumed."""

import json

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.tuned import work
from tilth.errors import AskedWrong, DataRefused
from tilth.fakes.model import tiny_model
from tilth.model.checkpoint import digest
from tilth.model.generate import Sampling, Writer
from tilth.model.ready import Model
from tilth.steps.train.sft import Sft
from tilth.work import Known, Machine

ROWS = [{"question": f"q{number}?", "answer": "yes" if number % 2 else "no"} for number in range(32)]
SETTINGS = {"data": "d", "validation": "v", "model": "base", "template": "plain", "epochs": 4, "batch": 8, "learning_rate": 1e-2, "precision": "fp32"}


class Killed(BaseException):
    """Stands for a killed process: nothing catches it."""


def place(folder, rows=ROWS, held=ROWS[:8], **more):
    return work(folder, {"d": rows, "v": held}, {"base": tiny_model(folder / "base")}, **more)


WAYS = [
    {},
    {"packing": True, "length": 32, "batch": 2},
    {"adapter": {"rank": 4}, "learning_rate": 3e-2},
    {"checkpointing": True},
    {"precision": "bf16"},
    {"optimizer": "adafactor"},
]


@pytest.mark.parametrize("settings", WAYS, ids=lambda way: ",".join(way) or "plain")
def test_a_model_learns_the_answers_and_to_stop(tmp_path, settings):
    here = place(tmp_path)
    facts = Sft(**{**SETTINGS, **settings}).fit(here)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["validation"][-1]["loss"] < 0.5 * facts["curve"][0]["loss"]
    assert (facts["rows"], facts["template"], facts["layout"]["format"]) == (32, "plain", "question")
    assert facts["proofs"]["rows"] == facts["proofs"]["answers"] == 32
    assert facts["tokens_seen"] == 4 * facts["tokens"]
    written = Writer(here.folder, "cpu").write("q7?", Sampling(8), 0)
    assert written.text in ("yes", "no") and written.stopped == "eos"


def test_a_rank_that_is_too_great_for_the_layers_is_said_in_the_plan_while_it_trains_and_in_the_facts(tmp_path):
    said = []
    here = place(tmp_path, tell=lambda told: said.append(told["note"]) if "note" in told else None)
    step, fitting = (Sft(**{**SETTINGS, "steps": 1, "epochs": None}, adapter={"rank": rank}) for rank in (33, 32))
    (warning,) = step.fit(here)["warnings"]
    assert said == [warning] and warning.startswith("`rank: 33` is more than the smaller side of 14 adapted layers (32 at the least)")
    known = Known({"d": 32}, {"d": 1000}, {"base": {"folder": str(tmp_path / "base")}}, 1e11, Machine(device="cpu"))
    assert (step.estimate(known)["warnings"], fitting.estimate(known)["warnings"]) == ([warning], [])
    assert "warnings" not in fitting.fit(place(tmp_path / "fitting"))


def test_the_facts_say_what_was_trained_and_the_folder_is_what_they_say(tmp_path):
    whole, small = place(tmp_path / "whole"), place(tmp_path / "small")
    of_whole = Sft(**SETTINGS).fit(whole)
    of_small = Sft(**SETTINGS, adapter={"rank": 2, "targets": ["q_proj", "v_proj"]}).fit(small)
    assert of_whole["trainable_parameters"] == of_whole["parameters"] == sum(one.numel() for one in Model(whole.folder).network.parameters())
    assert of_small["trainable_parameters"] == 2 * 2 * 2 * (32 + 32)
    assert of_whole["weights"] == digest(whole.folder / "model.safetensors")
    assert of_small["weights"] == digest(small.folder / "adapter_model.safetensors")
    assert (small.folder / "base" / "model.safetensors").read_bytes() == (small.models["base"] / "model.safetensors").read_bytes()
    assert of_small["flops_per_token"] < of_whole["flops_per_token"]


def test_packed_rows_are_learned_as_rows_by_themselves(tmp_path):
    """The same rows in one step: all in one line, or each in its own."""
    rows, settings = ROWS[:6], {**SETTINGS, "epochs": None, "steps": 1, "validation": None, "warmup": 0}
    apart = Sft(**{**settings, "batch": 6}).fit(place(tmp_path / "apart", rows))
    packed = Sft(
        **{**settings, "batch": 1, "packing": True, "length": 32},
    ).fit(place(tmp_path / "packed", rows[:3]))
    three = Sft(**{**settings, "batch": 3}).fit(place(tmp_path / "three", rows[:3]))
    assert packed["curve"][0]["loss"] == pytest.approx(three["curve"][0]["loss"], rel=1e-5)
    assert packed["curve"][0]["grad_norm"] == pytest.approx(three["curve"][0]["grad_norm"], rel=1e-4)
    assert apart["curve"][0]["loss"] != three["curve"][0]["loss"]


@pytest.mark.parametrize("settings", [{}, {"adapter": {"rank": 4}}, {"packing": True, "length": 32, "batch": 2}], ids=lambda way: ",".join(way))
def test_a_killed_training_goes_on_to_exactly_the_same_losses_and_weights(tmp_path, settings):
    def kill(said):
        if said.get("step") == 5 and "loss" in said:
            raise Killed

    step = Sft(**{**SETTINGS, **settings}, checkpoint_every=3)
    whole, ended = place(tmp_path / "whole"), place(tmp_path / "ended", tell=kill)
    wanted = step.fit(whole)
    with pytest.raises(Killed):
        step.fit(ended)
    found = step.fit(place(tmp_path / "ended"))
    assert found["resumed_from"] == 3
    assert [entry["loss"] for entry in found["curve"]] == [entry["loss"] for entry in wanted["curve"]]
    assert found["weights"] == wanted["weights"]


@pytest.mark.parametrize("micro", [1, 2, 8])
def test_the_micro_batch_moves_nothing_but_the_last_digits(tmp_path, micro):
    wanted = Sft(**SETTINGS).fit(place(tmp_path / "a", machine=Machine(device="cpu", micro_batch=4)))
    found = Sft(**SETTINGS).fit(place(tmp_path / "b", machine=Machine(device="cpu", micro_batch=micro)))
    for one, other in zip(found["curve"], wanted["curve"], strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-3)


def test_what_is_shown_of_a_training_is_what_was_learned(tmp_path):
    here = place(tmp_path)
    step = Sft(**{**SETTINGS, "epochs": None, "steps": 1})
    step.fit(here)
    seen = list(step.sees(here))
    assert [window.number for window in seen] == list(range(1, 33))
    assert [window.trained_text for window in seen[:2]] == ["no<|endoftext|>", "yes<|endoftext|>"]
    assert [token.kind for token in seen[0].tokens] == ["begin", "context", "context", "context", "trained", "trained", "end"]
    assert [window.number for window in step.sees(here, 5, "Q30")] == [31]


def test_a_row_longer_than_the_length_stops_the_run_before_the_first_step(tmp_path):
    here = place(tmp_path, [*ROWS, {"question": "long?", "answer": "no " * 30}])
    with pytest.raises(DataRefused, match=r"1 of 33 rows is longer than 32 tokens: row 33 has 96.*truncation: drop"):
        Sft(**SETTINGS).fit(here)
    facts = Sft(**SETTINGS, truncation="drop").fit(place(tmp_path / "again", [*ROWS, {"question": "long?", "answer": "no " * 30}]))
    assert facts["truncation"]["done"]["dropped_rows"] == [33]
    assert (facts["rows"], facts["truncation"]["cut_would_lose"]["terminators"]) == (32, 1)


def test_long_context_is_cut_at_a_word_and_the_answer_stays(tmp_path):
    rows = [{"question": "a mat on a roof on a barn on a hill, is it red?", "answer": "yes"}, *ROWS[:3]]
    step = Sft(**{**SETTINGS, "epochs": None, "steps": 1, "batch": 2, "truncation": {"truncate_context": "left"}})
    here = place(tmp_path, rows)
    facts = step.fit(here)
    assert facts["truncation"]["done"]["truncated_rows"] == [1]
    first = next(iter(step.sees(here)))
    assert first.trained_text == "yes<|endoftext|>" and len(first.tokens) <= 32
    assert first.text.removeprefix("<|endoftext|>").split()[0] in rows[0]["question"].split()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"question": "q?", "answer": None}], "cannot be read as `question`: row 1"),
        ([{"prompt": "a", "chosen": "b", "rejected": "c"}], "train.preference"),
        ([{"text": "a", "label": "b"}], "train.classify"),
        ([{"colour": 3}], "colour"),
    ],
)
def test_rows_that_cannot_be_learned_from_are_refused_with_what_to_do(tmp_path, rows, words):
    with pytest.raises((DataRefused, AskedWrong), match=words):
        Sft(**SETTINGS).fit(place(tmp_path, rows, rows))


def test_a_length_beyond_the_models_context_is_refused(tmp_path):
    with pytest.raises(AskedWrong, match="`length` is 33 tokens, and the model sees 32"):
        Sft(**SETTINGS, length=33).fit(place(tmp_path))


def test_the_tuned_folder_writes_conversations_as_they_were_learned(tmp_path):
    chat = "{% for m in messages %}{{ '[' + m.role[0] + ']' + m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
    chat += "{% if add_generation_prompt %}[a]{% endif %}"
    here = place(tmp_path)
    Sft(**{**SETTINGS, "template": chat, "epochs": None, "steps": 1}).fit(here)
    told = Model(here.folder).tokenizer.full
    wanted = told.apply_chat_template([{"role": "user", "content": "q1?"}], add_generation_prompt=True, tokenize=False)
    assert wanted == "[u]q1?[a]"
    assert AutoModelForCausalLM.from_pretrained(here.folder, dtype=torch.float32).generation_config.eos_token_id == 1


@pytest.mark.parametrize("adapter", [None, {"rank": 2}])
def test_control_tokens_that_are_new_are_learned_and_kept(tmp_path, adapter):
    here = place(tmp_path)
    facts = Sft(**{**SETTINGS, "template": "chatml", "new_tokens": ["<|im_start|>", "<|im_end|>"], "adapter": adapter, "length": 32}).fit(here)
    told = Model(here.folder)
    assert told.tokenizer.size == 270
    assert next(iter(Sft(**SETTINGS).sees(here))).text.startswith("<|endoftext|><|im_start|>user\nq0?<|im_end|>")
    before, after = (Model(folder).network.get_input_embeddings() for folder in (here.models["base"], here.folder))
    assert after.weight.shape[0] > before.weight.shape[0]
    assert facts["validation"][-1]["loss"] < facts["curve"][0]["loss"]
