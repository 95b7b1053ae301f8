"""Rows whose vectors are alike, around one that is kept: decided in the order of keeping, cluster by cluster.

A row is compared with every sooner row that is kept and whose nearest cluster is among the clusters nearest to the row.
It falls if one of them is at least as alike as the limit, in favour of the most alike one, of equally alike ones the
first. So no row falls by a chain of others. How many rows fall at other limits is told by the same walk, which keeps a
bit for each limit.

Work goes in blocks of rows: first each cluster's kept rows against the block's (in threads, each pair of a row and a
cluster with a place of its own), then the block's rows among themselves, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
from numba.core import types

from tilth.text.kernel import Counts, Offsets, kernel
from tilth.text.vectors import Vectors, cosine, fingerprints, product, squares
from tilth.work import cores

FIRST_BLOCK, LARGEST_BLOCK = 512, 16384
"""Blocks grow, so that a group of like rows has come down to the kept one before the blocks are large."""

COMPARED = 50_000_000
"""At most about so many comparisons go into measuring what blocking misses: a few seconds."""

_SQUARE, _KEPT, _FALLEN, _PARTNER, _PRODUCT = range(5)
"""What is known of a row: the square of its length (0: it is not compared); by bits, at which limits it is kept and at
which it falls; and at the first limit its partner and their product."""

Numbers = Annotated[npt.NDArray[np.int32], types.Array(types.int32, 1, "C", readonly=True)]
Homes = Annotated[npt.NDArray[np.int32], types.Array(types.int32, 2, "C", readonly=True)]
Spans = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 2, "C", readonly=True)]
Limits = Annotated[npt.NDArray[np.float64], types.Array(types.float64, 1, "C", readonly=True)]


@dataclass(frozen=True)
class Stars:
    """For each row the row in whose favour it falls (−1: it is kept) and their cosine (NaN: it is kept); and how many
    rows fall at each of the limits."""

    partner: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    dropped: list[int]


@dataclass(frozen=True)
class Found:
    """What brute force finds around some rows, and what of it is compared in clusters: pairs at least as alike as the
    limit, and rows that have a sooner one so alike."""

    sampled: int
    pairs: int
    pairs_compared: int
    rows: int
    rows_compared: int


def stars(vectors: npt.NDArray[np.int16], homes: npt.NDArray[np.int32], limits: Sequence[float]) -> Stars:
    """Who falls in whose favour at the first limit, and how many fall at each one; at most 60 limits.

    Rows are in the order of keeping; `homes`: for each its nearest clusters, the nearest first (−1: it is not compared)."""
    rows = np.zeros((len(vectors), 5), np.int64)
    rows[:, _SQUARE], rows[:, _PARTNER] = squares(vectors), -1
    levels = np.array(limits, np.float64)
    _search.compile()
    with ThreadPoolExecutor(cores()) as pool:
        for some in _blocks(len(vectors)):
            if some.start:
                _against_kept(pool, vectors, rows, homes, (levels, some))
            spans, members = _by_cluster(homes[some, :1], int(homes.max()) + 1)
            _among(vectors, rows, levels, homes[some], spans, members + np.int32(some.start), some.start)
    partner = rows[:, _PARTNER]
    falls = partner >= 0
    value = np.where(falls, rows[:, _PRODUCT] / _length(rows, falls, partner), np.nan)
    return Stars(partner, value, [int((rows[:, _FALLEN] >> level & 1).sum()) for level in range(len(levels))])


def found(vectors: npt.NDArray[np.int16], homes: npt.NDArray[np.int32], limit: float) -> Found:
    """Measure on rows drawn by their content, against all rows, what comparing in clusters finds."""
    known = np.flatnonzero(homes[:, 0] >= 0)
    count = min(1000, max(1, COMPARED // max(1, len(known))))
    sampled = known[np.argsort(fingerprints(vectors)[known], kind="stable")[:count]]
    told = np.zeros((len(sampled), 4), np.int64)
    _audit.compile()
    pieces = [slice(begin, begin + 8) for begin in range(0, len(sampled), 8)]
    every = squares(vectors)
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(lambda piece: _audit(vectors, every, homes, sampled[piece], limit, told[piece]), pieces))
    pairs, compared, sooner, found_sooner = told.T
    return Found(len(sampled), int(pairs.sum()), int(compared.sum()), int((sooner > 0).sum()), int((found_sooner > 0).sum()))


def prepare() -> None:
    """Compile what groups need, before workers start."""
    for one in (_search, _among, _audit):
        one.compile()


def _blocks(rows: int) -> Iterator[slice]:
    begin, size = 0, FIRST_BLOCK
    while begin < rows:
        yield slice(begin, min(rows, begin + size))
        begin, size = begin + size, min(2 * size, LARGEST_BLOCK)


def _by_cluster(homes: npt.NDArray[np.int32], clusters: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Where the members of each cluster begin, and the members: places in `homes`, read line by line, ascending."""
    flat = homes.ravel()
    order = np.argsort(flat, kind="stable").astype(np.int32)
    order = order[int((flat < 0).sum()) :]
    return np.searchsorted(flat[order], np.arange(clusters + 1)), order


def _against_kept(
    pool: Executor,
    vectors: npt.NDArray[np.int16],
    rows: npt.NDArray[np.int64],
    homes: npt.NDArray[np.int32],
    asked: tuple[npt.NDArray[np.float64], slice],
) -> None:
    """Compare a block with all sooner rows that are kept at some limit; what is found goes to `rows`."""
    levels, some = asked
    clusters = int(homes.max()) + 1
    kept = np.flatnonzero(rows[: some.start, _KEPT]).astype(np.int32)
    starts, places = _by_cluster(homes[kept, :1], clusters)
    members = kept[places]
    query_starts, slots = _by_cluster(homes[some], clusters)
    queries = (slots // homes.shape[1] + some.start).astype(np.int32)
    spans = np.column_stack([query_starts, starts])
    told = np.zeros((homes[some].size, 3), np.int64)  # bits of limits at which it falls, partner, product
    told[:, 1] = -1
    in_order = told[: len(queries)].copy()
    edges = np.unique(np.linspace(0, clusters, 16 * cores() + 1).astype(np.int64))
    pieces = [spans[low : high + 1] for low, high in zip(edges[:-1], edges[1:], strict=True)]
    list(pool.map(lambda piece: _search(vectors, rows, levels, piece, queries, members, in_order), pieces))
    told[slots] = in_order
    _gather(rows, some, told.reshape(-1, homes.shape[1], 3))


def _gather(rows: npt.NDArray[np.int64], some: slice, told: npt.NDArray[np.int64]) -> None:
    """Of what each row was told by its clusters: all limits at which it falls, and the most alike partner."""
    block = rows[some]
    block[:, _FALLEN] = np.bitwise_or.reduce(told[:, :, 0], axis=1)
    best = np.full(len(block), -np.inf)
    for partner, both in ((told[:, number, 1], told[:, number, 2]) for number in range(told.shape[1])):
        there = partner >= 0
        value = np.where(there, both / np.sqrt(np.where(there, block[:, _SQUARE] * rows[partner, _SQUARE], 1).astype(np.float64)), -np.inf)
        better = there & ((value > best) | ((value == best) & (partner < block[:, _PARTNER])))
        best[better] = value[better]
        block[better, _PARTNER], block[better, _PRODUCT] = partner[better], both[better]


def _length(rows: npt.NDArray[np.int64], falls: npt.NDArray[np.bool_], partner: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The product of the lengths of each row that falls and of its partner; 1 for others."""
    return np.sqrt(np.where(falls, rows[:, _SQUARE] * rows[partner, _SQUARE], 1).astype(np.float64))


@kernel
def _bits(alike: float, kept: int, levels: Limits) -> int:
    """The limits at which a row falls that is so alike to one that is kept at the limits of `kept`."""
    bits = 0
    for level in range(len(levels)):
        if alike >= levels[level]:
            bits |= 1 << level
    return bits & kept


@kernel
def _search(vectors: Vectors, rows: Counts, levels: Limits, spans: Spans, queries: Numbers, members: Numbers, told: Counts) -> None:
    lowest = np.float64(levels.min()) - 1e-9
    for cluster in range(len(spans) - 1):
        for place in range(spans[cluster, 0], spans[cluster + 1, 0]):
            row, best = int(queries[place]), -2.0
            square = rows[row, _SQUARE]
            for at in range(spans[cluster, 1], spans[cluster + 1, 1]):
                other = int(members[at])
                both = product(vectors, row, vectors, other)
                if both <= 0 or np.float64(both) * both < lowest * lowest * square * rows[other, _SQUARE]:
                    continue
                alike = cosine(both, square, rows[other, _SQUARE])
                bits = _bits(alike, rows[other, _KEPT], levels)
                told[place, 0] |= bits
                if bits & 1 and alike > best:  # members ascend, so of equally alike ones the first stays
                    best, told[place, 1], told[place, 2] = alike, other, both


@kernel
def _among(vectors: Vectors, rows: Counts, levels: Limits, homes: Homes, starts: Offsets, members: Numbers, first: int) -> None:
    every = (1 << len(levels)) - 1
    for row in range(first, first + len(homes)):
        square = rows[row, _SQUARE]
        if square == 0:
            continue
        partner = rows[row, _PARTNER]
        best = cosine(rows[row, _PRODUCT], square, rows[partner, _SQUARE]) if partner >= 0 else -2.0
        for probe in range(homes.shape[1]):
            cluster = homes[row - first, probe]
            if cluster < 0:
                continue
            for at in range(starts[cluster], starts[cluster + 1]):
                other = int(members[at])
                if other >= row:
                    break
                if rows[other, _KEPT] == 0:
                    continue
                both = product(vectors, row, vectors, other)
                alike = cosine(both, square, rows[other, _SQUARE])
                bits = _bits(alike, rows[other, _KEPT], levels)
                rows[row, _FALLEN] |= bits
                if bits & 1 and (alike > best or (alike == best and other < rows[row, _PARTNER])):
                    best, rows[row, _PARTNER], rows[row, _PRODUCT] = alike, other, both
        rows[row, _KEPT] = every & ~rows[row, _FALLEN]


@kernel
def _audit(vectors: Vectors, squares: Offsets, homes: Homes, sampled: Offsets, limit: float, told: Counts) -> None:
    for place in range(len(sampled)):
        row = sampled[place]
        for other in range(len(vectors)):
            if other == row or squares[other] == 0 or cosine(product(vectors, row, vectors, other), squares[row], squares[other]) < limit:
                continue
            later, sooner = max(row, other), min(row, other)
            compared = 0
            for probe in range(homes.shape[1]):
                if homes[later, probe] == homes[sooner, 0]:
                    compared = 1
            told[place, 0] += 1
            told[place, 1] += compared
            told[place, 2] += later == row
            told[place, 3] += compared * (later == row)
