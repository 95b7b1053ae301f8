"""The words of a text as numbers, and where they stand: what runs of words are looked up by.

- A word is a run of letters, marks and numbers (Unicode's categories L, M, N). Letters count in lower case (the first
  code point of `str.lower()`). Apostrophes and invisible format characters (Cf) count for nothing, so "Don't", "don’t"
  and "dont" are one word; all else stands between words.
- A letter of a script that sets no space between words is a word by itself, with the marks behind it, and counts half:
  13 words are 26 Chinese characters. So what a run of words is never depends on the text around it.

Unicode's normal forms are told apart: `clean.unicode` makes texts of one form. A word is known by 64 bits (FNV-1a over its
code points, stirred), a run of words by a polynomial over them, stirred; prefix sums give that of any run at once.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from typing import Annotated

import numpy as np
import numpy.typing as npt
from numba.core import types

from tilth.text.characters import UNSPACED, classes, decode
from tilth.text.hashing import FNV_PRIME, FNV_START, NEXT
from tilth.text.kernel import Bytes, kept, kernel
from tilth.text.shingles import Folds, Hashes, stir

CODE, ALONE, MARK, IGNORED = (1 << 21) - 1, 1 << 21, 1 << 22, -1
"""What the table says of a code point: what it counts as (0: it stands between words), whether it is a word by itself,
whether it is a mark; or that it counts for nothing."""

FULL = 2
"""The weight of a word between spaces; a letter of a script without spaces weighs 1."""

BEGIN, END, WEIGHT = 0, 1, 2
"""The columns of places: the word's first byte, the byte behind it, and the weight of all words before it."""

APOSTROPHES = "'’ʼ＇"

Places = Annotated[npt.NDArray[np.int32], types.Array(types.int32, 2, "C")]
"""For each word where it stands, written."""


@cache
def letters() -> npt.NDArray[np.int32]:
    """For each code point what it counts as."""
    return kept("letters", _letters)


def _letters() -> npt.NDArray[np.int32]:
    table = np.zeros(sys.maxunicode + 1, np.int32)
    for code in range(len(table)):
        one = chr(code)
        category = unicodedata.category(one)
        if category == "Cf" or one in APOSTROPHES:
            table[code] = IGNORED
        elif category[0] in "LMN":
            table[code] = ord(one.lower()[0]) | (MARK if category[0] == "M" else 0)
    table[(classes() & UNSPACED) != 0] |= ALONE
    return table


@cache
def powers(most: int) -> npt.NDArray[np.uint64]:
    """The base of the polynomial to the power of 0 … `most`."""
    told = [1]
    for _ in range(most):
        told.append(told[-1] * int(NEXT) % (1 << 64))
    table = np.array(told, np.uint64)
    table.flags.writeable = False
    return table


@kernel
def read_words(data: Bytes, table: Folds, sums: Hashes, places: Places) -> tuple[int, Hashes, Places]:
    """Write the prefix sums and places of the words of a text: how many there are, and where they were written, which
    is longer than what was given if that was too short. The last line of places holds the weight of all words."""
    count = _read(data, table, sums, places)
    if count >= len(places):
        size = 2 * count
        sums, places = np.empty(size, np.uint64), np.empty((size, 3), np.int32)
        _read(data, table, sums, places)
    return count, sums, places


@kernel
def _read(data: Bytes, table: Folds, sums: Hashes, places: Places) -> int:
    """How many words there are; they are written as far as there is room."""
    count = at = begin = end = total = 0
    one, weight, in_word, most = FNV_START, 0, False, len(places) - 1
    sums[0] = np.uint64(0)
    while at <= len(data):  # a space is thought of behind the end, to close the last word
        code, width = (int(np.int64(data[at])), 1) if at < len(data) else (32, 1)
        if code >= 128:
            code, width = decode(data, at, len(data))
        kind = table[code]
        if kind == IGNORED:
            at += width
            continue
        if in_word and (kind == 0 or kind & ALONE or (weight < FULL and not kind & MARK)):
            if count < most:
                sums[count + 1] = sums[count] * NEXT + stir(one)
                places[count, BEGIN], places[count, END], places[count, WEIGHT] = begin, end, total
            count, total, in_word = count + 1, total + weight, False
        if kind:
            if not in_word:
                one, in_word, begin, weight = FNV_START, True, at, 1 if kind & ALONE else FULL
            one = (one ^ np.uint64(kind & CODE)) * FNV_PRIME
            at = end = at + width
            while weight == FULL and at < len(data) and data[at] < 128 and table[data[at]] > 0:  # the rest of nearly every word
                one = (one ^ np.uint64(table[data[at]])) * FNV_PRIME
                at = end = at + 1
            continue
        at += width
    places[min(count, most), WEIGHT] = total
    return count


@kernel
def run(sums: Hashes, begin: int, end: int, powers: Hashes) -> np.uint64:
    """Sixty-four bits for the words from `begin` to before `end`."""
    return stir(sums[end] - sums[begin] * powers[end - begin])
