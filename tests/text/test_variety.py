"""Variety beside its definitions written plainly, and intervals that hold what they promise."""

import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.twins import DATA
from tilth.text.variety import GROUPS, distinct, evenness, interval, likeness, runs, words
from tilth.text.vectors import cosines, rounded

LISTS = st.lists(st.lists(st.integers(0, 4), max_size=12), max_size=30)


def told(texts, length):
    counted = [np.array(one, np.int64) for one in texts]
    groups = np.repeat(np.arange(len(texts)) % GROUPS, [max(0, len(one) - length + 1) for one in texts])
    return distinct(runs(counted, length), groups)


@settings(deadline=None)
@given(LISTS, st.integers(1, 3))
def test_distinct_runs_are_those_of_a_plain_set(texts, length):
    every = [tuple(one[at : at + length]) for one in texts for at in range(len(one) - length + 1)]
    found = told(texts, length)
    assert (found is None) == (not every)
    if found:
        assert found[0] == len(set(every)) / len(every)
        assert found[1] <= found[0] <= found[2] <= 1


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1 << 32))
def test_likeness_is_the_mean_over_all_pairs(seed):
    found = rounded(np.random.default_rng(seed).standard_normal((25, 8)))
    alike = cosines(found, found)
    mean, low, high = likeness(found, np.arange(25) % GROUPS)
    assert mean == pytest.approx((alike.sum() - 25) / (25 * 24), abs=1e-9)
    assert low <= mean <= high


def test_even_clusters_have_the_greatest_entropy_and_one_cluster_none():
    groups = np.arange(80) % GROUPS
    assert evenness(np.arange(80) // 20, groups, 4)[0] == pytest.approx(1)
    assert evenness(np.zeros(80, np.int64), groups, 4)[0] == 0
    homes = np.array([0] * 60 + [1] * 20)
    assert evenness(homes, groups, 4)[0] == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)) / math.log(4))
    assert evenness(homes[:0], groups[:0], 4) is None
    assert evenness(homes, groups, 1) is None


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    values = np.random.default_rng(1).standard_normal(GROUPS)
    left = [float(np.delete(values, one).mean()) for one in range(GROUPS)]
    mean, low, high = interval(float(values.mean()), left)
    assert (high - low) / 2 == pytest.approx(1.96 * values.std(ddof=1) / math.sqrt(GROUPS))
    assert (high + low) / 2 == pytest.approx(mean)


def test_about_19_intervals_of_20_hold_the_figure_of_other_samples_of_that_size():
    draw = random.Random(3)
    chances = [1 / (rank + 3) for rank in range(2000)]

    def sample():
        return [draw.choices(range(2000), chances, k=draw.randint(5, 40)) for _ in range(100)]

    truth = float(np.mean([told(sample(), 1)[0] for _ in range(60)]))
    held = sum(low <= truth <= high for _, low, high in (told(sample(), 1) for _ in range(60)))
    assert held >= 48, "of 60; at 95 % fewer come once in a hundred thousand times"


def test_words_are_lower_case_and_characters_stand_alone_where_there_are_no_spaces():
    assert len(list(words("Don't stop, DON'T!"))) == 5
    assert Counter(words("Stop stop STOP")).most_common()[0][1] == 3
    assert len(list(words("春天来了"))) == 4
    assert len(list(words("春天 spring"))) == 3
    assert len(list(words("हिन्दी भाषा"))) == 2, "a mark is part of its word"
    assert list(words("")) == list(words("?! …")) == []


@pytest.mark.skipif(not (DATA / "languages").is_dir(), reason="../shared/data is not here")
def test_words_of_languages_with_spaces_are_about_those_between_spaces():
    for code in ("en", "de", "ru", "el", "tr"):
        text = (DATA / f"languages/{code}.txt").read_text("utf-8")
        assert 0.9 < len(list(words(text))) / len(text.split()) < 1.2
