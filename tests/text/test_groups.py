"""Stars and components, beside the plain greedy and the plain flood fill."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tilth.text.groups import components, stars

ROWS = 14
PAIRS = st.dictionaries(
    st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)).filter(lambda pair: pair[0] > pair[1]),
    st.sampled_from([0.5, 0.6, 0.79, 0.8, 0.9, 1.0]),
    max_size=40,
)
"""Similarities of pairs (later, sooner)."""


def starred(pairs, limit, rows=ROWS):
    ordered = sorted(pairs)
    later, sooner = (np.array([pair[side] for pair in ordered], np.int64) for side in (0, 1))
    favoured, alike = stars(later, sooner, np.array([pairs[pair] for pair in ordered]), limit, rows)
    return favoured.tolist(), alike.tolist()


def greedy(pairs, limit, rows=ROWS):
    """Row by row: it falls in favour of the most similar kept row, of equally similar ones the first."""
    kept, favoured = [], []
    for row in range(rows):
        near = [(-pairs[row, one], one) for one in kept if pairs.get((row, one), 0) >= limit]
        favoured.append(min(near)[1] if near else -1)
        if not near:
            kept.append(row)
    return favoured


@settings(deadline=None)
@given(PAIRS, st.sampled_from([0.5, 0.8, 1.0]))
@example({(1, 0): 0.8, (2, 1): 0.9}, 0.8)
@example({(2, 0): 0.8, (2, 1): 0.8}, 0.8)
def test_stars_are_those_of_the_plain_greedy(pairs, limit):
    favoured, alike = starred(pairs, limit)
    assert favoured == greedy(pairs, limit)
    for row, partner in enumerate(favoured):
        assert np.isnan(alike[row]) if partner < 0 else alike[row] == pairs[row, partner] >= limit
        assert partner < 0 or favoured[partner] < 0, "the partner of a row that falls is kept"


def test_a_chain_does_not_take_its_last_link():
    # semhash drops C when A ~ B ~ C, though C is far from A, the only one that is kept.
    favoured, _ = starred({(1, 0): 0.9, (2, 1): 0.9, (3, 2): 0.9, (4, 3): 0.9}, 0.8, rows=5)
    assert favoured == [-1, 0, -1, 2, -1]


def test_two_verified_pairs_are_two_groups_though_a_candidate_joins_them():
    # text-dedup merged A–B and C–D into one group of four, by the cluster that they were candidates in.
    favoured, _ = starred({(1, 0): 0.9, (3, 2): 0.9, (2, 1): 0.6}, 0.8, rows=4)
    assert favoured == [-1, 0, -1, 2]


def test_nobody_near_and_nobody_at_all():
    assert starred({}, 0.8, rows=3)[0] == [-1, -1, -1]
    assert starred({}, 0.8, rows=0) == ([], [])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)), max_size=20), st.randoms())
def test_components_are_those_of_a_flood_fill_in_whatever_order_pairs_come(pairs, random):
    expected = flooded(pairs)
    random.shuffle(pairs)
    one, other = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    assert components(one, other, ROWS).tolist() == expected
    assert components(other, one, ROWS).tolist() == expected


def flooded(pairs):
    """For each row the lowest that can be reached from it."""
    lowest = list(range(ROWS))
    for row in range(ROWS):
        reached, edge = {row}, [row]
        while edge:
            here = edge.pop()
            new = {other for pair in pairs if here in pair for other in pair} - reached
            reached |= new
            edge += new
        lowest[row] = min(reached)
    return lowest


def test_a_chain_of_a_hundred_thousand_is_one_component():
    rows = 100_000
    chain = np.arange(rows - 1)
    assert (components(chain[::-1].copy(), chain[::-1] + 1, rows) == 0).all()
