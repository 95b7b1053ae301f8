"""Examples put together into lines of a fixed length, so that few places are filled up: best-fit decreasing.

The longest goes first; each goes into the line with the least room that still holds it, and only where none does is a new line
begun. Best-fit decreasing needs at most 11/9 of the fewest lines that are possible, and 1 more (Johnson et al. 1974,
SIAM J. Comput. 3:299). The lines are kept by the room in them, and a tree over the rooms finds the least that will do, so n
examples take n · log2(length) steps.

Lines keep examples apart by `position_ids` that begin anew with each (`tilth.model.material.Packs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
from numba.core import types

from tilth.errors import AskedWrong
from tilth.text.kernel import Offsets, kernel

Numbers = npt.NDArray[np.int64]
Written = Annotated[Numbers, types.Array(types.int64, 1, "C")]
Flags = Annotated[npt.NDArray[np.uint8], types.Array(types.uint8, 1, "C")]


def best_fit(lengths: Sequence[int] | Numbers, length: int, together: int = 1) -> list[list[int]]:
    """The numbers of the examples in each line, ascending; lines in the order of their first examples.

    Nothing is drawn, so it is the same in every process. `together`: so many examples next to each other are a unit, whose parts
    stay in one line (2: preference pairs).

    Raises: AskedWrong for a unit that is longer than a line, or has no token."""
    sizes = np.asarray(lengths, np.int64).reshape(-1, together).sum(1)
    if not len(sizes):
        return []
    if sizes.min() < 1 or sizes.max() > length:
        worst = int(sizes.argmin() if sizes.min() < 1 else sizes.argmax())
        unit = "an example" if together == 1 else f"{together} examples that belong together"
        raise AskedWrong(
            f"Lines of {length:,} tokens cannot hold {unit} of {sizes[worst]:,} (example {worst * together + 1:,}).",
            accepted="What is packed has one token at least, and as many as a line at most.",
        )
    length = min(length, int(sizes.sum()))  # more room than that is never used, and the tree over rooms grows with it
    by_size = np.argsort(-sizes, kind="stable")
    homes = np.empty(len(sizes), np.int64)
    lines = np.empty(len(sizes), np.int64)
    _fill(sizes[by_size], length, lines)
    homes[by_size] = lines
    return _listed(homes, together)


@kernel
def _fill(sizes: Offsets, length: int, homes: Written) -> None:
    """Write the line of each unit, the longest unit first. Lines of equal room are a chain, whose last is used first."""
    leaves = 1
    while leaves <= length:
        leaves *= 2
    there = np.zeros(2 * leaves, np.uint8)
    newest = np.full(length + 1, -1, np.int64)
    before = np.empty(len(sizes), np.int64)
    begun = 0
    for unit in range(len(sizes)):
        size = sizes[unit]
        room = _tightest(there, leaves, size)
        if room < 0:
            line, room, begun = begun, length, begun + 1
        else:
            line = newest[room]
            newest[room] = before[line]
            if newest[room] < 0:
                _mark(there, leaves + room, 0)
        homes[unit] = line
        room -= size
        before[line] = newest[room]
        newest[room] = line
        _mark(there, leaves + room, 1)


@kernel
def _tightest(there: Flags, leaves: int, size: int) -> int:
    """The least room of at least `size` in which there is a line; −1: none. The tree tells for each node whether one is below it."""
    node = leaves + size
    while not there[node]:
        while node & 1:
            node >>= 1
        if not node:
            return -1
        node += 1
    while node < leaves:
        node = 2 * node if there[2 * node] else 2 * node + 1
    return node - leaves


@kernel
def _mark(there: Flags, node: int, now: int) -> None:
    """Say at a leaf, and above it, whether a line is there."""
    there[node] = now
    node >>= 1
    while node and there[node] != (there[2 * node] | there[2 * node + 1]):
        there[node] = now
        node >>= 1


def _listed(homes: Numbers, together: int) -> list[list[int]]:
    """For each line the numbers of what it holds."""
    units = np.argsort(homes, kind="stable")
    starts = np.flatnonzero(np.diff(homes[units], prepend=-1))
    stops = np.append(starts[1:], len(homes))
    order = np.argsort(units[starts])
    numbers = (units[:, None] * together + np.arange(together)).ravel().tolist()
    bounds = zip((starts[order] * together).tolist(), (stops[order] * together).tolist(), strict=True)
    return [numbers[start:stop] for start, stop in bounds]
