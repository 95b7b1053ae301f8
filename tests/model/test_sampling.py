"""What a model in training writes: told at each look, moving nothing."""

import pytest
from pydantic import ValidationError

from tests.tuned import work
from tilth.fakes.model import tiny_model
from tilth.fakes.tokenizer import tiny_tokenizer
from tilth.steps.train.classify import Classify
from tilth.steps.train.pretrain import Pretrain
from tilth.steps.train.seq2seq import Seq2seq
from tilth.steps.train.sft import Sft

ROWS = [{"question": f"q{number}?", "answer": "yes" if number % 2 else "no"} for number in range(32)]
SETTINGS = {"data": "d", "model": "base", "template": "plain", "steps": 12, "batch": 8, "learning_rate": 1e-2, "precision": "fp32"}


def told_by(folder, step, rows=ROWS):
    told = []
    here = work(folder, {"d": rows}, {"base": tiny_model(folder / "base")}, told.append)
    return step.fit(here), [said for said in told if "samples" in said]


def test_the_model_answers_at_each_look_and_learns_as_if_it_had_not(tmp_path):
    quiet, _ = told_by(tmp_path / "quiet", Sft(**SETTINGS))
    facts, told = told_by(tmp_path / "told", Sft(**SETTINGS, samples=["q3?", "q" * 40], evaluate_every=4))
    assert [said["step"] for said in told] == [4, 8, 12]
    assert [one["prompt"] for one in told[-1]["samples"]] == ["q3?", "q" * 40]
    assert told[-1]["samples"][0]["text"] in ("yes", "no")
    assert told[-1]["samples"][1]["text"] == ""  # a prompt longer than the context leaves no room
    assert facts["weights"] == quiet["weights"]


def test_a_model_that_learns_text_goes_on_with_prompts(tmp_path):
    settings = {name: value for name, value in SETTINGS.items() if name != "template"}
    _, told = told_by(tmp_path, Pretrain(**settings, samples=["the c"]), [{"text": "the cat sat"}] * 40)
    (one,) = told[-1]["samples"]
    assert one["prompt"] == "the c" and one["text"].startswith("at sat")


def test_a_classifier_writes_nothing():
    with pytest.raises(ValidationError, match="`samples` has no meaning here: labels are not written"):
        Classify(data="d", model="base", samples=["a"])


def test_an_encoder_and_a_decoder_answers_prompts_as_sources(tmp_path):
    rows = [{"question": f"say {word}", "answer": word} for word in ("yes", "no")] * 16
    step = Seq2seq(data="d", tokenizer="words", architecture={"type": "t5", "layers": 1, "width": 32, "heads": 2, "context": 64},
                   steps=40, batch=8, learning_rate=1e-2, precision="fp32", samples=["say no", "say yes", "x" * 600])  # fmt: skip
    told = []
    step.fit(work(tmp_path, {"d": rows}, {"words": tiny_tokenizer(tmp_path / "words")}, told.append))
    found = [said["samples"] for said in told if "samples" in said][-1]
    assert [one["text"] for one in found] == ["no", "yes", ""], "a source as long as a line leaves no room"
