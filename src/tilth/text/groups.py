"""Groups among similar rows: around one that is kept, or all that hang together."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
from numba.core import types

from tilth.text.kernel import Offsets, kernel
from tilth.text.neighbours import Shares
from tilth.text.shingles import Counted

Similar = Annotated[npt.NDArray[np.float64], types.Array(types.float64, 1, "C", readonly=True)]


def stars(later: Offsets, sooner: Offsets, similarity: Similar, limit: float, rows: int) -> tuple[Counted, Shares]:
    """For each row the row in whose favour it falls (−1: it is kept) and their similarity.

    In the order of their numbers, a row falls if it has a sooner neighbour that is kept and at least as similar as
    `limit`: the most similar one, of equally similar ones the first. So no row falls by a chain of others.
    `later` ascends, and in each pair it is above `sooner`."""
    partner, value = np.full(rows, -1, np.int64), np.full(rows, np.nan)
    _stars(later, sooner, similarity, limit, partner, value)
    return partner, value


def components(one: Offsets, other: Offsets, rows: int) -> Counted:
    """For each row the lowest row that it hangs together with by any chain of pairs; itself if there is none."""
    root = np.arange(rows)
    _components(one, other, root)
    return root


def prepare() -> None:
    """Compile what both need, before workers start."""
    _stars.compile()
    _components.compile()


@kernel
def _stars(later: Offsets, sooner: Offsets, similarity: Similar, limit: float, partner: Counted, value: Shares) -> None:
    for pair in range(len(later)):
        row, other, alike = later[pair], sooner[pair], similarity[pair]
        if alike < limit or partner[other] >= 0:
            continue
        nearest = partner[row] < 0 or alike > value[row] or (alike == value[row] and other < partner[row])
        if nearest:
            partner[row], value[row] = other, alike


@kernel
def _components(one: Offsets, other: Offsets, root: Counted) -> None:
    """Union–find: the lower root wins, and ways are halved as they are walked (Tarjan, van Leeuwen 1984)."""
    for pair in range(len(one)):
        here, there = _root(root, one[pair]), _root(root, other[pair])
        root[max(here, there)] = min(here, there)
    for row in range(len(root)):
        root[row] = _root(root, row)


@kernel
def _root(root: Counted, row: int) -> int:
    while root[row] != row:
        root[row] = root[root[row]]
        row = root[row]
    return row
