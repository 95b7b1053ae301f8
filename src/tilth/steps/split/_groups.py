"""Rows that go to one part together, in the order of their lots, and which of them fit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tilth.lots import Column, halves
from tilth.pairs import Compared
from tilth.text.groups import components

Numbers = npt.NDArray[np.int64]

APART = (
    "Put `dedup.minhash` before the split, or ask for other numbers; `passages: null` lets rows apart that share passages, "
    "and with `near: null` only equal rows stay together."
)
ALIKE = "are equal, nearly the same or share passages"
TOO_LARGE = " Every group of equal rows that was left is larger than that."
"""What is said where groups of rows that are alike do not fit."""


def groups(lots: Column, compared: Compared) -> tuple[Numbers, Numbers]:
    """For each row the number of its group, and the sizes of the groups, which are counted in the order of their lowest lots.

    Rows of one lot are a group, and so are all that hang together by pairs."""
    high, low = halves(lots)
    order = np.lexsort((low, high))
    new = np.append(False, (high[order][1:] != high[order][:-1]) | (low[order][1:] != low[order][:-1]))[: len(order)]
    group_of = np.empty(len(order), np.int64)
    group_of[order] = np.cumsum(new)
    lowest = components(group_of[compared.later], group_of[compared.sooner], int(new.sum()) + bool(len(order)))
    _, group_of = np.unique(lowest[group_of], return_inverse=True)
    return group_of, np.bincount(group_of)


def fitting(sizes: Numbers, room: int) -> Numbers:
    """Which groups fit, each in its turn taken if there is still room for it.

    Each round takes the longest run of groups that fits and passes over all that are now too large,
    so a round begins with less room than the last one's obstacle had.
    """
    taken, candidates = [np.empty(0, np.int64)], np.flatnonzero(sizes <= room)
    while room and len(candidates):
        filled = np.cumsum(sizes[candidates])
        fits = int(np.searchsorted(filled, room, side="right"))
        taken.append(candidates[:fits])
        room -= int(filled[fits - 1])
        rest = candidates[fits:]
        candidates = rest[sizes[rest] <= room]
    return np.concatenate(taken)


def filled(sizes: Numbers, counts: dict[str, int], parts: tuple[str, ...]) -> npt.NDArray[np.int16]:
    """For each group the number of its part, −1 where it fits into none: parts take groups in the order of `counts`."""
    part_of = np.full(len(sizes), -1, np.int16)
    for name, count in counts.items():
        free = np.flatnonzero(part_of < 0)
        part_of[free[fitting(sizes[free], count)]] = parts.index(name)
    return part_of
