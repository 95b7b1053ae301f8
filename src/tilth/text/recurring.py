"""In how many rows does each number occur? Counted without sorting those that occur once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilth.text.hashing import HALF, NEXT, STIR
from tilth.text.neighbours import colliding


@dataclass(frozen=True)
class Recurring:
    """Of the numbers that occur in at least two rows: `places`, ascending, where they stand; for each place in how many
    `rows` its number occurs, and the `first` of these rows."""

    places: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]


def recurring(numbers: npt.NDArray[np.uint64], rows: npt.NDArray[np.uint32]) -> Recurring:
    """Count the rows of each number that occurs in several. `rows`: the row of each number, ascending."""
    slots = np.zeros(1 << max(10, int(4 * len(numbers)).bit_length()), np.uint8)
    some = colliding(numbers, np.ones(len(numbers), np.uint8), slots)
    if not len(some):
        return Recurring(*(np.empty(0, np.int64) for _ in range(3)))
    some = some[np.argsort(numbers[some], kind="stable")]
    keys, owners = numbers[some], rows[some]
    opens = np.append(True, keys[1:] != keys[:-1])
    starts = np.flatnonzero(opens)
    sizes = np.diff(np.append(starts, len(keys)))
    others = np.append(True, owners[1:] != owners[:-1])
    counts = np.repeat(np.add.reduceat((opens | others).astype(np.int64), starts), sizes)
    first = np.repeat(owners[starts], sizes).astype(np.int64)
    several = counts > 1
    places = some[several].astype(np.int64)
    order = np.argsort(places)
    return Recurring(places[order], counts[several][order], first[several][order])


def windows(numbers: npt.NDArray[np.uint64], owners: npt.NDArray[np.uint32], length: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """A number for each run of so many numbers that one owner has, and where each run begins. `owners`: ascending."""
    if length == 1:
        return numbers, np.arange(len(numbers))
    runs = max(len(numbers) - length + 1, 0)
    starts = np.flatnonzero(owners[:runs] == owners[length - 1 :][:runs])
    found = np.zeros(len(starts), np.uint64)
    for place in range(length):
        found = found * NEXT + numbers[starts + place]
    found = (found ^ found >> HALF) * STIR
    return found ^ found >> HALF, starts


def prepare() -> None:
    """Compile what `recurring` needs, before workers start."""
    colliding.compile()
