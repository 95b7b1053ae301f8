"""Candidates from bands, and exact similarities, beside the same in plain Python."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tilth.text.neighbours import FIRST, Buckets, similarities, unpacked

BANDS = st.integers(0, 120).flatmap(
    lambda rows: st.tuples(
        st.lists(st.lists(st.sampled_from([0, 1, 2, 7, 1 << 32, (1 << 64) - 1]), min_size=rows, max_size=rows), min_size=1, max_size=3),
        st.lists(st.sampled_from([True, True, True, False]), min_size=rows, max_size=rows),
    )
)
"""For each band a key for each row, of few keys so that buckets are large; and which rows are judged."""


def made(bands, judged, first=0):
    return Buckets([np.array(keys, np.uint64) for keys in bands], np.array(judged, np.bool_), first)


def twin(bands, judged, first):
    """The pairs (later, sooner) of all buckets and how many were skipped, by dictionaries of lists."""
    pairs, skipped = set(), 0
    for keys in bands:
        buckets = {}
        for row, key in enumerate(keys):
            if judged[row]:
                buckets.setdefault(key, []).append(row)
        for members in buckets.values():
            for place, later in enumerate(members):
                sooner = {*members[: min(place, 32)], *members[max(0, place - 1) : place]}
                pairs |= {(later, one) for one in sooner if later >= first}
                skipped += place - len(sooner) if later >= first else 0
    return pairs, skipped


def listed(found):
    """The pairs of all pieces as tuples, and the pieces' lengths."""
    pieces = [list(zip(*map(np.ndarray.tolist, unpacked(pairs)), strict=True)) for pairs in found]
    return [pair for piece in pieces for pair in piece], list(map(len, pieces))


@settings(deadline=None)
@given(BANDS, st.integers(0, 130), st.sampled_from([1, 3, 40, 1 << 25]))
@example(([[5] * 40], [True] * 40), 0, 1)
@example(([[5] * 34 + [6] + [5] * 3, list(range(38))], [True] * 38), 33, 7)
@example(([[]], []), 0, 1)
def test_pairs_are_those_of_plain_dictionaries_however_few_are_made_at_once(given_, first, at_once):
    bands, judged = given_
    buckets = made(bands, judged, first)
    pairs, skipped = twin(bands, judged, first)
    found, _ = listed(buckets.pairs(at_once))
    assert found == sorted(pairs), "each once, ascending"
    assert buckets.skipped == skipped


def test_no_more_pairs_are_made_at_once_than_are_asked_for_but_those_of_one_row():
    judged = np.ones(500, np.bool_)
    buckets = Buckets([np.zeros(500, np.uint64)], judged)
    _, lengths = listed(buckets.pairs(at_once=100))
    assert max(lengths) <= 100 and sum(lengths) == sum(min(row, FIRST + 1) for row in range(500))
    _, lengths = listed(buckets.pairs(at_once=1))
    assert lengths == [min(row, FIRST + 1) for row in range(1, 500)]


def test_a_bucket_of_many_makes_pairs_in_a_line_and_tells_what_it_skips():
    rows = 200_000
    buckets = Buckets([np.full(rows, 9, np.uint64)], np.ones(rows, np.bool_))
    assert buckets.paired.sum() == 33 * rows - sum(33 - place for place in range(33))
    assert buckets.skipped == rows * (rows - 1) // 2 - int(buckets.paired.sum())


def test_rows_that_are_not_judged_are_in_no_bucket():
    assert listed(made([[1, 1, 1]], [True, False, True]).pairs()) == ([(2, 0)], [1])
    assert listed(made([[0, 0]], [False, False]).pairs()) == ([], [])


def test_a_pair_that_meets_in_many_bands_is_told_once():
    assert listed(made([[4, 4]] * 5, [True, True]).pairs()) == ([(1, 0)], [1])


SETS = st.lists(st.sets(st.sampled_from([0, 1, 2, 3, 5, 8, 1 << 63, (1 << 64) - 1])), min_size=1, max_size=12)


def laid_out(sets):
    """The values of all sets, where each begins, and how many it has."""
    counts = np.array([len(one) for one in sets], np.int64)
    values = np.array([value for one in sets for value in sorted(one)], np.uint64)
    return values, np.cumsum(counts) - counts, counts


def packed(pairs):
    return np.array([later << 32 | sooner for later, sooner in pairs], np.uint64)


@settings(deadline=None)
@given(SETS, st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]))
def test_similarities_are_those_of_plain_sets(sets, at_least):
    pairs = [(later, sooner) for later in range(len(sets)) for sooner in range(len(sets))]
    told = similarities(packed(pairs), *laid_out(sets), at_least)
    for value, (one, other) in zip(told.tolist(), pairs, strict=True):
        either = sets[one] | sets[other]
        exact = len(sets[one] & sets[other]) / len(either) if either else 0.0
        assert value == exact or (value == 0 and exact < at_least)


@pytest.mark.parametrize(("small", "large"), [(7, 25), (14, 25), (11, 20), (29, 100), (57, 100), (1, 3), (4, 5)])
def test_a_pair_exactly_at_the_limit_is_found(small, large):
    # 0.28 × 25 is 7.000000000000001 and 0.57 × 100 is 56.99999999999999: a limit is compared with a quotient.
    sets = [set(range(small)), set(range(large))]
    assert similarities(packed([(1, 0)]), *laid_out(sets), small / large).tolist() == [small / large]


def test_threads_share_the_pairs_and_change_nothing():
    random = np.random.default_rng(5)
    sets = [set(random.integers(0, 40, 20).tolist()) for _ in range(300)]
    pairs = packed([(later, sooner) for later in range(300) for sooner in range(later)] * 5)
    one, seven = (similarities(pairs, *laid_out(sets), 0.3, threads) for threads in (1, 7))
    assert len(pairs) > 3 << 16 and (one == seven).all() and one.any()


def test_no_pairs_have_no_similarities():
    assert similarities(packed([]), *laid_out([set()]), 0.5).tolist() == []
