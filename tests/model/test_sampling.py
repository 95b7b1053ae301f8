"""What a model in training writes: told at each look, moving nothing."""

import pytest

from tests.tuned import work
from tilth.errors import AskedWrong
from tilth.fakes.model import tiny_model
from tilth.steps.train.classify import Classify
from tilth.steps.train.pretrain import Pretrain
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


def test_a_classifier_writes_nothing(tmp_path):
    step = Classify(data="d", model="base", steps=2, batch=2, samples=["a"])
    with pytest.raises(AskedWrong, match="makes no model that writes"):
        told_by(tmp_path, step, [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}] * 4)
