"""The lines, paragraphs or sentences of a text: where each stands, and 64 bits by which the same one is known elsewhere.

- A line is a piece between line breaks, as `str.splitlines()` finds it, that is not blank; a paragraph is a run of lines
  with no blank line between them; sentences end as `tilth.text.lines` says, a sentence without a letter being part of
  the next one of its line.
- A unit begins where its line begins (a sentence inside a line where its first character is) and stops behind its last
  character that is no white space.
- It is known by its characters in Unicode's form NFC, every run of white space as one space. Letters may count in lower
  case (of each the first code point of `str.lower()`), every run of decimal digits as one digit, and punctuation
  (categories P*) as nothing.
- A unit with fewer characters than asked, counted in that form, is not known: its number is 0. It still has its place,
  so that what stands beside another unit is told by the list alone.

The hash is FNV-1a over code points, stirred. Among n different units two have the same 64 bits with a chance of n²/2⁶⁵:
one in 37 for a thousand million.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba.core import types

from tilth.errors import AskedWrong
from tilth.text.buffers import as_texts, valued_spans
from tilth.text.characters import BREAK, ENDING, LETTER, QUOTE, SPACE, classes, decode
from tilth.text.hashing import FNV_PRIME, FNV_START, NOTHING
from tilth.text.kernel import Bytes, Offsets, kept, kernel
from tilth.text.lines import APART, CARRIAGE_RETURN, GOING_ON, MARKED, NEWLINE, OPENING_BRACKETS, follow
from tilth.text.normalise import normalised
from tilth.text.shingles import Counted, Folds, stir

Unit = Literal["line", "paragraph", "sentence"]
Ignorable = Literal["case", "digits", "punctuation"]

_LINE, _PARAGRAPH, _SENTENCE = range(3)
_KINDS: dict[Unit, int] = {"line": _LINE, "paragraph": _PARAGRAPH, "sentence": _SENTENCE}

LONGEST = (1 << 31) - 1
"""So many bytes a text may have: a unit's place is packed into 64 bits."""

OPENS = np.uint64(1 << 63)
"""The mark of a place whose unit is the first of its line."""

_STOP = np.uint64(0xFFFFFFFF)
_HIGH, _ONE = np.uint64(32), np.uint64(1)
_DIGIT, _BLANK = ord("0"), 32

Places = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 1, "C")]
"""A number or a place for each unit, written."""

Bounds = Annotated[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], types.UniTuple(Offsets.__metadata__[0], 2)]
"""For each unit the byte at which it begins, and the one behind its last."""


@dataclass(frozen=True)
class Units:
    """For each text: the `numbers` of its units (0: too short) and their `places` (`begins`, `stops`, `opens`), both
    list<uint64> in the order of the text; and how many bytes it has (int64)."""

    numbers: pa.Array
    places: pa.Array
    sizes: pa.Array


def units(column: pa.Array, unit: Unit, ignore: Collection[Ignorable], shortest: int = 1) -> Units:
    """The units of each text; one with fewer than `shortest` characters has the number 0. A null text has none.

    Raises: AskedWrong for a text of more than two gigabytes."""
    array = as_texts(column)
    data, offsets = valued_spans(array)
    if len(array) and np.diff(offsets).max() > LONGEST:
        raise AskedWrong(f"A text of more than {LONGEST:,} bytes is too long to be taken apart.", remedy="Drop it with `filter.length`.")
    counts = np.empty(len(array), np.int64)
    places = _units(data, offsets, classes(), _KINDS[unit], counts)
    ends = np.concatenate([[0], np.cumsum(counts)])
    within = np.repeat(offsets[:-1], counts)
    numbers = np.empty(len(places), np.uint64)
    _numbers(data, (within + begins(places), within + stops(places)), _folds(*sorted(ignore)), classes(), shortest, numbers)
    for row in np.flatnonzero(_changed(array, normalised(array, "NFC"))):
        some = slice(ends[row], ends[row + 1])
        numbers[some] = _normal(data[offsets[row] : offsets[row + 1]].tobytes(), places[some], ignore, shortest)
    return Units(_lists(ends, numbers), _lists(ends, places), pa.array(np.diff(offsets), pa.int64()))


def begins(places: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """The byte at which each unit begins."""
    return (places >> _HIGH & np.uint64(LONGEST)).astype(np.int64)


def stops(places: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """The byte behind each unit's last."""
    return (places & _STOP).astype(np.int64)


def opens(places: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Which units are the first of their line."""
    return places >= OPENS


def prepare() -> None:
    """Compile what `units` needs, before workers start."""
    _units.compile()
    _numbers.compile()


def _changed(array: pa.LargeStringArray, normal: pa.LargeStringArray) -> npt.NDArray[np.bool_]:
    return np.zeros(len(array), np.bool_) if normal is array else np.asarray(pc.fill_null(pc.not_equal(array, normal), False))


def _normal(text: bytes, places: npt.NDArray[np.uint64], ignore: Collection[Ignorable], shortest: int) -> npt.NDArray[np.uint64]:
    """The numbers of the units of a text that is not in the form NFC."""
    pieces = [text[begin:stop].decode() for begin, stop in zip(begins(places), stops(places), strict=True)]
    data, offsets = valued_spans(normalised(pa.array(pieces, pa.large_string()), "NFC"))
    numbers = np.empty(len(pieces), np.uint64)
    _numbers(data, (offsets[:-1].copy(), offsets[1:].copy()), _folds(*sorted(ignore)), classes(), shortest, numbers)
    return numbers


def _lists(ends: npt.NDArray[np.int64], values: npt.NDArray[np.uint64]) -> pa.Array:
    return pa.LargeListArray.from_arrays(pa.array(ends, pa.int64()), pa.array(values, pa.uint64()))


@cache
def _folds(*ignore: Ignorable) -> npt.NDArray[np.int32]:
    """For each code point the one that it counts as; −1: it does not count."""
    every = (chr(number) for number in range(sys.maxunicode + 1))
    return kept("-".join(["unit-folds", *ignore]), lambda: np.fromiter((_fold(one, ignore) for one in every), np.int32, sys.maxunicode + 1))


def _fold(one: str, ignore: Collection[Ignorable]) -> int:
    category = unicodedata.category(one)
    if "punctuation" in ignore and category[0] == "P":
        return -1
    if "digits" in ignore and category == "Nd":
        return _DIGIT
    return ord(one.lower()[0]) if "case" in ignore else ord(one)


@kernel
def _units(data: Bytes, offsets: Offsets, kinds: Bytes, unit: int, counts: Counted) -> Places:
    """The places of the units of all texts, one text behind the other."""
    places = np.empty(1024, np.uint64)
    filled = 0
    for row in range(len(counts)):
        text = data[offsets[row] : offsets[row + 1]]
        found = _places(text, kinds, unit, places[filled:])
        if filled + found > len(places):
            places = _longer(places, filled + found)
            _places(text, kinds, unit, places[filled:])
        counts[row] = found
        filled += found
    return places[:filled].copy()


@kernel
def _longer(old: Places, size: int) -> Places:
    new = np.empty(max(size, 2 * len(old)), np.uint64)
    for place in range(len(old)):  # as slices it would bring in what tells of shapes that do not fit, two seconds of compiling
        new[place] = old[place]
    return new


@kernel
def _places(data: Bytes, kinds: Bytes, unit: int, out: Places) -> int:
    return _sentences(data, kinds, out) if unit == _SENTENCE else _lines(data, kinds, unit, out)


@kernel
def _lines(data: Bytes, kinds: Bytes, unit: int, out: Places) -> int:
    """Write the lines or paragraphs of one text as far as there is room; how many there are. A line break is thought
    of behind the text's end."""
    at = count = line = begin = stop = before = 0
    inside, blank = False, True
    while at <= len(data):
        code, width = (int(np.int64(data[at])), 1) if at < len(data) else (NEWLINE, 1)
        if code >= 128:
            code, width = decode(data, at, len(data))
        kind = kinds[code]
        if not kind & SPACE:
            if not inside:
                begin, inside = line, True
            blank, stop = False, at + width
        elif kind & BREAK:
            if not (code == NEWLINE and before == CARRIAGE_RETURN):
                if inside and (unit == _LINE or blank or at == len(data)):
                    count, inside = _write(out, count, begin, stop, OPENS), False
                blank = True
            line = at + width
        before = code
        at += width
    return count


@kernel
def _sentences(data: Bytes, kinds: Bytes, out: Places) -> int:
    """The same of sentences."""
    at = count = line = begin = stop = before = piece = 0
    state, mark = GOING_ON, OPENS
    inside, lettered = False, False
    while at <= len(data):
        code, width = (int(np.int64(data[at])), 1) if at < len(data) else (NEWLINE, 1)
        if code >= 128:
            code, width = decode(data, at, len(data))
        kind = kinds[code]
        if kind & SPACE:
            state, piece = APART if state == MARKED else state, 0
            if kind & BREAK:
                count = _write(out, count, begin, stop, mark) if inside else count
                state, line, mark, inside, lettered = GOING_ON, at + width, OPENS, False, False
        else:
            state, over = follow(state, code, kind, kinds[before] if piece == 1 else 0)
            piece = 0 if kind & (ENDING | QUOTE) or code in OPENING_BRACKETS else piece + 1
            if over and lettered:
                count = _write(out, count, begin, stop, mark)
                mark, inside, lettered = NOTHING, False, False
            if not inside:
                begin, inside = line if mark == OPENS else at, True
            lettered = lettered or (kind & LETTER) != 0
            stop = at + width
        before = code
        at += width
    return count


@kernel
def _write(out: Places, count: int, begin: int, stop: int, mark: np.uint64) -> int:
    """Put a place behind the others, if there is room; how many there are now."""
    if count < len(out):
        out[count] = mark | np.uint64(begin) << _HIGH | np.uint64(stop)
    return count + 1


@kernel
def _numbers(data: Bytes, bounds: Bounds, fold: Folds, kinds: Bytes, shortest: int, numbers: Places) -> None:
    """For each unit the 64 bits of what stands between its bounds; 0 where that is too short."""
    for unit in range(len(numbers)):
        numbers[unit] = _number(data[bounds[0][unit] : bounds[1][unit]], fold, kinds, shortest)


@kernel
def _number(data: Bytes, fold: Folds, kinds: Bytes, shortest: int) -> np.uint64:
    at = size = last = 0
    key, gap, runs = FNV_START, False, fold[_DIGIT + 1] == _DIGIT
    while at < len(data):
        code, width = int(np.int64(data[at])), 1
        if code >= 128:
            code, width = decode(data, at, len(data))
        at += width
        one = fold[code]
        if kinds[code] & SPACE:
            gap = True
        elif one >= 0:
            if gap and size:
                key, size, last = (key ^ np.uint64(_BLANK)) * FNV_PRIME, size + 1, _BLANK
            gap = False
            if not (runs and one == _DIGIT and last == _DIGIT):
                key, size = (key ^ np.uint64(one)) * FNV_PRIME, size + 1
            last = one
    return max(stir(key), _ONE) if size and size >= shortest else NOTHING
