"""Runs of N words that come again, counted in each way that a tool counts them.

For each N from 2 to 10 a text has `columns` of whole numbers, at `place(N, column)`:

- `OFTEN`, `WHERE`, `SIZE`: of the most frequent run, and of equally frequent ones the first: how often it occurs, the word
  at which it does first (−1: there is no run), and the characters of its words. `LONGEST`: the most characters of a run
  that occurs as often.
- `GREEDY`: from the first word on, a run that has been met adds its words' characters and is stepped over; any other is
  remembered and one step is taken.
- `UNION`: the characters of the words that belong to any run that occurs more than once.
- `REPEATED` and `TOTAL`: the characters of all runs that occur more than once, and of all runs.
- `SECOND`: every run that has occurred before adds the characters of its words, and the spaces between them, that the
  last such run has not added.

`OFTEN` to `LONGEST` are told of 2 to 4 words, the others of 5 to 10, as Gopher asks.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
from numba.core import types

from tilth.text.hashing import NEXT, NOTHING
from tilth.text.kernel import Bytes, Counts, Offsets, kernel
from tilth.text.pieces import Described, Spans
from tilth.text.shingles import Counted, Hashes, stir

OFTEN, WHERE, SIZE, LONGEST = 0, 1, 2, 3
GREEDY, UNION, REPEATED, TOTAL, SECOND = 0, 1, 2, 3, 4
COLUMNS = 5
SHORTEST, TOP, LAST = 2, 4, 10
SPACE = 32

Known = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 1, "C", readonly=True)]
"""Sixty-four bits each, read."""

_Bits = npt.NDArray[np.uint64]
_Numbers = npt.NDArray[np.int64]
Scratch = tuple[_Bits, _Bits, _Numbers, _Numbers, _Numbers, _Numbers]
"""The hashes of runs, the slots and owners of a table of them, and for each run its number, its count and a mark."""


def place(length: int, column: int) -> int:
    """Where a number about runs of so many words stands."""
    return (length - SHORTEST) * COLUMNS + column


def runs(words: Described, *, joined: bool = False) -> npt.NDArray[np.int64]:
    """The columns of each row. `joined`: two runs of 5 or more words are the same if their characters are, so that
    "ab c" is "a bc"."""
    totals = np.zeros((len(words.spans.rows) - 1, place(LAST, COLUMNS)), np.int64)
    _runs(words.hashes, words.lengths, words.spans.rows, int(joined), totals)
    return totals


def occurrences(words: Spans, texts: Spans, wheres: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    """How often `str.count` finds in each text its run of words, with one space between them, that begins at the word `wheres`
    (−1: none)."""
    found = np.zeros(len(wheres), np.int64)
    _occur(words.data, words.bounds, words.rows, texts.bounds, wheres, length, found)
    return found


def prepare() -> None:
    """Compile what stands here, before workers start."""
    _runs.compile()
    _occur.compile()


@kernel
def _runs(hashes: Known, lengths: Offsets, rows: Offsets, joined: int, totals: Counts) -> None:
    most = 1
    for row in range(len(totals)):
        most = max(most, rows[row + 1] - rows[row])
    width = 16
    while width < 2 * most:
        width *= 2
    grams, keys, owners = np.empty(most, np.uint64), np.empty(width, np.uint64), np.empty(width, np.int64)
    ids, counts, marks = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    for row in range(len(totals)):
        first, last = rows[row], rows[row + 1]
        _row(hashes[first:last], lengths[first:last], joined, totals[row], (grams, keys, owners, ids, counts, marks))


@kernel
def _row(hashes: Known, lengths: Offsets, joined: int, total: Counted, scratch: Scratch) -> None:
    grams, keys, owners, ids, counts, marks = scratch
    count, again = len(hashes), True
    for length in range(SHORTEST, LAST + 1):
        together = int(joined and length > TOP)
        _extend(grams, hashes, lengths, length, together, int(length == SHORTEST or (joined and length == TOP + 1)))
        many = max(count - length + 1, 0)
        if again or together:  # where no run of n words comes again, no longer one does
            again = _number(grams, many, keys, owners, ids, counts)
        else:
            for one in range(many):
                ids[one], counts[one] = one, 1
        at = (length - SHORTEST) * COLUMNS
        if length <= TOP:
            _top(ids, counts, lengths, length, many, total[at : at + COLUMNS])
        else:
            _duplicates(ids, counts, marks, lengths, length, many, total[at : at + COLUMNS])


@kernel
def _extend(grams: Hashes, hashes: Known, lengths: Offsets, length: int, together: int, anew: int) -> None:
    """The hash of the run of so many words at each place: from that of the run one word shorter, or from the words."""
    for place in range(len(hashes) - length + 1):
        if anew:
            grams[place] = NOTHING
        for word in range(place if anew else place + length - 1, place + length):
            if together:
                grams[place] = grams[place] * _power(lengths[word]) + hashes[word]
            else:
                grams[place] = grams[place] * NEXT + stir(hashes[word])


@kernel
def _power(length: int) -> np.uint64:
    """By what the hash of a text is multiplied when so many characters are put behind it."""
    power, base, left = np.uint64(1), NEXT, length
    while left:
        if left & 1:
            power *= base
        base *= base
        left >>= 1
    return power


@kernel
def _number(grams: Known, count: int, keys: Hashes, owners: Counted, ids: Counted, counts: Counted) -> bool:
    """For each run the place at which the same run occurs first, and there, how often it does; whether any does twice."""
    width, twice = 16, False
    while width < 2 * count:
        width *= 2
    keys[:width] = NOTHING
    for place in range(count):
        key = max(grams[place], np.uint64(1))  # zero marks an empty slot
        slot = int(np.int64(stir(key) & np.uint64(width - 1)))
        while keys[slot] != NOTHING and keys[slot] != key:
            slot = (slot + 1) & (width - 1)
        if keys[slot] == key:
            ids[place] = owners[slot]
            counts[owners[slot]] += 1
            twice = True
        else:
            keys[slot], owners[slot], ids[place], counts[place] = key, place, place, 1
    return twice


@kernel
def _size(lengths: Offsets, place: int, length: int) -> int:
    size = 0
    for word in range(place, place + length):
        size += lengths[word]
    return size


@kernel
def _top(ids: Counted, counts: Counted, lengths: Offsets, length: int, many: int, told: Counted) -> None:
    best, most, longest = -1, 0, 0
    for place in range(many):
        if ids[place] == place and counts[place] > most:
            best, most = place, counts[place]
    for place in range(many):
        if ids[place] == place and counts[place] == most:
            longest = max(longest, _size(lengths, place, length))
    told[OFTEN], told[WHERE], told[LONGEST] = most, best, longest
    told[SIZE] = _size(lengths, best, length) if best >= 0 else 0


@kernel
def _duplicates(ids: Counted, counts: Counted, marks: Counted, lengths: Offsets, length: int, many: int, told: Counted) -> None:
    beyond = over = overlap = 0
    for place in range(many):
        marks[place] = 0
    for place in range(many):
        size, first = _size(lengths, place, length), ids[place]
        told[TOTAL] += size
        if counts[first] > 1:
            told[REPEATED] += size
            for word in range(max(place, over), place + length):
                told[UNION] += lengths[word]
            over = place + length
        if first != place:
            for word in range(place + overlap, place + length):
                told[SECOND] += lengths[word]
            told[SECOND] += min(length - overlap, length - 1)
            overlap = length
        overlap = max(overlap - 1, 0)
        if place >= beyond:
            if marks[first]:
                told[GREEDY] += size
                beyond = place + length
            marks[first] = 1


@kernel
def _occur(data: Bytes, words: Counts, rows: Offsets, texts: Counts, wheres: Offsets, length: int, found: Counted) -> None:
    run = np.empty(16, np.uint8)
    for row in range(len(wheres)):
        if wheres[row] < 0:
            continue
        first = rows[row] + wheres[row]
        size = length - 1
        for word in range(first, first + length):
            size += words[word, 1] - words[word, 0]
        if size > len(run):
            run = np.empty(2 * size, np.uint8)
        filled = 0
        for word in range(first, first + length):
            if word > first:
                run[filled] = SPACE
                filled += 1
            for byte in data[words[word, 0] : words[word, 1]]:
                run[filled] = byte
                filled += 1
        found[row] = _count(data[texts[row, 0] : texts[row, 1]], run[:size])


@kernel
def _count(data: Bytes, run: Bytes) -> int:
    """How often the run stands in the text, none overlapping."""
    found = at = 0
    while at + len(run) <= len(data):
        same = 0
        while same < len(run) and data[at + same] == run[same]:
            same += 1
        if same == len(run):
            found += 1
            at += len(run)
        else:
            at += 1
    return found
