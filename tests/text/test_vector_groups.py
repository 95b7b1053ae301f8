"""Stars among vectors, beside the plain greedy; and what comparing in clusters misses, beside brute force."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.text.clusters import centres, nearest
from tilth.text.vector_groups import FIRST_BLOCK, found, prepare, stars
from tilth.text.vectors import cosines, rounded


def vectors(seed, rows=120, width=6):
    draw = np.random.default_rng(seed)
    told = draw.standard_normal((rows, width))
    copies = draw.integers(0, rows, rows // 2)
    told[draw.integers(0, rows, rows // 2)] = told[copies] + draw.choice([0, 0.1, 0.3], (rows // 2, 1)) * draw.standard_normal((rows // 2, width))
    told[draw.integers(0, rows, 3)] = 0
    return rounded(told)


def greedy(every, homes, limit):
    """Row by row: it falls in favour of the most alike kept row among those it is compared with; of equals the first."""
    alike, kept, partner = cosines(every, every), [], []
    for row in range(len(every)):
        if homes[row, 0] < 0:
            partner.append(-1)
            continue
        near = [(-alike[row, one], one) for one in kept if homes[one, 0] in homes[row] and alike[row, one] >= limit]
        partner.append(min(near)[1] if near else -1)
        if not near:
            kept.append(row)
    return partner


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1 << 32), st.sampled_from([0.5, 0.8, 0.95, 1.0]), st.sampled_from([(1, 1), (5, 1), (5, 2), (9, 4)]))
def test_stars_are_those_of_the_plain_greedy(seed, limit, blocking):
    every = vectors(seed)
    homes = nearest(every, centres(every, blocking[0]), blocking[1])
    told = stars(every, homes, [limit, 0.6, limit, 0.99])
    assert told.partner.tolist() == greedy(every, homes, limit)
    at_others = [sum(one >= 0 for one in greedy(every, homes, other)) for other in (0.6, 0.99)]
    assert told.dropped == [int((told.partner >= 0).sum()), at_others[0], int((told.partner >= 0).sum()), at_others[1]]


def test_the_border_of_a_block_changes_nothing():
    every = vectors(7, rows=3 * FIRST_BLOCK + 17, width=4)
    homes = nearest(every, centres(every, 12), 2)
    assert stars(every, homes, [0.97]).partner.tolist() == greedy(every, homes, 0.97)


def test_every_value_is_the_cosine_of_the_row_and_its_partner():
    every = vectors(9)
    told = stars(every, nearest(every, centres(every, 4), 2), [0.7])
    falls = np.flatnonzero(told.partner >= 0)
    assert len(falls)
    assert told.value[falls].tolist() == [float(cosines(every[[row]], every[[told.partner[row]]])[0, 0]) for row in falls]
    assert (told.partner[told.partner[falls]] == -1).all(), "a partner is kept"
    assert np.isnan(told.value[told.partner < 0]).all()


def test_a_chain_does_not_take_its_last_row_with_it():
    angles = np.radians([0, 20, 40])  # neighbours at 0.94, ends at 0.77
    every = rounded(np.column_stack([np.cos(angles), np.sin(angles)]))
    told = stars(every, nearest(every, centres(every, 1), 1), [0.9])
    assert told.partner.tolist() == [-1, 0, -1]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1 << 32))
def test_what_blocking_misses_is_counted_as_brute_force_counts_it(seed):
    every = vectors(seed, rows=60)
    homes = nearest(every, centres(every, 6), 1)
    told = found(every, homes, 0.8)
    known = [row for row in range(60) if homes[row, 0] >= 0]
    alike = cosines(every, every)
    pairs = [(max(one, other), min(one, other)) for one in known for other in known if one != other and alike[one, other] >= 0.8]
    compared = [pair for pair in pairs if homes[pair[1], 0] in homes[pair[0]]]
    assert (told.sampled, told.pairs, told.pairs_compared) == (len(known), len(pairs), len(compared))
    assert told.rows == len({later for later, _ in pairs})
    assert told.rows_compared == len({later for later, _ in compared})


def test_nothing_is_decided_of_nothing():
    prepare()
    none = np.zeros((0, 4), np.int16)
    assert stars(none, np.zeros((0, 1), np.int32), [0.9]).dropped == [0]
    unknown = np.zeros((3, 4), np.int16)
    told = stars(unknown, np.full((3, 1), -1, np.int32), [0.9])
    assert told.partner.tolist() == [-1, -1, -1]
    assert told.dropped == [0]
    assert found(unknown, np.full((3, 1), -1, np.int32), 0.9).pairs == 0
