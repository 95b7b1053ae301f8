"""How varied texts are: distinct runs of words, how like each other texts are, and how evenly they fill clusters.

Each figure comes with an interval by the delete-a-group jackknife (Quenouille 1949, Tukey 1958): the texts are dealt into
20 groups, and the figure is taken 20 times, each time without one. Drawing texts again with replacement (the bootstrap)
would not do: a text that is drawn twice is itself a repetition, and repetition is what is measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.text.buffers import valued_spans
from tilth.text.kernel import Bytes, Offsets, kernel
from tilth.text.shingles import Counted, Folds, Hashes
from tilth.text.words import letters, read_words, room, run

GROUPS = 20
"""Into how many groups the texts are dealt."""

NORMAL = 1.96
"""Half a 95 % interval in standard errors."""

Figure = tuple[float, float, float]
"""A value, and the ends of its 95 % interval."""


def words(texts: pa.LargeStringArray) -> npt.NDArray[np.int64]:
    """How many words each text has (`tilth.text.words`)."""
    return runs(texts, 1)[1]


def runs(texts: pa.LargeStringArray, length: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The runs of `length` words of all texts, one text behind the other, as 64 bits each; and how many each text has."""
    data, offsets = valued_spans(texts)
    counts = np.zeros(len(texts), np.int64)
    sums, _ = room(int(np.diff(offsets).max(initial=0)) + 1)
    found = _runs(data, offsets, letters(), length, _powers(length), sums, counts)
    return found, counts


def distinct(hashes: npt.NDArray[np.uint64], groups: npt.NDArray[np.int64]) -> Figure | None:
    """Different runs divided by runs (distinct-n, Li et al. 2016, arXiv 1510.03055); None where there is no run.
    `groups`: for each run the group that its text is in."""
    if not len(hashes):
        return None
    pairs = np.unique(np.column_stack([hashes, groups.astype(np.uint64)]), axis=0)
    _, first, times = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    alone = np.bincount(pairs[first[times == 1], 1].astype(np.int64), minlength=GROUPS)
    sizes = np.bincount(groups, minlength=GROUPS)
    left = [(len(first) - alone[group]) / (len(hashes) - size) for group, size in enumerate(sizes) if size < len(hashes)]
    return interval(len(first) / len(hashes), left)


def likeness(vectors: npt.NDArray[np.int16], groups: npt.NDArray[np.int64]) -> Figure | None:
    """The mean cosine of two different texts; None where there are not two. Rounded vectors are all but of one length."""
    if len(vectors) < 2:
        return None
    unit = vectors / np.sqrt(np.square(vectors.astype(np.float64)).sum(axis=1, keepdims=True))
    parts = np.array([unit[groups == group].sum(axis=0) for group in range(GROUPS)])
    sizes = np.bincount(groups, minlength=GROUPS)

    def mean(total: npt.NDArray[np.float64], count: int) -> float:
        return float((total @ total - count) / (count * (count - 1)))

    whole = parts.sum(axis=0)
    left = [mean(whole - part, len(unit) - size) for part, size in zip(parts, sizes.tolist(), strict=True) if len(unit) - size > 1]
    return interval(mean(whole, len(unit)), left)


def evenness(homes: npt.NDArray[np.int64], groups: npt.NDArray[np.int64], clusters: int) -> Figure | None:
    """The entropy of the clusters that texts are in, divided by the greatest there could be: 1 where each holds as many."""
    if clusters < 2 or not len(homes):
        return None
    counts = np.zeros((GROUPS, clusters), np.int64)
    np.add.at(counts, (groups, homes), 1)
    whole = counts.sum(axis=0)
    left = [_entropy(whole - part) / math.log(clusters) for part in counts if (whole - part).any()]
    return interval(_entropy(whole) / math.log(clusters), left)


def interval(value: float, left: Sequence[float]) -> Figure:
    """A value with its 95 % interval, from the values without each group in turn."""
    told = np.array(left)
    spread = math.sqrt((len(told) - 1) / len(told) * np.square(told - told.mean()).sum()) if len(told) > 1 else 0.0
    return float(value), float(value - NORMAL * spread), float(value + NORMAL * spread)


def _entropy(counts: npt.NDArray[np.int64]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
