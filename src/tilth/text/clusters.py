"""Clusters of vectors that point the same way: spherical k-means (Dhillon and Modha 2001), in whole numbers.

The centres are drawn from the content of the vectors and moved by sums of whole numbers, so they are the same whatever
the order of rows, the processor or the number of threads.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

import numpy as np
import numpy.typing as npt
from numba.core import types

from tilth.text.kernel import kernel
from tilth.text.vectors import LENGTH, Vectors, drawn, product
from tilth.work import cores

SAMPLED, ROUNDS = 48, 6
"""How many rows a centre is drawn from, and how often the centres move."""

Nearest = Annotated[npt.NDArray[np.int32], types.Array(types.int32, 2, "C")]
"""For each row the numbers of its nearest centres, the nearest first; −1: nothing is known of the row."""

AT_ONCE = 4096


def centres(vectors: npt.NDArray[np.int16], count: int) -> npt.NDArray[np.int16]:
    """At most `count` centres of those vectors of which something is known; fewer where fewer vectors differ."""
    sample = drawn(vectors, count * SAMPLED)
    found = sample[:count].copy()
    for _ in range(ROUNDS if len(sample) > len(found) > 0 else 0):
        found = _moved(found, sample, nearest(sample, found, 1)[:, 0])
    return found


def nearest(vectors: npt.NDArray[np.int16], centres: npt.NDArray[np.int16], probes: int) -> npt.NDArray[np.int32]:
    """The `probes` nearest centres of each vector, of equally near ones the first; no more than there are, one at least."""
    found = np.full((len(vectors), max(1, min(probes, len(centres)))), -1, np.int32)
    if not len(centres):
        return found
    _nearest.compile()
    pieces = [slice(begin, begin + AT_ONCE) for begin in range(0, len(vectors), AT_ONCE)]
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(lambda piece: _nearest(vectors[piece], centres, found[piece]), pieces))
    return found


def prepare() -> None:
    """Compile what clusters need, before workers start."""
    _nearest.compile()


def _moved(old: npt.NDArray[np.int16], sample: npt.NDArray[np.int16], homes: npt.NDArray[np.int32]) -> npt.NDArray[np.int16]:
    """Each centre in the direction of the sum of its rows; one without rows stays."""
    order = np.argsort(homes, kind="stable")
    there, starts = np.unique(homes[order], return_index=True)
    sums = np.add.reduceat(sample[order].astype(np.int64), starts, axis=0)
    coarse = np.rint(sums / np.diff(np.append(starts, len(order)))[:, None])  # the mean; in whole numbers, so that its length is exact
    lengths = np.sqrt(np.square(coarse.astype(np.int64)).sum(axis=1).astype(np.float64))
    stretch = np.where(lengths > 0, (LENGTH - 1 - math.sqrt(sample.shape[1]) / 2) / np.maximum(lengths, 1), 0)
    new = np.rint(coarse * stretch[:, None]).astype(np.int16)
    found = old.copy()
    found[there[lengths > 0]] = new[lengths > 0]
    return found


@kernel
def _nearest(vectors: Vectors, centres: Vectors, found: Nearest) -> None:
    probes = found.shape[1]
    best = np.empty(probes, np.int64)
    for row in range(len(vectors)):
        if product(vectors, row, vectors, row) == 0:
            continue
        best[:] = -(1 << 40)
        for centre in range(len(centres)):
            alike = product(vectors, row, centres, centre)
            if alike <= best[probes - 1]:
                continue
            place = probes - 1
            while place > 0 and best[place - 1] < alike:
                best[place], found[row, place] = best[place - 1], found[row, place - 1]
                place -= 1
            best[place], found[row, place] = alike, centre
