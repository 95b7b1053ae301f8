"""The shingles of a text: the set of short runs by which two texts are compared.

- A word is a run of letters, marks and numbers (Unicode's categories L, M, N); all else stands between words.
  Letters count in lower case (of each the first code point of `str.lower()`), so "Don't" is "don" and "t".
- A shingle is a run of 5 words. Where more than half of the letters belong to scripts without spaces between
  words, it is a run of 8 characters, spaces and punctuation left out.
- A text with fewer words (characters) than that is one shingle; a text without any has none, and there is
  nothing to compare.

The similarity of two texts is the Jaccard index of their sets of shingles: those in both divided by those in
either. A shingle is known by 64 bits: FNV-1a over the code points of a word, stirred, and a polynomial over the
words, stirred. Among m shingles two have the same 64 bits with a chance of m²/2⁶⁵.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.text.buffers import valued_spans
from tilth.text.characters import LETTER, UNSPACED, classes, decode
from tilth.text.hashing import FNV_PRIME, FNV_START, HALF, NEXT, NOTHING, STIR
from tilth.text.kernel import Bytes, Offsets, kept, kernel

WORDS, CHARACTERS = 5, 8
"""How many words or characters a shingle has."""

Hashes = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 1, "C")]
"""Sixty-four bits each, written."""

Folds = Annotated[npt.NDArray[np.int32], types.Array(types.int32, 1, "C", readonly=True)]
"""For each code point what it counts as."""

SPACE = 32


@cache
def folds() -> npt.NDArray[np.int32]:
    """For each code point the one that it counts as within a word; 0: it stands between words."""
    return kept("folds", _folds)


def _folds() -> npt.NDArray[np.int32]:
    category = unicodedata.category
    every = (chr(number) for number in range(sys.maxunicode + 1))
    return np.fromiter((ord(one.lower()[0]) if category(one)[0] in "LMN" else 0 for one in every), np.int32, sys.maxunicode + 1)


def shingle_sets(column: pa.Array) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The distinct shingles of each text, ascending, one text behind the other; and how many each has."""
    data, offsets = valued_spans(column)
    counts = np.empty(len(column), np.int64)
    return _sets(data, offsets, folds(), classes(), counts), counts


def prepare() -> None:
    """Compile what `shingle_sets` needs, before workers start."""
    _sets.compile()


Counted = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 1, "C")]
"""A whole number for each row, written."""


@kernel
def _sets(data: Bytes, offsets: Offsets, fold: Folds, kinds: Bytes, counts: Counted) -> Hashes:
    sets, scratch = np.empty(1024, np.uint64), np.empty(1024, np.uint64)
    filled = 0
    for row in range(len(counts)):
        found, scratch = shingle(data[offsets[row] : offsets[row + 1]], fold, kinds, scratch)
        some = np.sort(scratch[:found])
        if filled + found > len(sets):
            sets = _longer(sets, filled + found)
        begun = filled
        for place in range(found):
            if place == 0 or some[place] != some[place - 1]:
                sets[filled] = some[place]
                filled += 1
        counts[row] = filled - begun
    return sets[:filled].copy()


@kernel
def _longer(old: Hashes, size: int) -> Hashes:
    """An array of at least `size` places that begins with the old one."""
    new = np.empty(max(size, 2 * len(old)), np.uint64)
    for place in range(len(old)):  # as slices it would bring in what tells of shapes that do not fit, two seconds of compiling
        new[place] = old[place]
    return new


@kernel
def shingle(data: Bytes, fold: Folds, kinds: Bytes, out: Hashes) -> tuple[int, Hashes]:
    """Write the shingles of a text, as often as they occur: how many there are, and where they were written,
    which is `out` or, if it was too short, a longer one."""
    words, spaced = _words(data, fold, kinds, out)
    if words > len(out):
        out = _longer(out, words)
        _words(data, fold, kinds, out)
    if spaced:
        return _runs(out, words, WORDS), out
    characters = _characters(data, fold, out)
    if characters > len(out):
        out = _longer(out, characters)
        _characters(data, fold, out)
    return _runs(out, characters, CHARACTERS), out


@kernel
def _words(data: Bytes, fold: Folds, kinds: Bytes, out: Hashes) -> tuple[int, bool]:
    """Sixty-four bits for each word, as far as there is room; how many words there are, and whether words are
    told apart in this script."""
    count = at = letters = unspaced = 0
    one, in_word = FNV_START, False
    while at <= len(data):  # a space is thought of behind the end, to close the last word
        code, width = (int(np.int64(data[at])), 1) if at < len(data) else (SPACE, 1)
        if code >= 128:
            code, width = decode(data, at, len(data))
        at += width
        folded = fold[code]
        if folded:
            letters += (kinds[code] & LETTER) != 0
            unspaced += (kinds[code] & UNSPACED) != 0
            one = (one ^ np.uint64(folded)) * FNV_PRIME
            in_word = True
        elif in_word:
            if count < len(out):
                out[count] = stir(one)
            count, one, in_word = count + 1, FNV_START, False
    return count, 2 * unspaced <= letters


@kernel
def _characters(data: Bytes, fold: Folds, out: Hashes) -> int:
    """Sixty-four bits for each character that belongs to a word, as far as there is room; how many there are."""
    count = at = 0
    while at < len(data):
        code, width = decode(data, at, len(data))
        at += width
        if fold[code]:
            if count < len(out):
                out[count] = stir(np.uint64(fold[code]))
            count += 1
    return count


@kernel
def _runs(words: Hashes, count: int, length: int) -> int:
    """Replace words by the runs that begin with them; how many runs there are."""
    runs = min(count, max(count - length + 1, 1))
    for place in range(runs):
        one = NOTHING
        for word in words[place : min(place + length, count)]:
            one = one * NEXT + word
        words[place] = stir(one)
    return runs


@kernel
def stir(one: np.uint64) -> np.uint64:
    """Let every bit depend on all others (a finaliser in the manner of MurmurHash3)."""
    one = (one ^ one >> HALF) * STIR
    one = (one ^ one >> HALF) * NEXT
    return one ^ one >> HALF
