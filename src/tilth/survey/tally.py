"""How many values differ, and how many rows repeat one: by 64-bit digests, in bounded memory.

Up to a limit all digests are kept, and the counts are exact. Beyond, only those that begin with a zero bit are kept,
then with two, and so on: each is a random sample of the values (not of the rows), so that both counts are estimated
without bias (Wegman's adaptive sampling, as Flajolet 1990 describes it).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.text.digests import digests

Digests = npt.NDArray[np.uint64]
Kind = TypeVar("Kind", np.uint64, np.float64)


def digests_of(array: pa.Array) -> Digests:
    """A digest for each value of a column that has no null: texts, numbers, truth values."""
    if pa.types.is_large_string(array.type):
        return digests(array)
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int64())
    bits = np.asarray(array).view(np.uint64)
    stirred: Digests = (bits ^ bits >> np.uint64(33)) * np.uint64(0xFF51AFD7ED558CCD)
    stirred = (stirred ^ stirred >> np.uint64(33)) * np.uint64(0xC4CEB9FE1A85EC53)
    return stirred ^ stirred >> np.uint64(33)


def merged(found: npt.NDArray[Kind], counts: npt.NDArray[np.int64]) -> tuple[npt.NDArray[Kind], npt.NDArray[np.int64]]:
    """The values that differ, ascending, and how often each came in all, where each of these came so many times."""
    if not len(found):
        return found, counts
    order = np.argsort(found)
    found = found[order]
    begins = np.flatnonzero(np.concatenate([[True], found[1:] != found[:-1]]))
    return found[begins], np.add.reduceat(counts[order], begins)


def _none() -> Digests:
    return np.empty(0, np.uint64)


WAITING = 1 << 16
"""So many digests wait at least until they are counted together: each is sorted a few times, however many batches there are."""


@dataclass
class Tally:
    """Digests as they come; two of these can be joined. `most`: so many are kept."""

    most: int
    bits: int = 0
    _found: Digests = field(default_factory=_none)
    _counts: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    _waiting: list[tuple[Digests, npt.NDArray[np.int64]]] = field(default_factory=list)
    _held: int = 0

    def add(self, some: Digests) -> None:
        """Count these."""
        self._offer(*np.unique(some, return_counts=True))

    def join(self, other: Tally) -> None:
        """Count what the other one has counted."""
        found, counts = other.counted()
        self.bits = max(self.bits, other.bits)
        self._offer(found, counts)

    def following(self) -> Tally:
        """Nothing yet of values that follow: it keeps no digests that would be left out in the end."""
        return Tally(self.most, self.bits)

    def _offer(self, found: Digests, counts: npt.NDArray[np.int64]) -> None:
        mask = self._mask(found)
        self._waiting.append((found[mask], counts[mask]))
        self._held += int(mask.sum())
        if self._held > max(WAITING, len(self._found)):
            self.counted()

    def counted(self) -> tuple[Digests, npt.NDArray[np.int64]]:
        """The digests that are kept, ascending, and how often each came."""
        if self._waiting:
            found = np.concatenate([self._found, *(one for one, _ in self._waiting)])
            counts = np.concatenate([self._counts, *(one for _, one in self._waiting)])
            self._waiting, self._held = [], 0
            self._found, self._counts = merged(found, counts)
        self._sift()
        while len(self._found) > self.most:
            self.bits += 1
            self._sift()
        return self._found, self._counts

    def _sift(self) -> None:
        if not self.bits:
            return
        mask = self._mask(self._found)
        self._found, self._counts = self._found[mask], self._counts[mask]

    def _mask(self, some: Digests) -> npt.NDArray[np.bool_]:
        return some >> np.uint64(64 - self.bits) == 0 if self.bits else np.ones(len(some), np.bool_)

    @property
    def exact(self) -> bool:
        """Whether all digests are kept."""
        self.counted()
        return self.bits == 0

    @property
    def distinct(self) -> int:
        """How many values differ."""
        return len(self.counted()[0]) << self.bits

    @property
    def repeats(self) -> int:
        """How many rows have a value that was there before."""
        found, counts = self.counted()
        return int(counts.sum() - len(found)) << self.bits

    def most_frequent(self, count: int) -> list[tuple[int, int]]:
        """The digests of the values that occur most, and more than once, and how often; only of those that are kept."""
        found, counts = self.counted()
        order = np.argsort(-counts, kind="stable")[:count]
        return [(int(found[place]), int(counts[place])) for place in order if counts[place] > 1]
