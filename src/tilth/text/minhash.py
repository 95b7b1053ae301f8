"""MinHash: a few numbers by which similar texts are found without comparing every pair.

A permutation maps each shingle of a text to a number, and the least of these numbers is kept. Two texts have the
same least number with a probability that is their similarity (Broder 1997). The numbers of several permutations
make a band, and texts that agree in a whole band are candidates: with b bands of r rows, two texts of similarity
s are found with a probability of 1 − (1 − sʳ)ᵇ (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4).

The permutations are x ↦ a·x + b modulo 2³² with odd a, on the high 32 bits of a shingle's hash: the shingles are
stirred already, so that plain arithmetic, of which a processor does eight at once, is permutation enough
(Bohman, Cooper, Frieze 2000: linear permutations are min-wise on random sets up to a vanishing error).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.text.buffers import valued_spans
from tilth.text.characters import classes
from tilth.text.hashing import FNV_PRIME, FNV_START
from tilth.text.kernel import Bytes, Offsets, kernel
from tilth.text.shingles import Counted, Folds, folds, shingle, stir

MOST_HASHES = 128
"""How many permutations a derived banding has at most: beyond it, time and disk buy little sharpness."""

Numbers = Annotated[npt.NDArray[np.uint32], types.Array(types.uint32, 1, "C", readonly=True)]
"""The permutations' factors, or their addends."""

Keys = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 2, "C")]
"""For each band a line, in it a key for each row, written."""


@dataclass(frozen=True)
class Banding:
    """How many bands there are, and how many rows each has."""

    bands: int
    rows: int

    def detection(self, similarity: float) -> float:
        """The probability with which two texts of this similarity become candidates."""
        return float(1 - (1 - similarity**self.rows) ** self.bands)


def banding(similarity: float, recall: float) -> Banding:
    """The banding that finds pairs of a similarity with a probability of at least `recall`: of those with at most
    `MOST_HASHES` permutations the one with the longest bands, for it finds the fewest pairs that are less similar."""
    best = Banding(1, 1)
    for rows in range(1, MOST_HASHES + 1):
        found = similarity**rows
        bands = 1 if found >= recall else ceil(log(1 - recall) / log(1 - found))
        if bands * rows > MOST_HASHES and rows > 1:
            break
        best = Banding(bands, rows)
    return best


def band_keys(column: pa.Array, banded: Banding) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """For each band a line of keys, one a text; and for each text how many shingles it has, repeats included.
    The keys of a text without shingles mean nothing."""
    data, offsets = valued_spans(column)
    keys = np.zeros((banded.bands, len(column)), np.uint64)
    sizes = np.empty(len(column), np.int64)
    factors, addends = _permutations(banded.bands * banded.rows)
    _band_keys(data, offsets, (folds(), classes()), (factors, addends), banded.rows, keys, sizes)
    return keys, sizes


def prepare() -> None:
    """Compile what `band_keys` needs, before workers start."""
    _band_keys.compile()


def _permutations(count: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """The same for every text, run and machine: SplitMix64 from a fixed seed (Steele, Lea, Flood 2014)."""
    drawn = _splitmix()
    numbers = [next(drawn) >> 32 for _ in range(2 * count)]
    return np.array(numbers[::2], np.uint32) | np.uint32(1), np.array(numbers[1::2], np.uint32)


def _splitmix() -> Iterator[int]:
    state, every = 0x7469_6C74_68, (1 << 64) - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & every
        one = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & every
        one = ((one ^ one >> 27) * 0x94D049BB133111EB) & every
        yield one ^ one >> 31


Tables = Annotated[tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]], types.Tuple([Folds.__metadata__[0], Bytes.__metadata__[0]])]
Permutations = Annotated[tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]], types.UniTuple(Numbers.__metadata__[0], 2)]


@kernel
def _band_keys(data: Bytes, offsets: Offsets, tables: Tables, permutations: Permutations, rows: int, keys: Keys, sizes: Counted) -> None:
    factors, addends = permutations
    scratch, least = np.empty(1024, np.uint64), np.empty(len(factors), np.uint32)
    for row in range(len(sizes)):
        found, scratch = shingle(data[offsets[row] : offsets[row + 1]], tables[0], tables[1], scratch)
        sizes[row] = found
        least[:] = np.uint32(0xFFFFFFFF)
        for place in range(found):
            _lower(least, np.uint32(scratch[place] >> np.uint64(32)), factors, addends)
        for band in range(len(keys)):
            key = FNV_START
            for number in least[band * rows : band * rows + rows]:
                key = (key ^ np.uint64(number)) * FNV_PRIME
            keys[band, row] = stir(key)


@kernel
def _lower(least: Numbers, value: np.uint32, factors: Numbers, addends: Numbers) -> None:
    """Keep the lesser of each permutation's number so far and that of one more shingle."""
    for place in range(len(least)):
        number = np.uint32(factors[place] * value + addends[place])
        least[place] = min(least[place], number)
