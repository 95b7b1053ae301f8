"""Clusters beside plain numpy, and the same whatever the order of rows."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.text.clusters import centres, nearest, prepare
from tilth.text.vectors import cosines, rounded, squares


def grouped(seed, groups=6, rows=300, width=24, spread=0.15):
    draw = np.random.default_rng(seed)
    middles = draw.standard_normal((groups, width))
    truth = draw.integers(0, groups, rows)
    return rounded(middles[truth] + spread * draw.standard_normal((rows, width))), truth


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1 << 32), st.integers(1, 5))
def test_the_nearest_centres_are_those_of_plain_numpy(seed, probes):
    found, _ = grouped(seed, rows=40)
    middles = centres(found, 7)
    products = found.astype(np.int64) @ middles.astype(np.int64).T
    plain = np.argsort(-products, axis=1, kind="stable")[:, :probes]
    assert (nearest(found, middles, probes) == plain).all()


def test_rows_that_point_the_same_way_are_in_one_cluster():
    found, truth = grouped(3)
    homes = nearest(found, centres(found, 24), 1)[:, 0]
    mixed = sum(len(set(truth[homes == home].tolist())) > 1 for home in set(homes.tolist()))
    assert mixed == 0, "with four centres a group, none holds rows of two"


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1 << 32))
def test_centres_do_not_depend_on_the_order_of_rows(seed):
    found, _ = grouped(seed)
    turned = found[np.random.default_rng(seed + 1).permutation(len(found))]
    assert (centres(found, 9) == centres(turned, 9)).all()


def test_there_are_no_more_centres_than_different_vectors_and_unknown_rows_have_none():
    found = np.repeat(rounded(np.eye(3)), 5, axis=0)
    found = np.concatenate([found, np.zeros((2, 3), np.int16)])
    middles = centres(found, 10)
    assert len(middles) == 3
    homes = nearest(found, middles, 4)
    assert homes.shape == (17, 3)
    assert (homes[-2:] == -1).all()
    assert (cosines(found[:15], middles[homes[:15, 0]]).diagonal() == 1).all()


def test_of_nothing_there_are_no_centres():
    nothing = np.zeros((4, 3), np.int16)
    assert len(centres(nothing, 2)) == 0
    assert nearest(nothing, centres(nothing, 2), 3).tolist() == [[-1]] * 4


def test_centres_are_as_long_as_vectors_may_be():
    found, _ = grouped(5, spread=2.0)
    prepare()
    assert (np.sqrt(squares(centres(found, 12))) <= 4096).all()
