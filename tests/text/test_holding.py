"""Which texts hold how much of which others."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.text.holding import ALONE, COMMON, held, runs
from tilth.text.winnowing import STEP, samples
from tilth.text.words import FULL


def words(first, count):
    return " ".join(f"w{number}" for number in range(first, first + count))


def found(*texts, share=0.5, common=10):
    values, counts = samples(pa.array(texts, pa.large_string()), 13)
    told = held(values, np.append(0, np.cumsum(counts)), 13, common, share)
    return {(int(one), int(other)): float(much) for one, other, much in zip(told.holders, told.held, told.shares, strict=True)}


def test_a_text_that_stands_whole_in_a_longer_one_is_held_by_it():
    assert found(words(0, 20), f"{words(500, 300)} {words(0, 20)} {words(900, 300)}") == {(1, 0): 1}


def test_of_a_text_of_which_half_stands_elsewhere_about_half_is_held():
    told = found(words(0, 200), f"{words(500, 500)} {words(0, 100)}", share=0.3)
    assert list(told) == [(1, 0)] and told[1, 0] == pytest.approx(0.5, abs=0.05)
    assert found(words(0, 200), f"{words(500, 500)} {words(0, 100)}", share=0.6) == {}


def test_less_than_a_run_is_nothing():
    assert found(f"{words(0, 12)} {words(100, 10)}", f"{words(0, 12)} {words(200, 10)}", share=0.01) == {}


def test_what_stands_in_more_texts_than_is_common_says_nothing():
    wrapped = [f"{words(0, 40)} {words(100 * number, 25)}" for number in range(1, 13)]
    assert found(*wrapped) == {}
    assert len(found(*wrapped[:10])) == 90, "ten texts are not more than ten"


def test_the_words_of_a_common_run_are_not_part_of_what_could_be_held():
    wrapped = [f"{words(0, 100)} {words(1000 * number, 40)}" for number in range(1, 13)]
    told = found(*wrapped, f"{words(20_000, 50)} {words(1000, 40)}")
    assert set(told) == {(12, 0)} and told[12, 0] > 0.9, "40 of 140 words, but the others are everyone's"


def test_a_word_that_was_exchanged_takes_with_it_only_what_no_whole_run_reaches():
    item = words(0, 60).split()
    item[30] = "changed"
    told = found(words(0, 60), " ".join(item))
    assert told[1, 0] > 0.75


def test_a_text_does_not_hold_itself_however_often_it_says_the_same():
    assert found(" ".join([words(0, 20)] * 5), words(100, 30)) == {}


TEXTS = st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4)), max_size=4), min_size=1, max_size=9)


def by_hand(values, counts, common, share):
    """The same of sets of words, run by run."""
    each = np.split(values, np.cumsum(counts)[:-1])
    keys = [(one >> np.uint64(STEP)).tolist() for one in each]
    begins = [np.cumsum((one & np.uint64((1 << STEP) - 1)).astype(np.int64)).tolist() for one in each]
    often = {key: sum(key in one for one in keys) for key in {key for one in keys for key in one}}
    told = {}
    for text, (own, at) in enumerate(zip(keys, begins, strict=True)):

        def reach(some, at=at):
            return {unit for place in some for unit in range(at[place], at[place] + 13 * FULL)}

        everyone = reach([place for place, key in enumerate(own) if often[key] > common])
        able = len(reach(range(len(own))) - everyone)
        for other, theirs in enumerate(keys):
            both = [place for place, key in enumerate(own) if key in theirs and often[key] <= common]
            covered = len(reach(both) - everyone)
            if other != text and both and covered >= max(share * able, 13 * FULL):
                told[other, text] = covered / able
    return told


@settings(deadline=None)
@given(TEXTS, st.integers(2, 4), st.sampled_from([0.2, 0.5, 1.0]))
def test_it_is_what_counting_by_hand_gives(plans, common, share):
    texts = pa.array([" ".join(words(100 * block, 10 * size) for block, size in plan) for plan in plans], pa.large_string())
    values, counts = samples(texts, 13)
    told = held(values, np.append(0, np.cumsum(counts)), 13, common, share)
    got = {(int(one), int(other)): much for one, other, much in zip(told.holders, told.held, told.shares, strict=True)}
    assert got == pytest.approx(by_hand(values, counts, common, share))


def test_sorting_in_several_passes_gives_the_same():
    texts = pa.array([f"{words(0, 40)} {words(100 * number, 60)} {words(50 * number, 30)}" for number in range(1, 30)])
    values, counts = samples(texts, 13)
    begins = np.append(0, np.cumsum(counts))
    whole, parted = runs(values, begins, 10), runs(values, begins, 10, at_once=16)
    assert (whole.run_of == COMMON).any() and (whole.run_of == ALONE).any() and (whole.run_of >= 0).any()
    assert np.array_equal(np.minimum(whole.run_of, 0), np.minimum(parted.run_of, 0))
    assert texts_of(whole) == texts_of(parted)


def texts_of(some):
    """For each sample the texts in which its run stands, where it has a number."""
    return [some.texts[some.begins[run] : some.begins[run + 1]].tolist() for run in some.run_of if run >= 0]
