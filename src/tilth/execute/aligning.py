"""Which row of one side is which of the other: by keys of 16 bytes, on numbers alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilth.record import Ids

Labels = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]
Cells = npt.NDArray[np.uint32]
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ ÷ the golden ratio, made odd
HALF = np.uint64(32)


@dataclass(frozen=True)
class Alignment:
    """For each row of the first side the row of the second that it became (−1: gone), and whether it is the same there."""

    partner: Rows
    same: npt.NDArray[np.bool_]
    new: Rows
    """The rows of the second side that were none of the first, ascending."""

    @property
    def gone(self) -> Rows:
        """The rows of the first side that are none of the second, ascending."""
        return np.flatnonzero(self.partner < 0)

    @property
    def changed(self) -> Rows:
        """The rows of the first side that are other in the second, ascending."""
        return np.flatnonzero((self.partner >= 0) & ~self.same)


def numbered(a: Ids, b: Ids) -> tuple[Labels, Labels]:
    """Both sides' keys as small numbers, equal where the keys are."""
    halves = np.concatenate([_halves(a), _halves(b)])
    order = np.lexsort((halves[:, 1], halves[:, 0]))
    ordered = halves[order]
    labels = np.empty(len(halves), np.int64)
    labels[order] = np.cumsum(np.append(False, (ordered[1:] != ordered[:-1]).any(axis=1))[: len(halves)])
    return labels[: len(a)], labels[len(a) :]


def _halves(ids: Ids) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(ids).view("<u8").reshape(-1, 2)


def align(keys: tuple[Labels, Labels], cells: tuple[Cells, Cells]) -> Alignment:
    """Rows of one key are one another. Where several have a key, those with the same cells are paired first and the others
    in their order. Cells are the columns' hashes; the order of rows says nothing."""
    partner = _paired(*_whole(keys, cells))
    same = partner >= 0
    left, right = np.flatnonzero(~same), _others(partner[same], len(keys[1]))
    rest = _paired(keys[0][left], keys[1][right])
    partner[left[rest >= 0]] = right[rest[rest >= 0]]
    return Alignment(partner, same, _others(partner[partner >= 0], len(keys[1])))


def _others(taken: Rows, of: int) -> Rows:
    """The rows that are not taken, ascending."""
    free = np.ones(of, np.bool_)
    free[taken] = False
    return np.flatnonzero(free)


def _whole(keys: tuple[Labels, Labels], cells: tuple[Cells, Cells]) -> tuple[Labels, Labels]:
    """Key and cells together as small numbers; two different rows have one with a chance of 2⁻⁶⁴."""
    mixed = [_mixed(key, cell) for key, cell in zip(keys, cells, strict=True)]
    _, labels = np.unique(np.concatenate(mixed), return_inverse=True)
    return labels[: len(mixed[0])], labels[len(mixed[0]) :]


def _mixed(key: Labels, cells: Cells) -> npt.NDArray[np.uint64]:
    found = key.astype(np.uint64) * MIX
    for place in range(cells.shape[1]):
        found = (found ^ found >> HALF ^ cells[:, place]) * MIX
    return found ^ found >> HALF


def _paired(a: Labels, b: Labels) -> Rows:
    """For each row of `a` the row of `b` with the same label: the k-th that has it with the k-th; −1 where there is none."""
    most = int(max(a.max(initial=-1), b.max(initial=-1))) + 1
    starts, counts = _starts(b, most)
    order = np.argsort(b, kind="stable")
    nth = np.empty(len(a), np.int64)
    order_a = np.argsort(a, kind="stable")
    nth[order_a] = np.arange(len(a)) - _starts(a, most)[0][a[order_a]]
    there = nth < counts[a]
    partner = np.full(len(a), -1, np.int64)
    partner[there] = order[starts[a[there]] + nth[there]]
    return partner


def _starts(labels: Labels, most: int) -> tuple[Rows, Rows]:
    """Where each label begins among the sorted ones, and how often it occurs."""
    counts = np.bincount(labels, minlength=most)
    return np.cumsum(counts) - counts, counts
