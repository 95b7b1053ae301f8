"""The facts of a text: numbers, what they count, and names; and whether one text has a fact that another lacks.

- A word is a run of letters and marks, or a run of digits and other numbers; so "18V" and "18 V" are two words alike, and a
  model such as "WA-50M" is three. Between digits a dot, and a comma before one or two digits, make one number ("1.5",
  "1,5"); a comma before three digits is left out ("10,000" is "10000"). In scripts without spaces each letter is a word.
- A fact is a number; the word that is written together with one ("F59", "18V") or follows it with nothing but spaces or
  hyphens between them ("18 volts", "6-inch", "12 May"); and a name. Digits of all scripts are the same.
- A name is a word that begins with a capital letter. The first word of a sentence is one only if a capital letter begins
  the next one too ("Marie Curie was", but not "However she was"). Sentences begin with a line, and behind the marks of
  `tilth.text.characters`; not behind the dot of a capitalised word of up to three letters ("Dr. Smith", "J. Smith").
- A text lacks a fact if the word does not occur in it at all, in any case and any place. So what is a fact in one text and
  a plain word in the other sets nothing apart, nor does the order, or how often a fact is told.

Scripts without capitals have numbers alone. A language that writes all nouns with capitals, such as German, has as many
names as nouns, and of a text in capitals every word is one.

A word is known by 62 bits of its hash (`tilth.text.shingles`). Its number in a set has the highest bit set, and the lowest
if it is a fact, so that it lies behind all shingles, whose highest bit is not.
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
from tilth.text.characters import BREAK, ENDING, SPACE, UNSPACED, classes, decode
from tilth.text.hashing import FNV_PRIME, FNV_START, HALF, NEXT, NOTHING, STIR
from tilth.text.kernel import Bytes, Offsets, kept, kernel
from tilth.text.neighbours import Known, Shares
from tilth.text.shingles import Counted, Folds, Hashes, folds, stir

REVISION = 1
"""Raised whenever the same texts have other facts."""

WORD = np.uint64(1 << 63)
"""The mark of a word's number."""

_FACT, _TWO = np.uint64(1), np.uint64(2)
_COMMA, _HYPHEN, _DOT, _ZERO = 44, 45, 46, 48
_WORD, _NUMBER, _ALONE = 1, 2, 3
"""Kinds of words: letters, digits, one letter of a script without spaces."""
_SHORT = 3

Tables = Annotated[
    tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.uint8]],
    types.Tuple([Folds.__metadata__[0], Folds.__metadata__[0], Bytes.__metadata__[0]]),
]
"""What each code point counts as in a word, what it counts as in a number (0: it is no part of one), and its classes."""


@cache
def numerals() -> npt.NDArray[np.int32]:
    """For each code point of the categories N what it counts as: a decimal digit of any script as that of ASCII; else 0."""
    return kept("numerals", _numerals)


def _numerals() -> npt.NDArray[np.int32]:
    every = (chr(number) for number in range(sys.maxunicode + 1))
    return np.fromiter((_numeral(one) for one in every), np.int32, sys.maxunicode + 1)


def _numeral(one: str) -> int:
    if unicodedata.category(one)[0] != "N":
        return 0
    value = unicodedata.decimal(one, None)
    return ord(one) if value is None else _ZERO + int(value)


def fact_sets(column: pa.Array) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The distinct words of each text, ascending, one text behind the other, those that are facts marked; and how many
    each has."""
    data, offsets = valued_spans(column)
    counts = np.empty(len(column), np.int64)
    return _sets(data, offsets, (folds(), numerals(), classes()), counts), counts


def fact_keys(values: npt.NDArray[np.uint64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """A number for the facts of each text, the same where two have the same facts."""
    stirred = values * NEXT
    stirred = (stirred ^ stirred >> HALF) * STIR
    sums = np.append(NOTHING, np.cumsum(np.where(values & _FACT, stirred ^ stirred >> HALF, NOTHING), dtype=np.uint64))
    ends = np.cumsum(counts)
    keys: npt.NDArray[np.uint64] = sums[ends] - sums[ends - counts]
    return keys


def shingles_among(values: Known, begins: Offsets, counts: Offsets) -> npt.NDArray[np.int64]:
    """How many members of each row's set lie before its words."""
    found = np.empty(len(counts), np.int64)
    _shingles_among(values, begins, counts, found)
    return found


def set_apart(pairs: Known, values: Known, begins: Offsets, counts: Offsets, told: Shares, ways: int) -> None:
    """Make the similarity of each pair negative where it is not 0 and the later row has a fact that the sooner lacks, or, in
    2 `ways`, either of them. The words of row i are `values[begins[i] : begins[i] + counts[i]]`."""
    _set_apart(pairs, values, begins, counts, told, ways)


def prepare() -> None:
    """Compile what facts need, before workers start."""
    _sets.compile()
    _set_apart.compile()
    _shingles_among.compile()


@kernel
def _sets(data: Bytes, offsets: Offsets, tables: Tables, counts: Counted) -> Hashes:
    sets, scratch = np.empty(1024, np.uint64), np.empty(1024, np.uint64)
    filled = 0
    for row in range(len(counts)):
        text = data[offsets[row] : offsets[row + 1]]
        found = _words(text, tables, scratch)
        if found > len(scratch):
            scratch = np.empty(2 * found, np.uint64)
            found = _words(text, tables, scratch)
        some = np.sort(scratch[:found])
        if filled + found > len(sets):
            longer = np.empty(max(filled + found, 2 * len(sets)), np.uint64)
            for place in range(filled):  # as slices it would bring in what tells of shapes that do not fit, two seconds of compiling
                longer[place] = sets[place]
            sets = longer
        begun = filled
        for place in range(found):  # of a word that is a fact in one place and none in another, the fact comes last and stays
            if place + 1 == found or some[place] | _FACT != some[place + 1] | _FACT:
                sets[filled] = some[place]
                filled += 1
        counts[row] = filled - begun
    return sets[:filled].copy()


@kernel
def _words(data: Bytes, tables: Tables, out: Hashes) -> int:
    """Write the words of one text, as far as there is room; how many there are."""
    fold, _, kinds = tables
    at = count = last = 0
    first, linked, touching, small, led = True, False, False, False, False  # of a sentence; to the word before; …
    while at < len(data):
        code, width = decode(data, at, len(data))
        if fold[code]:
            kind, number, width, capital, size = _word(data, at, tables)
            if count and ((kind == _NUMBER and touching and last == _WORD) or (led and linked and capital)):
                _mark(out, count - 1)
            fact = kind == _NUMBER or (linked and last == _NUMBER) or (capital and not first)
            count = _write(out, count, number, np.uint64(fact))
            led, small = first and capital, capital and size <= _SHORT
            first, linked, touching, last = False, True, True, kind
        else:
            first = first or (kinds[code] & BREAK) != 0 or ((kinds[code] & ENDING) != 0 and not (code == _DOT and small and touching))
            linked = linked and ((kinds[code] & (SPACE | BREAK)) == SPACE or _joins(code))
            touching = False
        at += width
    return count


@kernel
def _joins(code: int) -> bool:
    """Whether it is a hyphen."""
    return code == _HYPHEN or 0x2010 <= code <= 0x2011


@kernel
def _write(out: Hashes, count: int, number: np.uint64, fact: np.uint64) -> int:
    """Put a word behind the others, if there is room; how many there are now."""
    if count < len(out):
        out[count] = WORD | number >> _TWO << _FACT | fact
    return count + 1


@kernel
def _mark(out: Hashes, place: int) -> None:
    """A word that is written is a fact."""
    if place < len(out):
        out[place] |= _FACT


@kernel
def _word(data: Bytes, at: int, tables: Tables) -> tuple[int, np.uint64, int, bool, int]:
    """The word that begins here: its kind, its hash, how many bytes and (letters alone) characters it has, and whether it
    begins with a capital."""
    fold, numeral, kinds = tables
    begun, size, key = at, 0, FNV_START
    code, width = decode(data, at, len(data))
    if numeral[code]:
        number, end = _number(data, at, numeral)
        return _NUMBER, number, end - at, False, 0
    capital = fold[code] != code
    if kinds[code] & UNSPACED:
        return _ALONE, stir((key ^ np.uint64(fold[code])) * FNV_PRIME), width, False, 1
    while fold[code] and not numeral[code] and not kinds[code] & UNSPACED:
        key = (key ^ np.uint64(fold[code])) * FNV_PRIME
        at, size = at + width, size + 1
        if at == len(data):
            break
        code, width = decode(data, at, len(data))
    return _WORD, stir(key), at - begun, capital, size


@kernel
def _number(data: Bytes, at: int, numeral: Folds) -> tuple[np.uint64, int]:
    """The hash of the number that begins here, and the byte behind it."""
    key = FNV_START
    while at < len(data):
        code, width = decode(data, at, len(data))
        if numeral[code]:
            key = (key ^ np.uint64(numeral[code])) * FNV_PRIME
        else:
            digits = _digits(data, at + 1) if code in (_COMMA, _DOT) else 0
            if digits == 0 or (code == _COMMA and digits > 3):
                break
            if code == _DOT or digits < 3:
                key = (key ^ np.uint64(_DOT)) * FNV_PRIME
        at += width
    return stir(key), at


@kernel
def _digits(data: Bytes, at: int) -> int:
    """How many of the next four bytes are digits, up to the first that is none."""
    count = 0
    while count < 4 and at + count < len(data) and _ZERO <= data[at + count] < _ZERO + 10:
        count += 1
    return count


@kernel
def _shingles_among(values: Known, begins: Offsets, counts: Offsets, found: Counted) -> None:
    for row in range(len(counts)):
        found[row] = np.searchsorted(values[begins[row] : begins[row] + counts[row]], WORD)


@kernel
def _set_apart(pairs: Known, values: Known, begins: Offsets, counts: Offsets, told: Shares, ways: int) -> None:
    for place in range(len(pairs)):
        if told[place] > 0:
            later, sooner = np.int64(pairs[place] >> HALF), np.int64(pairs[place] & np.uint64(0xFFFFFFFF))
            one = values[begins[later] : begins[later] + counts[later]]
            other = values[begins[sooner] : begins[sooner] + counts[sooner]]
            if _exceeds(one, other) or (ways == 2 and _exceeds(other, one)):
                told[place] = -told[place]


@kernel
def _exceeds(one: Known, other: Known) -> bool:
    """Whether one has a fact whose word the other has not. Both ascend."""
    there = 0
    for word in one:
        if word & _FACT:
            while there < len(other) and other[there] | _FACT < word:
                there += 1
            if there == len(other) or other[there] | _FACT != word:
                return True
    return False
