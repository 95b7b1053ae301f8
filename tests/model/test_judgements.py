"""Mismatches are answers of the same group before prompts that are not theirs; groups are whole and none is too small."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as chosen

from tilth.errors import NothingLeft
from tilth.model.examples import Example, write
from tilth.model.judgements import Judgements, level, with_mismatches
from tilth.model.packing import best_fit


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


def packed(folder, length):
    judged = [example(one, prompt=1 + one, good=float(one % 2)) for one in range(5)]
    return Judgements(write(folder, with_mismatches(judged, range(5), 2, 99), {}, ["good", "group"]), 7, length)


def test_packed_each_comes_once_in_a_line_that_examples_and_mismatches_do_not_share(tmp_path):
    groups = packed(tmp_path, 12)
    batch = groups.batch([1, 0])
    found = []
    for ids, places, line in zip(batch["sequence"], batch["position_ids"], batch["input_ids"], strict=True):
        there = [number for number in ids.unique().tolist() if number >= 0]
        assert len({number < 5 for number in there}) == 1 and int((ids >= 0).sum()) <= 12
        for number in there:
            some = ids == number
            assert places[some].tolist() == list(range(int(some.sum())))
            found.append((number, line[some].tolist()))
    assert [number for number, _ in found] == list(range(10)) and len(batch["input_ids"]) < 10
    shown = lambda place: groups.examples[place].ids.tolist()  # noqa: E731
    assert sorted(ids for _, ids in found[:5]) == sorted(shown(place) for place in range(0, 10, 2))
    assert sorted(ids for _, ids in found[5:]) == sorted(shown(place) for place in range(1, 10, 2))
    for (_, ids), good, group in zip(found, batch["good"].tolist(), batch["group"].tolist(), strict=True):
        assert (ids[0] % 2, float(ids[0] >= 2)) == (good, group)


def test_what_is_filled_up_is_counted_as_it_is_laid(tmp_path):
    for length in (None, 14):
        groups = packed(tmp_path / str(length), length)
        wanted = [groups.batch([number])["input_ids"].numel() for number in range(2)]
        assert groups.padded(1, 1) == sum(wanted) - groups.sizes.sum()
        assert groups.padded(2, 2) == groups.batch([1, 0])["input_ids"].numel() - groups.sizes.sum()


@chosen(max_examples=50)
@given(st.lists(st.integers(1, 40), max_size=30), st.integers(40, 90))
def test_level_lines_are_as_few_as_best_fits_and_no_longer_than_its_longest(sizes, length):
    lines, tight = level(sizes, length), best_fit(sizes, length)
    assert sorted(number for line in lines for number in line) == list(range(len(sizes)))
    assert len(lines) == len(tight)
    longest = lambda some: max((sum(sizes[number] for number in line) for line in some), default=0)  # noqa: E731
    assert longest(lines) <= length
