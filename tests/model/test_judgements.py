"""Mismatches are answers of the same group before prompts that are not theirs; groups are whole and none is too small."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from tilth.errors import NothingLeft
from tilth.model.examples import Example, write
from tilth.model.judgements import Judgements, with_mismatches


def example(number, prompt=3, answer=2, good=1.0):
    """Tokens that tell whose they are: the number for the prompt, 1,000 more for the answer."""
    ids = np.array([number] * prompt + [1000 + number] * answer, np.int32)
    return Example(number, ids, ids >= 1000, ((prompt, prompt + answer),), {"good": good})


def whose(one):
    """Whose prompt and whose answer it is."""
    return int(one.ids[0]), int(one.ids[one.learned][0]) - 1000


@given(st.integers(2, 30), st.integers(2, 8))
def test_in_each_group_every_answer_comes_once_before_its_own_prompt_and_once_before_another(number, group):
    found = list(with_mismatches([example(one) for one in range(number)], range(number), group, 99))
    assert [whose(one) for one in found[::2]] == [(one, one) for one in range(number)]
    groups = {}
    for one in found[1::2]:
        groups.setdefault(one.extra["group"], []).append(whose(one))
    for some in groups.values():
        assert sorted(prompt for prompt, _ in some) == sorted(answer for _, answer in some)
        assert all(prompt != answer for prompt, answer in some)
        assert min(group, number) <= len(some) < 2 * group
    assert [prompt for some in groups.values() for prompt, _ in some] == list(range(number))


def test_a_mismatch_that_is_too_long_loses_its_end_and_nothing_else_does():
    found = list(with_mismatches([example(0, 8, 1), example(1, 1, 8)], [0, 1], 2, 9))
    assert [len(one.ids) for one in found] == [9, 9, 9, 2]
    assert whose(found[1]) == (0, 1) and found[1].learned.sum() == 1


def test_one_example_alone_has_no_mismatch():
    with pytest.raises(NothingLeft, match="fewer than two"):
        list(with_mismatches([example(0)], [0], 4, 99))


def test_a_batch_is_whole_groups_with_what_was_judged(tmp_path):
    judged = [example(one, prompt=1 + one, good=float(one % 2)) for one in range(5)]
    groups = Judgements(write(tmp_path, with_mismatches(judged, range(5), 2, 99), {}, ["good", "group"]), 7)
    assert len(groups) == 2 and groups.sizes.tolist() == [2 * 3 + 2 * 4, 2 * (5 + 6 + 7)]
    batch = groups.batch([1, 0])
    assert batch["group"].tolist() == [1] * 6 + [0] * 4
    assert batch["good"].tolist() == [0, 0, 1, 1, 0, 0, 0, 0, 1, 1]
    assert batch["input_ids"].shape == (10, 7) and int((batch["input_ids"] == 7).sum()) == 70 - groups.sizes.sum()
    assert (batch["labels"] >= 0).sum(1).tolist() == [2] * 10
