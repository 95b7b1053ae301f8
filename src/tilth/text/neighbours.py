"""Near neighbours: which texts may be similar, told by their bands; and how similar they are, by their shingles.

Rows that have the same key in a band make a bucket. In a bucket each row is paired with its first 32 members
and with its predecessor, so that a bucket of a million texts from one template is 33 million pairs and not half
a billion billions; what was skipped is counted. Work and memory grow in a line with rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import numpy as np
import numpy.typing as npt
from numba.core import types

from tilth.pairs import Packed
from tilth.text.kernel import Bytes, Offsets, kernel
from tilth.text.shingles import Hashes

FIRST = 32
"""With so many members of a bucket a row is paired, beside its predecessor."""

AT_ONCE = 1 << 25
"""So many pairs are made at once: 256 MB of them, and as much again while they are sorted."""

START = np.uint32(1 << 31)
"""The mark of a bucket's first member. Row numbers are below it."""

_ROWS = types.Array(types.uint32, 1, "C")
Rows = Annotated[npt.NDArray[np.uint32], _ROWS]
Paired = Annotated[npt.NDArray[np.uint32], _ROWS]
Known = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 1, "C", readonly=True)]
Seen = Annotated[npt.NDArray[np.uint8], types.Array(types.uint8, 1, "C")]
Shares = Annotated[npt.NDArray[np.float64], types.Array(types.float64, 1, "C")]


class Buckets:
    """The buckets of all bands, and the pairs that they make.

    `bands`: for each band the keys of all rows, given one after the other; `judged`: which rows have shingles;
    `first`: rows below it are not paired with each other. Rows are numbered in the order in which they are to be
    paired: of two, the sooner one has the lower number.
    """

    def __init__(self, bands: Iterable[npt.NDArray[np.uint64]], judged: npt.NDArray[np.bool_], first: int = 0) -> None:
        self.paired = np.zeros(len(judged), np.uint32)
        self.skipped, self._first = 0, first
        self._bands: list[npt.NDArray[np.uint32]] = []
        present = np.ascontiguousarray(judged).view(np.uint8)
        slots = np.empty(1 << max(10, int(4 * len(judged)).bit_length()), np.uint8)
        for keys in bands:
            slots[:] = 0
            some = colliding(keys, present, slots)
            some = some[np.argsort(keys[some], kind="stable")]
            members, skipped = _buckets(keys, some, first, self.paired)
            self._bands.append(members)
            self.skipped += skipped

    def pairs(self, at_once: int = AT_ONCE) -> Iterator[Packed]:
        """The pairs, each once, ascending, about so many at a time."""
        before = np.cumsum(self.paired, dtype=np.int64)
        low = self._first
        while low < len(before):
            done = int(before[low - 1]) if low else 0
            high = max(low + 1, int(np.searchsorted(before, done + at_once, side="right")))
            found = np.empty(int(before[high - 1]) - done, np.uint64)
            filled = 0
            for members in self._bands:
                filled = _pairs(members, low, high, found, filled)
            if filled:
                found.sort()
                yield found[np.append(True, found[1:] != found[:-1])]
            low = high


def unpacked(pairs: Packed) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The later rows and the sooner ones."""
    return (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)


def similarities(pairs: Packed, values: Known, begins: Offsets, counts: Offsets, at_least: float, threads: int = 1) -> Shares:
    """The Jaccard index of each pair, exact: members of both sets divided by members of either.

    The set of row i is `values[begins[i] : begins[i] + counts[i]]`, ascending. Where the sizes alone tell that it is
    below `at_least`, it is 0. The threads share the pairs and nothing else."""
    told = np.empty(len(pairs), np.float64)
    pieces = [slice(begin, begin + (1 << 16)) for begin in range(0, len(pairs), 1 << 16)]
    _similarities.compile()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda piece: _similarities(pairs[piece], values, begins, counts, at_least, told[piece]), pieces))
    return told


def prepare() -> None:
    """Compile what pairs and similarities need, before workers start."""
    for one in (colliding, _buckets, _pairs, _similarities):
        one.compile()


@kernel
def colliding(keys: Known, judged: Bytes, slots: Seen) -> Rows:
    """The rows whose key may not be the only one of its kind: a cheap sieve, so that few are sorted."""
    mask = np.uint64(len(slots) - 1)
    for row in range(len(keys)):
        if judged[row]:
            slot = keys[row] & mask
            slots[slot] = min(slots[slot] + 1, 2)
    count = 0
    for row in range(len(keys)):
        count += judged[row] and slots[keys[row] & mask] == 2
    found = np.empty(count, np.uint32)
    count = 0
    for row in range(len(keys)):
        if judged[row] and slots[keys[row] & mask] == 2:
            found[count] = row
            count += 1
    return found


@kernel
def _buckets(keys: Known, ordered: Rows, first: int, paired: Paired) -> tuple[Rows, int]:
    """The members of buckets of at least two, the first of each marked; and how many pairs are skipped. Counts for
    each row with how many sooner ones it is paired."""
    members = np.empty(len(ordered), np.uint32)
    filled = skipped = begin = 0
    while begin < len(ordered):
        end = begin + 1
        while end < len(ordered) and keys[ordered[end]] == keys[ordered[begin]]:
            end += 1
        if end - begin > 1:
            members[filled] = ordered[begin] | START
            for place in range(1, end - begin):
                members[filled + place] = ordered[begin + place]
                if np.int64(ordered[begin + place]) >= first:
                    partners = min(place, FIRST + 1)
                    paired[ordered[begin + place]] += np.uint32(partners)
                    skipped += place - partners
            filled += end - begin
        begin = end
    return members[:filled].copy(), skipped


@kernel
def _pairs(members: Rows, low: int, high: int, found: Hashes, filled: int) -> int:
    """Write the pairs whose later row is in low … high − 1 behind those that are there; how many there are then."""
    begin = 0
    for place in range(len(members)):
        later = np.int64(members[place] & ~START)
        if members[place] & START:
            begin = place
            continue
        if not low <= later < high:
            continue
        for sooner in range(begin, min(place, begin + FIRST)):
            found[filled] = np.uint64(later) << np.uint64(32) | np.uint64(members[sooner] & ~START)
            filled += 1
        if place - begin > FIRST:
            found[filled] = np.uint64(later) << np.uint64(32) | np.uint64(members[place - 1] & ~START)
            filled += 1
    return filled


@kernel
def _similarities(pairs: Known, values: Known, begins: Offsets, counts: Offsets, at_least: float, told: Shares) -> None:
    for place in range(len(pairs)):
        one, other = np.int64(pairs[place] >> np.uint64(32)), np.int64(pairs[place] & np.uint64(0xFFFFFFFF))
        small, large = min(counts[one], counts[other]), max(counts[one], counts[other])
        told[place] = 0.0
        if small > 0 and small / large >= at_least:
            both = _in_both(values[begins[one] : begins[one] + counts[one]], values[begins[other] : begins[other] + counts[other]])
            told[place] = both / (counts[one] + counts[other] - both)


@kernel
def _in_both(one: Known, other: Known) -> int:
    """How many members two ascending sets share. Without branches: which one is less is a coin's throw."""
    here = there = both = 0
    while here < len(one) and there < len(other):
        left, right = one[here], other[there]
        both += left == right
        here += left <= right
        there += right <= left
    return both
