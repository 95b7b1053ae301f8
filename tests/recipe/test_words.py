"""The right word nearby."""

import pytest

from tilth.recipe.words import did_you_mean, nearest, nearest_step, sentences

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


def test_sentences():
    assert sentences(did_you_mean("rules"), "", "It takes a text.") == "Did you mean `rules`? It takes a text."
    assert did_you_mean(None) == ""
