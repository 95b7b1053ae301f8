"""A sample of the runs of words of a text, by which passages that texts share are found without comparing the texts.

Of every `WINDOW` consecutive runs of `words` words the one with the least key is sampled, the last one of those if there are
several that was not sampled before (robust winnowing: Schleimer, Wilkerson, Aiken 2003, "Winnowing: local algorithms for
document fingerprinting"); of a text with fewer runs than that, every run. What is sampled within a passage of
`words` + `WINDOW` − 1 words or more never depends on the text around it. So two texts that share such a passage share a sample;
and a text of so many words that stands whole within another shares all its samples with it. Of a shorter passage one is shared by
chance: a run is sampled with a probability of about 2 / (`WINDOW` + 1).

A word is what `tilth.text.words` says, and a letter of a script without spaces between words half of one; it counts as one towards
the window. A text without a run of `words` words has no samples.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.text.buffers import valued_spans
from tilth.text.kernel import Bytes, Offsets, kernel
from tilth.text.scan import LEAST, reach
from tilth.text.shingles import Counted, Folds, Hashes
from tilth.text.words import FULL, WEIGHT, letters, powers, read_words, run

REVISION = 1
"""Raised whenever the same texts give other samples."""

WINDOW = 8
"""So many consecutive runs have a sample. With runs of 13 words every passage of 20 words has one, and a text one for 4.5 words."""

STEP = 5
"""The low bits of a sample: by how much weight it begins behind the sample before it, at most `FULL` · `WINDOW`. The other 59 are the
run's key: of a billion different runs two have the same one with a chance of 58 %, of a hundred million with one of 0.9 %."""

Keys = npt.NDArray[np.uint64]


def samples(column: pa.Array, words: int) -> tuple[Keys, npt.NDArray[np.int64]]:
    """The samples of every text, in its order, one text behind the other; and how many each has."""
    data, offsets = valued_spans(column)
    counts = np.zeros(len(column), np.int64)
    return _samples(data, offsets, letters(), (words, powers(FULL * max(words, LEAST) + 1)), counts), counts


def prepare() -> None:
    """Compile what `samples` needs, before workers start."""
    _samples.compile()


Sized = Annotated[tuple[int, Keys], types.Tuple([types.int64, types.Array(types.uint64, 1, "C", readonly=True)])]


@kernel
def _samples(data: Bytes, offsets: Offsets, fold: Folds, sized: Sized, counts: Counted) -> Hashes:
    words, power = sized
    sums, places = np.empty(1024, np.uint64), np.empty((1024, 3), np.int32)
    keys, told, filled = np.empty(1024, np.uint64), np.empty(1024, np.uint64), 0
    for row in range(len(counts)):
        count, sums, places = read_words(data[offsets[row] : offsets[row + 1]], fold, sums, places)
        if count > len(keys):
            keys = np.empty(2 * count, np.uint64)
        if filled + count > len(told):
            told = np.concatenate((told, np.empty(len(told) + count, np.uint64)))
        runs = 0
        end = reach(places, count, 0, 0, FULL * words)
        while end <= count:
            keys[runs] = run(sums, runs, end, power) >> np.uint64(STEP)
            runs += 1
            end = reach(places, count, runs, end, FULL * words)
        begun, before, sampled = filled, np.int64(0), -1
        for right in range(min(runs, WINDOW) - 1 if runs >= WINDOW else 0, runs):
            least = right if runs < WINDOW else _least(keys, right, sampled)
            if least != sampled:
                weight = np.int64(places[least, WEIGHT])
                told[filled] = keys[least] << np.uint64(STEP) | np.uint64(weight - before)
                filled, before, sampled = filled + 1, weight, least
        counts[row] = filled - begun
    return told[:filled].copy()


@kernel
def _least(keys: Hashes, right: int, sampled: int) -> int:
    """Which run has the least key of the window that ends with `right`: the one that was sampled, if it is that, or else the last."""
    if sampled > right - WINDOW:  # it was the least of the window before
        return right if keys[right] < keys[sampled] else sampled
    least = right
    for place in range(right - 1, right - WINDOW, -1):
        if keys[place] < keys[least]:
            least = place
    return least
