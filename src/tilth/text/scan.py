"""Runs of words that are looked up while a text is read once.

A sieve of bits answers for nearly every word at once; what passes it is looked up by all 64 bits. Runs that follow each
other in the text as they do in what is sought are one hit, so a copied page is a line and not hundreds.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.text.buffers import valued_spans
from tilth.text.hashing import NOTHING
from tilth.text.kernel import Bytes, Offsets, kernel
from tilth.text.neighbours import Known
from tilth.text.shingles import Counted, Folds, Hashes, stir
from tilth.text.words import BEGIN, END, WEIGHT, Places, letters, read_words, run

LEAST = 5
"""A piece of fewer words is not looked for."""

BEHIND = 100
"""A short answer is looked for in so many words behind its question."""

SHARED = 16
"""And only where at most so many pieces share the words of the question that were found: else every template would be
asked for every answer."""

ROW, GRAM, COUNT, START, STOP, FIRST, LAST, HEFT, OF = range(9)
"""The columns of hits: the number of the text; the first run that was found and how many follow it; the bytes and the
words of the text where they stand (`STOP` is behind, `LAST` is the last word); their weight and that of the text. From the number
of runs on, `GRAM` tells of a short answer: the number of runs and that of the item."""

PLACE = np.uint64(20)
"""Behind so many bits of a key are those that name its word of the sieve; the first 18 are the three bits in it."""

Hits = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 2, "C")]
"""A line for each hit, written."""

_SUMS, _PLACES = types.Array(types.uint64, 1, "C"), types.Array(types.int32, 2, "C")
Words = Annotated[tuple[int, npt.NDArray[np.uint64], npt.NDArray[np.int32]], types.Tuple([types.int64, _SUMS, _PLACES])]
"""How many words a text has, their prefix sums and their places."""


class Sought(NamedTuple):
    """What is looked up. The number of a key stands in the slot that its high bits name, or in the next ones.

    `slots`, `numbers`: runs of the length that is scanned for. `short_slots`, `short_numbers`: the first words of shorter runs;
    those of number i are `shorts[short_begins[i] : short_begins[i + 1]]`, each with its own number and words.
    `owner_units`: the units in which a run stands. `answer_words`: 0 for an item without a short answer."""

    sieve: npt.NDArray[np.uint64]
    slots: npt.NDArray[np.uint64]
    numbers: npt.NDArray[np.int64]
    short_sieve: npt.NDArray[np.uint64]
    short_slots: npt.NDArray[np.uint64]
    short_numbers: npt.NDArray[np.int64]
    short_begins: npt.NDArray[np.int64]
    shorts: npt.NDArray[np.int64]
    short_keys: npt.NDArray[np.uint64]
    owner_begins: npt.NDArray[np.int64]
    owner_units: npt.NDArray[np.int64]
    answer_keys: npt.NDArray[np.uint64]
    answer_words: npt.NDArray[np.int64]
    powers: npt.NDArray[np.uint64]
    weights: npt.NDArray[np.int64]


_KEYS, _NUMBERS = (types.Array(kind, 1, "C", readonly=True) for kind in (types.uint64, types.int64))
_LINES = types.Array(types.int64, 2, "C", readonly=True)
_SOUGHT = [*(_KEYS, _KEYS, _NUMBERS) * 2, _NUMBERS, _LINES, _KEYS, _NUMBERS, _NUMBERS, _KEYS, _NUMBERS, _KEYS, _NUMBERS]
Searched = Annotated[Sought, types.NamedTuple(_SOUGHT, Sought)]
From = Annotated[tuple[int, int, int], types.UniTuple(types.int64, 3)]
Passed = Annotated[tuple[int, int, np.uint64], types.Tuple([types.int64, types.int64, types.uint64])]
Run = Annotated[tuple[int, int, int, int], types.UniTuple(types.int64, 4)]
Found = Annotated[tuple[int, npt.NDArray[np.int64]], types.Tuple([types.int64, types.Array(types.int64, 2, "C")])]
"""How many hits there are, and where they were written."""


Table = tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.int64]]


def table(keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64]) -> Table:
    """A sieve with 8 to 16 bits a key, which lies in a processor's nearest memory as long as may be, and slots of which at most
    half are taken."""
    sieve = np.zeros(1 << max(4, int(len(keys) // 8).bit_length()), np.uint64)
    slots = np.zeros(1 << max(4, int(2 * len(keys)).bit_length()), np.uint64)
    told = np.full(len(slots), -1, np.int64)
    _fill(keys, numbers, sieve, slots, told)
    return sieve, slots, told


def scan(column: pa.Array, sought: Sought) -> npt.NDArray[np.int64]:
    """The hits, in the order of the texts; in each in the order of its words, short answers last."""
    data, offsets = valued_spans(column)
    return _scan(data, offsets, letters(), sought)


def prepare() -> None:
    """Compile what table and scan need, before workers start."""
    _fill.compile()
    _scan.compile()


@kernel
def _fill(keys: Known, told: Offsets, sieve: Hashes, slots: Hashes, numbers: Counted) -> None:
    for place in range(len(keys)):
        key = keys[place]
        sieve[np.int64(key >> PLACE) & (len(sieve) - 1)] |= three_bits(key)
        slot = np.int64(key >> np.uint64(32)) & (len(slots) - 1)
        while numbers[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot], numbers[slot] = key, told[place]


@kernel
def three_bits(key: np.uint64) -> np.uint64:
    """The bits of a key in its word of the sieve (a Bloom filter in blocks: Putze, Sanders, Singler 2007)."""
    one, six, low = np.uint64(1), np.uint64(6), np.uint64(63)
    return one << (key & low) | one << (key >> six & low) | one << (key >> six >> six & low)


@kernel
def _look(key: np.uint64, slots: Known, numbers: Offsets) -> int:
    """The number of a key, −1 where it is not sought."""
    slot = np.int64(key >> np.uint64(32)) & (len(slots) - 1)
    while numbers[slot] >= 0:
        if slots[slot] == key:
            return int(numbers[slot])
        slot = (slot + 1) & (len(slots) - 1)
    return -1


@kernel
def reach(places: Places, count: int, begin: int, end: int, weight: int) -> int:
    """Behind the last word of the shortest run from `begin` on that has this weight; above `count` where there is none.
    `end`: where to begin, at or before it."""
    while end <= count and places[end, WEIGHT] - places[begin, WEIGHT] < weight:
        end += 1
    return end


@kernel
def _scan(data: Bytes, offsets: Offsets, table: Folds, sought: Searched) -> Hits:
    sums, places = np.empty(1024, np.uint64), np.empty((1024, 3), np.int32)
    hits, filled = np.empty((1024, 9), np.int64), 0
    for row in range(len(offsets) - 1):
        count, sums, places = read_words(data[offsets[row] : offsets[row + 1]], table, sums, places)
        begun = filled
        filled, hits = _passages(row, (count, sums, places), sought, (filled, hits))
        if filled > begun:
            filled, hits = _answers(begun, (count, sums, places), sought, (filled, hits))
    return hits[:filled].copy()


@kernel
def _passages(row: int, words: Words, sought: Searched, found: Found) -> Found:
    """Write the runs that stand in one text: first those of the length that is scanned for, then shorter ones."""
    begun, after = found[0], (0, 0, NOTHING)
    while after[0] < words[0]:
        begin, end, key = _next(words, (after[0], after[1], sought.weights[0]), sought.sieve, sought.powers)
        number = _look(key, sought.slots, sought.numbers) if begin < words[0] else -1
        if number >= 0:
            found = _write((row, number, begin, end), words, sought.owner_begins, begun, found)
        after = (begin + 1, end, key)
    begun, after = found[0], (0 if len(sought.shorts) else words[0], 0, NOTHING)
    while after[0] < words[0]:
        begin, end, key = _next(words, (after[0], after[1], sought.weights[1]), sought.short_sieve, sought.powers)
        if begin < words[0]:
            found = _short((row, begin, end, begun), key, words, sought, found)
        after = (begin + 1, end, key)
    return found


@kernel
def _next(words: Words, at: From, sieve: Known, powers: Known) -> Passed:
    """The next run from a word on that passes the sieve, and its key; behind all words if there is none. `at`: the word, behind
    which word the run ends at the earliest, and the weight of runs."""
    count, sums, places = words
    begin, end, weight = at
    most = len(sieve) - 1
    while begin < count:
        before = places[begin, WEIGHT]
        while end <= count and places[end, WEIGHT] - before < weight:
            end += 1
        if end > count:
            break
        key = stir(sums[end] - sums[begin] * powers[end - begin])
        mask = three_bits(key)
        if sieve[np.int64(key >> PLACE) & most] & mask == mask:
            return begin, end, key
        begin += 1
    return count, end, NOTHING


@kernel
def _short(at: Run, key: np.uint64, words: Words, sought: Searched, found: Found) -> Found:
    """Write the shorter runs that begin with the words of this key, where the rest of them follows."""
    row, begin, _, begun = at
    count, sums, _ = words
    first = _look(key, sought.short_slots, sought.short_numbers)
    for short in range(sought.short_begins[first], sought.short_begins[first + 1]) if first >= 0 else range(0):
        last = begin + sought.shorts[short, 1]
        if last <= count and run(sums, begin, last, sought.powers) == sought.short_keys[short]:
            found = _write((row, sought.shorts[short, 0], begin, last), words, sought.owner_begins, begun, found)
    return found


@kernel
def _write(one: Run, words: Words, owners: Offsets, begun: int, found: Found) -> Found:
    """Write a run, or let the one before go on: where its next run comes next, and as many units have both."""
    row, gram, begin, end = one
    count, _, places = words
    filled, hits = found
    if filled > begun:
        before = hits[filled - 1]
        if before[GRAM] + before[COUNT] == gram and before[FIRST] + before[COUNT] == begin and _owned(owners, gram) == _owned(owners, gram - 1):
            before[COUNT] += 1
            before[STOP], before[LAST] = places[end - 1, END], end - 1
            before[HEFT] = places[end, WEIGHT] - places[before[FIRST], WEIGHT]
            return filled, hits
    if filled == len(hits):
        hits = np.concatenate((hits, hits))
    hit = hits[filled]  # written one by one: as a whole it brings in what tells of shapes that do not fit, two seconds of compiling
    hit[ROW], hit[GRAM], hit[COUNT], hit[START], hit[STOP] = row, gram, 1, places[begin, BEGIN], places[end - 1, END]
    hit[FIRST], hit[LAST], hit[HEFT], hit[OF] = begin, end - 1, places[end, WEIGHT] - places[begin, WEIGHT], places[count, WEIGHT]
    return filled + 1, hits


@kernel
def _owned(owners: Offsets, gram: int) -> int:
    return int(owners[gram + 1] - owners[gram]) if gram + 1 < len(owners) else -1


@kernel
def _answers(begun: int, words: Words, sought: Searched, found: Found) -> Found:
    """Write the short answers that stand behind the passages of their questions."""
    count, sums, _ = words
    filled, hits = found
    for hit in range(begun, filled):
        row, gram, behind = hits[hit, ROW], hits[hit, GRAM] + hits[hit, COUNT] - 1, hits[hit, LAST] + 1
        if _owned(sought.owner_begins, gram) > SHARED:
            continue
        for owner in range(sought.owner_begins[gram], sought.owner_begins[gram + 1]):
            item = sought.owner_units[owner] >> 1
            size = sought.answer_words[item] if sought.owner_units[owner] & 1 == 0 else 0
            for begin in range(behind, min(behind + BEHIND, count + 1) - size if size else behind):
                if run(sums, begin, begin + size, sought.powers) == sought.answer_keys[item]:
                    answer = (row, len(sought.owner_begins) - 1 + item, begin, begin + size)
                    filled, hits = _write(answer, words, sought.owner_begins, filled, (filled, hits))
                    break
    return filled, hits
