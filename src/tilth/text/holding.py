"""Which texts hold passages of which others, and how much of them: told from samples of their runs (`tilth.text.winnowing`).

The share of a text that another holds is that of its words, among those in sampled runs, that lie in runs which the other has too.
A run is common if it stands in more than so many texts: it says nothing, and its words count neither as found nor as what could
be found (a template, a licence, the foot of a page).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
from numba.core import types

from tilth.text.kernel import Offsets, kernel
from tilth.text.shingles import Counted, Hashes
from tilth.text.winnowing import STEP, Keys
from tilth.text.words import FULL

ALONE, COMMON = -1, -2
"""What is said of a sample whose run stands in one text only, and of one whose run is common; all others have a number."""

PASS = 1 << 22
"""So many samples are sorted at once."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Held:
    """Text `holders[n]` has `shares[n]` of the text `held[n]`; ascending by held, then by holder."""

    holders: Numbers
    held: Numbers
    shares: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Runs:
    """Of each sample the number of its run, or `ALONE` or `COMMON`; and the texts in which each run stands:
    `texts[begins[run] : begins[run + 1]]`."""

    run_of: npt.NDArray[np.int32]
    begins: Numbers
    texts: Numbers


def held(samples: Keys, begins: Numbers, words: int, common: int, share: float) -> Held:
    """The pairs of different texts of which one has at least `share` of the other, and at least `words` words of it.

    `begins`: where the samples of each text begin, and where the last ones end. What is told of two texts depends on their order
    in nothing but their numbers. Memory: 4 bytes for each sample, and 16 for each whose run stands in several texts."""
    known = runs(samples, begins, common)
    told, shares = _held((samples, begins), (known.run_of, known.begins, known.texts), (FULL * words, share))
    return Held(told[:, 1].copy(), told[:, 0].copy(), shares)


def runs(samples: Keys, begins: Numbers, common: int, at_once: int = PASS) -> Runs:
    """The runs that stand in several texts, and in `common` at most; about so many samples are sorted `at_once`."""
    bits = (len(samples) // at_once).bit_length()
    run_of = np.full(len(samples), ALONE, np.int32)
    sizes, texts, numbered = [np.zeros(1, np.int64)], [np.empty(0, np.int64)], 0
    for bucket in range(1 << bits):
        some = _picked(samples, bits, bucket)
        which, some, text = _shared(samples, begins, some)
        first = np.append(True, (which[1:] != which[:-1]) | (text[1:] != text[:-1]))[: len(which)]
        counts = np.bincount(which[first])
        rare = (counts > 1) & (counts <= common)
        number = np.select([rare, counts > 1], [numbered + np.cumsum(rare) - 1, COMMON], ALONE)
        run_of[some] = number[which]
        sizes.append(counts[rare])
        texts.append(text[first & rare[which]])
        numbered += int(rare.sum())
    return Runs(run_of, np.cumsum(np.concatenate(sizes)), np.concatenate(texts))


def _shared(samples: Keys, begins: Numbers, some: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Of these samples those whose key another of them has too: a number for their key, which they are, and their texts; in this order."""
    keys = samples[some] >> np.uint64(STEP)
    order = np.argsort(keys)
    keys, some = keys[order], some[order]
    follows = keys[1:] == keys[:-1]
    several = (np.append(follows, False) | np.append(False, follows))[: len(keys)]
    keys, some = keys[several], some[several]
    which = np.cumsum(np.append(True, keys[1:] != keys[:-1])[: len(keys)]) - 1
    some = some[np.lexsort((some, which))]
    return which, some, np.searchsorted(begins, some, side="right") - 1


def prepare() -> None:
    """Compile what `held` needs, before workers start."""
    _picked.compile()
    _held.compile()


Read = types.Array(types.uint64, 1, "C", readonly=True)
Places = types.Array(types.int64, 1, "C", readonly=True)
Samples = Annotated[npt.NDArray[np.uint64], Read]
Sampled = Annotated[tuple[Keys, Numbers], types.Tuple([Read, Places])]
Numbered = Annotated[tuple[npt.NDArray[np.int32], Numbers, Numbers], types.Tuple([types.Array(types.int32, 1, "C", readonly=True), Places, Places])]
Which = Annotated[npt.NDArray[np.int32], types.Array(types.int32, 1, "C", readonly=True)]
Least = Annotated[tuple[int, float], types.Tuple([types.int64, types.float64])]
Found = Annotated[
    tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]], types.Tuple([types.Array(types.int64, 2, "C"), types.Array(types.float64, 1, "C")])
]
Marks = Annotated[npt.NDArray[np.bool_], types.Array(types.boolean, 1, "C")]


@kernel
def _picked(samples: Samples, bits: int, bucket: int) -> Counted:
    """Which samples have these bits uppermost."""
    shift, sought = np.uint64(63 - bits), np.uint64(bucket)
    count = 0
    for place in range(len(samples)):
        count += (samples[place] >> np.uint64(1)) >> shift == sought
    some = np.empty(count, np.int64)
    count = 0
    for place in range(len(samples)):
        if (samples[place] >> np.uint64(1)) >> shift == sought:
            some[count] = place
            count += 1
    return some


@kernel
def _held(sampled: Sampled, numbered: Numbered, least: Least) -> Found:
    """For each text, held, and each other, its holder: the share that it has."""
    (samples, begins), (run_of, run_begins, texts), (weight, share) = sampled, numbered, least
    told, shares, filled = np.empty((1024, 2), np.int64), np.empty(1024, np.float64), 0
    scratch = np.empty(1024, np.uint64)
    for text in range(len(begins) - 1):
        first, end = begins[text], begins[text + 1]
        count, scratch = _others(run_of[first:end], run_begins, texts, text, scratch)
        if count == 0:
            continue
        marks = np.ones(end - first, np.bool_)
        able = _covered(samples[first:end], run_of[first:end], marks, weight)
        marks[:] = False
        enough = max(share * able, np.float64(weight))
        others = np.sort(scratch[:count])
        begin = 0
        while begin < count:
            holder, stop = others[begin] >> np.uint64(32), begin
            while stop < count and others[stop] >> np.uint64(32) == holder:
                marks[np.int64(others[stop] & np.uint64(0xFFFFFFFF))] = True
                stop += 1
            covered = _covered(samples[first:end], run_of[first:end], marks, weight) if (stop - begin) * weight >= enough else 0
            if covered >= enough:
                if filled == len(told):
                    told, shares = np.concatenate((told, told)), np.concatenate((shares, shares))
                told[filled, 0], told[filled, 1], shares[filled] = text, np.int64(holder), covered / able
                filled += 1
            for place in range(begin, stop):
                marks[np.int64(others[place] & np.uint64(0xFFFFFFFF))] = False
            begin = stop
    return told[:filled].copy(), shares[:filled].copy()


@kernel
def _others(run_of: Which, begins: Offsets, texts: Offsets, text: int, out: Hashes) -> tuple[int, Hashes]:
    """The texts that share samples with this one, each with the number of the sample in the low 32 bits: how many there are, and
    where they were written."""
    count = 0
    for place in range(len(run_of)):
        which = run_of[place]
        if which < 0:
            continue
        if count + begins[which + 1] - begins[which] > len(out):
            out = np.concatenate((out, np.empty(len(out) + begins[which + 1] - begins[which], np.uint64)))
        for other in texts[begins[which] : begins[which + 1]]:
            if other != text:
                out[count] = np.uint64(other) << np.uint64(32) | np.uint64(place)
                count += 1
    return count, out


@kernel
def _covered(samples: Samples, run_of: Which, marks: Marks, weight: int) -> int:
    """The weight of the words that lie in marked runs, and in none that is common. All runs have about one weight, so as they begin one
    behind the other, they end."""
    position = covered = reached = common = 0
    for place in range(len(samples)):
        begin = position + int(np.int64(samples[place] & np.uint64((1 << STEP) - 1)))
        covered += max(min(begin, reached) - max(position, common), 0)
        position = begin
        if run_of[place] == COMMON:
            common = begin + weight
        elif marks[place]:
            reached = begin + weight
    return covered + max(reached - max(position, common), 0)
