"""The sample of a text: a shared passage has one, and a text that stands whole in another shares all of its own."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.text.winnowing import STEP, WINDOW, samples
from tilth.text.words import FULL

WORDS = 13
LETTERS = [f"w{number}" for number in range(40)]
SOME = st.lists(st.sampled_from(LETTERS), max_size=60)
CHINESE = st.text(st.sampled_from([chr(code) for code in range(0x4E00, 0x4E30)]), max_size=100)


def sampled(*texts, words=WORDS):
    values, counts = samples(pa.array(texts, pa.large_string()), words)
    assert counts.sum() == len(values)
    return np.split(values, np.cumsum(counts)[:-1])


def keys(one):
    return {*(one >> np.uint64(STEP)).tolist()}


def places(one):
    """The words before each sample."""
    return np.cumsum((one & np.uint64((1 << STEP) - 1)).astype(np.int64)) // FULL


@settings(deadline=None)
@given(SOME, st.lists(st.sampled_from(LETTERS), min_size=WORDS + WINDOW - 1, max_size=80), SOME)
def test_a_text_that_stands_whole_in_another_shares_all_its_samples(before, passage, behind):
    whole, around = sampled(" ".join(passage), " ".join(before + passage + behind))
    assert len(whole) >= 1 and keys(whole) <= keys(around)


@settings(deadline=None)
@given(CHINESE, st.text(st.sampled_from([chr(code) for code in range(0x4E00, 0x4E30)]), min_size=2 * WORDS + WINDOW - 1, max_size=120), CHINESE)
def test_so_does_a_text_of_a_script_without_spaces(before, passage, behind):
    whole, around = sampled(passage, before + passage + behind)
    assert len(whole) >= 1 and keys(whole) <= keys(around)


@settings(deadline=None)
@given(SOME, SOME, st.lists(st.sampled_from(LETTERS), min_size=WORDS + WINDOW - 1, max_size=40), SOME, SOME)
def test_two_texts_that_share_a_passage_share_a_sample(one, two, passage, three, four):
    left, right = sampled(" ".join(one + passage + two), " ".join(three + passage + four))
    assert keys(left) & keys(right)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b"]), max_size=60), st.integers(5, 9))
def test_samples_are_told_in_order_and_no_window_is_without_one(text, words):
    (told,) = sampled(" ".join(text), words=words)
    runs = max(len(text) - words + 1, 0)
    at = places(told)
    if runs < WINDOW:
        assert at.tolist() == list(range(runs))
        return
    assert at[0] < WINDOW and at[-1] >= runs - WINDOW and at[-1] < runs
    assert (np.diff(at) >= 1).all() and (np.diff(at) <= WINDOW).all()


def test_equal_runs_have_equal_keys_whatever_their_case_and_punctuation():
    passage = "the quick brown fox jumps over the lazy dog and runs far away"
    one, other = sampled(passage, "“The quick—brown fox” jumps over the lazy dog; and runs... FAR away!")
    assert len(one) == 1 and keys(one) == keys(other)


def test_of_nine_runs_two_are_sampled():
    chance = random.Random(1)
    told = sampled(*(" ".join(f"x{chance.getrandbits(60)}" for _ in range(1000)) for _ in range(50)))
    share = np.mean([len(one) / (1000 - WORDS + 1) for one in told])
    assert share == pytest.approx(2 / (WINDOW + 1), rel=0.03)


def test_texts_without_a_run_have_no_samples():
    assert [len(one) for one in sampled(None, "", "a b c", " ".join(LETTERS[:12]), " ".join(LETTERS[:13]))] == [0, 0, 0, 0, 1]


@settings(deadline=None)
@given(st.lists(SOME, min_size=1, max_size=6))
def test_a_text_has_the_same_samples_alone_and_among_others(texts):
    texts = [" ".join(text) for text in texts]
    together = sampled(*texts)
    assert all(one.tolist() == sampled(text)[0].tolist() for one, text in zip(together, texts, strict=True))
