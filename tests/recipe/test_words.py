"""The right word nearby."""

import pytest

from tilth.model.adapter import Adapter
from tilth.recipe.words import ELSEWHERE, did_you_mean, meant, nearest, nearest_step, sentences
from tilth.steps.train.sft import Sft

STEPS = ("clean.unicode", "filter.length", "filter.quality", "dedup.exact", "train.pretrain")


@pytest.mark.parametrize(
    ("word", "meant"),
    [("ruels", "rules"), ("Rules", "rules"), ("rule", "rules"), ("at-least", "at_least"), ("zzz", None), ("", None)],
)
def test_the_nearest_word(word, meant):
    assert nearest(word, ["rules", "limits", "at_least", "at_most"]) == meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("filter.qualty", "filter.quality"),
        ("fliter.quality", "filter.quality"),
        ("clean.quality", "filter.quality"),
        ("quality", "filter.quality"),
        ("Filter.Quality", "filter.quality"),
        ("filtr.qualty", "filter.quality"),
        ("dedup.exacct", "dedup.exact"),
        ("filter_length", "filter.length"),
        ("dedup.minhash", None),
        ("clean.lower", None),
        ("filter", None),
        ("filter.", None),
        ("sing.quickly", None),
    ],
)
def test_the_nearest_step(word, meant):
    assert nearest_step(word, STEPS) == meant


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("evaluation_strategy", "evaluate_every"),
        ("warmup_ratio", "warmup"),
        ("per_device_train_batch_size", "batch"),
        ("Gradient-Accumulation-Steps", "batch"),
        ("eval_steps", "evaluate_every"),
        ("lora", "adapter"),
        ("learning_rat", "learning_rate"),
        ("zzz", None),
    ],
)
def test_what_other_trainers_call_a_setting_is_known(word, wanted):
    # TRL 1.16 answers what it no longer takes with a plain TypeError.
    assert meant(word, Sft.model_fields) == wanted
    assert meant(word, ["zebra"]) is None


def test_each_name_of_other_trainers_means_a_setting_that_there_is_and_none_is_one_of_ours():
    ours = {*Sft.model_fields, *Adapter.model_fields}
    assert set(ELSEWHERE) <= ours
    assert not ours & {name for names in ELSEWHERE.values() for name in names.split()}


def test_sentences():
    assert sentences(did_you_mean("rules"), "", "It takes a text.") == "Did you mean `rules`? It takes a text."
    assert did_you_mean(None) == ""
