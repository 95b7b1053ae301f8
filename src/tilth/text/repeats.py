"""How much of a text are runs of characters, or of words, that occur in it more than once.

- A run of characters is every n code points in a row, white space included, in which runs overlap: a text of m
  characters has m − n + 1 of them. Of the different runs take the √d most frequent, d being how many different
  ones there are (rounded down), but only such as occur more than once. `character_repetition` is how often these
  occur together, divided by all runs.
- A word is a piece between white space, in lower case (of each letter, mark and number the first code point of
  `str.lower()`), without what is neither a letter nor a mark at either end; what is left empty is no word. A run of
  words is every n in a row. `word_repetition` is how many of the runs are such as occur more than once, divided by
  all runs. It is null, not judged, where more than half of the letters stand in scripts without spaces.

A text with fewer than n characters or words repeats nothing: 0. An empty one is not judged.

The definitions are those of the ROOTS corpus (Laurençon et al. 2022, arXiv 2303.03915, appendix B), which Data-Juicer
uses as `character_repetition_filter` and `word_repetition_filter`. They differ from Gopher's (`tilth.text.repetition`),
which measures characters covered and not runs.

A run is known by 64 bits (FNV-1a for a word, a polynomial over characters or words, stirred): of m different runs two
have the same with a chance of m²/2⁶⁵.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.text.buffers import present, share, spans
from tilth.text.characters import LETTER, SPACE, UNSPACED, classes, decode
from tilth.text.hashing import FNV_PRIME, FNV_START, NEXT, NOTHING
from tilth.text.kernel import Bytes, Counts, Offsets, kernel
from tilth.text.makeup import SPECIAL, kinds
from tilth.text.shingles import Counted, Folds, Hashes, folds, stir

LONG = 1 << 20
"""Runs of a text above which they are sorted and not looked up, so that ten million take 80 MB and not 400."""

ONE = np.uint64(1)


def character_repetition(length: int, column: pa.Array) -> Mapping[str, pa.Array]:
    """`character_repetition` of each text, by runs of so many characters."""
    data, offsets = spans(column)
    totals = np.zeros((len(column), 2), np.int64)
    _character_repetition(data, offsets, length, totals)
    return {"character_repetition": _shares(totals, present(column) & (np.diff(offsets) > 0))}


def word_repetition(length: int, column: pa.Array) -> Mapping[str, pa.Array]:
    """`word_repetition` of each text, by runs of so many words."""
    data, offsets = spans(column)
    totals = np.zeros((len(column), 2), np.int64)
    _word_repetition(data, offsets, length, (folds(), classes(), kinds()), totals)
    return {"word_repetition": _shares(totals, present(column) & (totals[:, 1] >= 0) & (np.diff(offsets) > 0))}


def _shares(totals: npt.NDArray[np.int64], judged: npt.NDArray[np.bool_]) -> pa.Array:
    """What repeats of all runs; 0 where there are none."""
    repeated, runs = totals.T
    return share(repeated, np.maximum(runs, 1), judged)


def prepare() -> None:
    """Compile what both need, before workers start."""
    kinds()
    _character_repetition.compile()
    _word_repetition.compile()


Tables = tuple[Folds, Bytes, Bytes]
"""For each code point what it counts as in a word, its class, and its kind."""


@kernel
def _character_repetition(data: Bytes, offsets: Offsets, length: int, totals: Counts) -> None:
    runs, counts, keys = np.empty(1024, np.uint64), np.empty(2048, np.int64), np.empty(2048, np.uint64)
    for row in range(len(totals)):
        size = offsets[row + 1] - offsets[row]
        if size > len(runs):
            runs = np.empty(2 * size, np.uint64)
        found = _character_runs(data[offsets[row] : offsets[row + 1]], length, runs)
        keys, counts = _wide_enough(found, keys, counts)
        different, repeating = _frequencies(runs[:found], keys, counts)
        most = min(int(np.sqrt(different)), repeating)
        totals[row, 0], totals[row, 1] = _sum_of_most(counts[:repeating], most), found


@kernel
def _word_repetition(data: Bytes, offsets: Offsets, length: int, tables: Tables, totals: Counts) -> None:
    runs, counts, keys = np.empty(1024, np.uint64), np.empty(2048, np.int64), np.empty(2048, np.uint64)
    for row in range(len(totals)):
        size = (offsets[row + 1] - offsets[row]) // 2 + 1  # between two words there is at least one byte
        if size > len(runs):
            runs = np.empty(2 * size, np.uint64)
        words = _words(data[offsets[row] : offsets[row + 1]], tables, runs)
        if words < 0:
            totals[row, 1] = -1
            continue
        found = _runs(runs[:words], length)
        keys, counts = _wide_enough(found, keys, counts)
        _, repeating = _frequencies(runs[:found], keys, counts)
        totals[row, 0], totals[row, 1] = np.sum(counts[:repeating]), found


@kernel
def _character_runs(data: Bytes, length: int, runs: Hashes) -> int:
    """Write each run of so many characters, as a polynomial that rolls along; how many there are."""
    last = ONE
    for _ in range(length):
        last *= NEXT
    at = behind = characters = 0
    rolling = NOTHING
    while at < len(data):
        code, width = int(np.int64(data[at])), 1
        if code >= 128:
            code, width = decode(data, at, len(data))
        at += width
        rolling = rolling * NEXT + np.uint64(code + 1)
        characters += 1
        if characters > length:
            code, width = int(np.int64(data[behind])), 1
            if code >= 128:
                code, width = decode(data, behind, len(data))
            behind += width
            rolling -= np.uint64(code + 1) * last
        if characters >= length:
            runs[characters - length] = max(stir(rolling), ONE)
    return max(characters - length + 1, 0)


@kernel
def _words(data: Bytes, tables: Tables, words: Hashes) -> int:
    """Write sixty-four bits for each word; how many there are, or −1 where words are not judged. A space is thought
    of behind the end, to close the last word."""
    fold, classed, special = tables
    count = at = letters = unspaced = 0
    one = kept = FNV_START
    begun = False
    while at <= len(data):
        code, width = (int(np.int64(data[at])), 1) if at < len(data) else (32, 1)
        if code >= 128:
            code, width = decode(data, at, len(data))
        at += width
        if classed[code] & SPACE:
            if begun:
                words[count] = stir(kept)
                count, begun = count + 1, False
            continue
        plain = (special[code] & SPECIAL) == 0
        if plain and not begun:
            begun, one = True, FNV_START
        if begun:
            one = (one ^ np.uint64(fold[code] if fold[code] else code)) * FNV_PRIME
            kept = one if plain else kept
        letters += (classed[code] & LETTER) != 0
        unspaced += (classed[code] & UNSPACED) != 0
    return count if 2 * unspaced <= letters else -1


@kernel
def _runs(words: Hashes, length: int) -> int:
    """Write in place of each word the run that begins with it; how many there are."""
    found = max(len(words) - length + 1, 0)
    for place in range(found):
        run = NOTHING
        for word in range(place, place + length):
            run = run * NEXT + words[word]
        words[place] = max(stir(run), ONE)
    return found


@kernel
def _width(runs: int) -> int:
    """The slots of a table in which so many runs fill no more than half."""
    width = 16
    while width < 2 * runs:
        width *= 2
    return width


@kernel
def _wide_enough(runs: int, keys: Hashes, counts: Counted) -> tuple[Hashes, Counted]:
    """Room to count so many runs: a slot for each key, or half as many counts where they are sorted."""
    width = _width(runs) if runs <= LONG else 16
    counted = max(width, runs // 2 + 1)
    return (keys if width <= len(keys) else np.empty(width, np.uint64)), (counts if counted <= len(counts) else np.empty(counted, np.int64))


@kernel
def _frequencies(runs: Hashes, keys: Hashes, counts: Counted) -> tuple[int, int]:
    """How many different runs there are, and how many of them occur more than once; how often those do stands at
    the beginning of `counts`."""
    if len(runs) > LONG:
        return _sorted_frequencies(runs, counts)
    width = _width(len(runs))
    mask = np.uint64(width - 1)
    keys[:width] = NOTHING
    different = 0
    for run in runs:
        slot = run & mask
        while keys[slot] != NOTHING and keys[slot] != run:
            slot = (slot + ONE) & mask
        if keys[slot] == NOTHING:
            keys[slot], counts[slot] = run, 0
            different += 1
        counts[slot] += 1
    repeating = 0
    for place in range(width):
        if keys[place] != NOTHING and counts[place] > 1:
            counts[repeating] = counts[place]
            repeating += 1
    return different, repeating


@kernel
def _sorted_frequencies(runs: Hashes, counts: Counted) -> tuple[int, int]:
    runs.sort()
    different = repeating = begun = 0
    for place in range(1, len(runs) + 1):
        if place < len(runs) and runs[place] == runs[begun]:
            continue
        different += 1
        if place - begun > 1:
            counts[repeating] = place - begun
            repeating += 1
        begun = place
    return different, repeating


@kernel
def _sum_of_most(counts: Counted, most: int) -> int:
    """The sum of the largest counts. They are small numbers for the most part, so what is sorted is short."""
    if most == len(counts):
        return int(np.sum(counts))
    counts.sort()
    return int(np.sum(counts[len(counts) - most :]))
