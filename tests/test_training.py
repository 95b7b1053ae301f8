"""The words of every training: settled once, refused where they say nothing."""

import pytest
from pydantic import ValidationError

from tilth.steps.train.pretrain import Pretrain
from tilth.steps.train.sft import Sft
from tilth.training import Training


def sft(**settings):
    return Sft(data="d", model="m", **settings)


def test_the_learning_rate_follows_what_is_trained():
    assert sft().course.learning_rate == 2e-5
    assert sft(adapter={"type": "lora"}).course.learning_rate == 2e-4
    assert sft(learning_rate=3e-5, adapter={}).course.learning_rate == 3e-5
    assert Pretrain(data="d", model="m").rate == 2e-5
    assert Pretrain(data="d", tokenizer="t", architecture={"layers": 1, "width": 8, "heads": 2, "context": 8}).rate == 1e-3


def test_what_a_checkpoint_must_share_has_the_settled_rate():
    assert sft().settled()["learning_rate"] == 2e-5
    assert sft().identity()["learning_rate"] is None


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("refuse", ("refuse", "left", None)),
        ("drop", ("drop", "left", None)),
        ({"truncate_context": "right"}, ("truncate_context", "right", None)),
        ({"window": 7}, ("window", "left", 7)),
    ],
)
def test_what_becomes_of_long_rows_is_said_in_a_word_or_with_its_side(said, wanted):
    assert sft(truncation=said).shortening == wanted


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"steps": 3, "epochs": 1}, "give one of them"),
        ({"early_stopping": 2}, "needs `validation`"),
        ({"warmup": 100, "steps": 2}, "`warmup` is 100 steps, and there are 2"),
        ({"packing": True}, "`packing` needs `length`"),
        ({"learning_rates": 1}, "learning_rates"),
        ({"truncation": "cut"}, "truncation"),
        ({"adapter": {"type": "lora", "bits": 4}}, "lora has no `bits`"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"betas": (0.9, 1.0)}, "betas"),
        ({"betas": (-0.1, 0.9)}, "betas"),
        ({"betas": (0.9, 0.95), "optimizer": "sgd"}, "`betas` has no meaning here: sgd has no such moments"),
        ({"betas": (0.9, 0.95), "optimizer": "adafactor"}, "`betas` has no meaning here: adafactor has no such moments"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, words):
    with pytest.raises(ValidationError, match=words):
        sft(**settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "give `model`, which goes on learning, or `architecture`"),
        ({"model": "m", "tokenizer": "t"}, "has its own tokenizer"),
        ({"model": "m", "template": "chatml"}, "`template` has no meaning here"),
    ],
)
def test_a_setting_that_says_nothing_to_a_step_is_refused(settings, words):
    with pytest.raises(ValidationError, match=words):
        Pretrain(data="d", **settings)


def test_moments_that_were_not_asked_for_are_no_matter():
    assert Pretrain(data="d", model="m", optimizer="sgd").betas == (0.9, 0.95)
    assert sft(optimizer="adamw_8bit", betas=(0.9, 0.95)).betas == (0.9, 0.95)


def test_every_training_takes_the_same_words():
    mine = set(Training.model_fields)
    assert mine <= set(Sft.model_fields)
    assert mine <= set(Pretrain.model_fields)
