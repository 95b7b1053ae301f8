"""How varied texts are: distinct runs of words, how like each other texts are, and how evenly they fill clusters.

Each figure comes with an interval by the delete-a-group jackknife (Quenouille 1949, Tukey 1958): the texts are dealt into
20 groups, and the figure is taken 20 times, each time without one. Drawing texts again with replacement (the bootstrap)
would not do: a text that is drawn twice is itself a repetition, and repetition is what is measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tilth.text.characters import UNSPACED, classes
from tilth.text.shingles import folds

GROUPS = 20
"""Into how many groups the texts are dealt."""

NORMAL = 1.96
"""Half a 95 % interval in standard errors."""

Figure = tuple[float, float, float]
"""A value, and the ends of its 95 % interval."""


def words(text: str) -> Iterator[bytes]:
    """The words of a text, each by what its letters count as: runs of letters, marks and numbers in lower case; in scripts
    without spaces between words each character is one."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), "<u4")
    folded = folds()[codes]
    inside = folded != 0
    alone = inside & ((classes()[codes] & UNSPACED) != 0)
    joined = np.append(False, inside[:-1] & ~alone[:-1]) if len(codes) else inside
    begins = np.flatnonzero(inside & (alone | ~joined))
    ends = np.flatnonzero(inside & (np.append(~inside[1:] | alone[1:], True) | alone)) + 1 if len(codes) else begins
    return (folded[begin:end].tobytes() for begin, end in zip(begins, ends, strict=True))


def runs(texts: Sequence[npt.NDArray[np.int64]], length: int) -> npt.NDArray[np.int64]:
    """The runs of `length` words of texts whose words are numbers: a line for each run, no run over the end of a text."""
    windows = [np.lib.stride_tricks.sliding_window_view(one, length) for one in texts if len(one) >= length]
    return np.concatenate(windows) if windows else np.empty((0, length), np.int64)


def distinct(found: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> Figure | None:
    """Different runs divided by runs (distinct-n, Li et al. 2016, arXiv 1510.03055); None where there is no run.
    `found`: a line for each run; `groups`: the group that its text is in."""
    if not len(found):
        return None
    names = np.unique(found, axis=0, return_inverse=True)[1].ravel()
    pairs = np.unique(np.column_stack([names, groups]), axis=0)
    _, first, times = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    alone = np.bincount(pairs[first[times == 1], 1], minlength=GROUPS)
    sizes = np.bincount(groups, minlength=GROUPS)
    left = [(len(first) - alone[group]) / (len(found) - size) for group, size in enumerate(sizes) if size < len(found)]
    return interval(len(first) / len(found), left)


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
    """A value of at most 1 with its 95 % interval, from the values without each group in turn."""
    told = np.array(left)
    spread = math.sqrt((len(told) - 1) / len(told) * np.square(told - told.mean()).sum()) if len(told) > 1 else 0.0
    return float(value), float(value - NORMAL * spread), min(1.0, float(value + NORMAL * spread))


def _entropy(counts: npt.NDArray[np.int64]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
