"""How much of a text says again what it has said: paragraphs, lines, and runs of words.

- Words and lines are those of `walk`: pieces between white space, and lines that are not blank. A
  paragraph is a run of lines with no blank line between them. Its characters, and a line's, count from the
  first to the last that is no white space.
- Two lines, or two paragraphs, are the same when they have the same words in the same order.
- A line or paragraph is a duplicate from its second occurrence on. `duplicate_lines` is the share of the
  lines, `duplicate_line_characters` the characters of the duplicates divided by all characters of the text.
  `repeated_line_characters` divides them by the characters that are no line breaks, as FineWeb does.
- `top_N_gram` (2 to 4): of all runs of N words the most frequent one, and of equally frequent ones the one
  that occurs first; the characters that its occurrences cover, with one space between their words, divided
  by all characters. A character covered by two occurrences that overlap counts once, so this is never
  above 1. A run that occurs once repeats nothing: 0.
- `duplicate_N_grams` (5 to 10): going through the words from the first, a run of N words that has been met
  adds its words' characters and is stepped over; any other is remembered and one step is taken. The sum is
  divided by all characters.

A text with fewer words than N has no such run: 0. Measures of runs are null, not judged, where `words` is
(scripts without spaces), and every measure is null where there is no word at all.

The definitions are Gopher's (Rae et al. 2021, arXiv 2112.11446, table A1), and of `repeated_line_characters`
FineWeb's (Penedo et al. 2024, arXiv 2406.17557), as datatrove reads them, but for whitespace words and what is
plainly amiss there: a top run that occurs once is not repetition, overlapping occurrences make shares above 1,
an empty piece before a first newline is no line, CR LF ends a line like LF, lines that differ in white space alone
are the same, and a run is a sequence of words, so that "ab c" is not "a bc".

A run is known by 64 bits: FNV-1a over a word's characters, stirred, and a polynomial over the words. Among m
different runs of one text, two have the same 64 bits with a chance of m²/2⁶⁵: one in ten million for a text
of two million words, and then one share of one text is off by one run. Nothing depends on Python's hash.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.text.buffers import present, share, spans
from tilth.text.characters import BREAK, LETTER, SPACE, UNSPACED, classes, decode
from tilth.text.hashing import FNV_PRIME, FNV_START, HALF, NEXT, NOTHING, STIR
from tilth.text.kernel import Bytes, Counts, Offsets, kernel

TOP = (2, 3, 4)
DUPLICATE = (5, 6, 7, 8, 9, 10)
LONGEST = DUPLICATE[-1]
SEGMENTS = (
    "duplicate_paragraphs",
    "duplicate_paragraph_characters",
    "duplicate_lines",
    "duplicate_line_characters",
    "repeated_line_characters",
)
GRAMS = {n: f"top_{n}_gram" for n in TOP} | {n: f"duplicate_{n}_grams" for n in DUPLICATE}

Words = npt.NDArray[np.uint64]
Pieces = tuple[Words, npt.NDArray[np.int64]]
"""For each piece of a text (word, line, paragraph) 64 bits that tell it from others, and its characters."""

CARRIAGE_RETURN, NEWLINE = 13, 10
ONE = np.uint64(1)


def repetition(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of each text, by name, as shares of its characters, lines or paragraphs."""
    data, offsets = spans(column)
    totals = np.zeros((len(column), 9 + LONGEST + 1), np.int64)
    _repetition(data, offsets, classes(), totals)
    characters, words, paragraphs, lines, *duplicates, within = totals[:, :9].T
    there = present(column)
    spaced = there & (words >= 0)
    some = there & (lines > 0)
    wholes = (paragraphs, characters, lines, characters, within)
    parts = (*duplicates, duplicates[-1])
    measures = {name: share(part, whole, some) for name, part, whole in zip(SEGMENTS, parts, wholes, strict=True)}
    runs = {name: share(totals[:, 9 + n], characters, spaced & some) for n, name in GRAMS.items()}
    return measures | runs


def prepare() -> None:
    """Compile what `repetition` needs, before workers start."""
    _repetition.compile()


@kernel
def _repetition(data: Bytes, offsets: Offsets, kinds: Bytes, totals: Counts) -> None:
    """For each text: characters, words (−1: not judged), paragraphs, lines, then characters or pieces that repeat,
    the characters that are no line breaks, and what runs of words cover."""
    room = 1
    for row in range(len(totals)):  # between two words there is at least one byte
        room = max(room, (offsets[row + 1] - offsets[row]) // 2 + 1)
    words, places, pieces = _pieces(room), _pieces(room), _pieces(room)
    table = np.empty((3, 1024), np.uint64)
    for row in range(len(totals)):
        total = totals[row]
        count = _split(data[offsets[row] : offsets[row + 1]], kinds, words, places, total)
        table = _wide_enough(table, count)
        total[2] = _join(words, places, count, 2, pieces)
        total[4], total[5] = _segments(pieces, total[2], table[0])
        total[3] = _join(words, places, count, 1, pieces)
        total[6], total[7] = _segments(pieces, total[3], table[0])
        _runs(words, total[1], table, total[9:])


@kernel
def _pieces(room: int) -> Pieces:
    return np.empty(room, np.uint64), np.empty(room, np.int64)


@kernel
def _wide_enough(table: Words, count: int) -> Words:
    """A table in which so many entries fill no more than half of the slots; their number is a power of two."""
    width = table.shape[1]
    while width < 2 * count:
        width *= 2
    return table if width == table.shape[1] else np.empty((3, width), np.uint64)


@kernel
def _split(data: Bytes, kinds: Bytes, words: Pieces, places: Pieces, total: Counts) -> int:
    """Find the words of a text, and for each how many line breaks stand before it and at which character it
    begins. A line break is thought of behind the text's end, to close the last word."""
    found = at = characters = letters = unspaced = before = ends = 0
    breaks, one = NOTHING, FNV_START
    in_word = False
    while at <= len(data):
        code, width = (int(np.int64(data[at])), 1) if at < len(data) else (NEWLINE, 1)
        if code >= 128:
            code, width = decode(data, at, len(data))
        kind = kinds[code]
        if kind & SPACE:
            if in_word:
                words[0][found], words[1][found] = _stir(one), characters - places[1][found]
                found, in_word = found + 1, False
            if kind & BREAK:
                ends += 1
                breaks += np.uint64(not (code == NEWLINE and before == CARRIAGE_RETURN))
        else:
            if not in_word:
                places[0][found], places[1][found] = breaks, characters
                in_word, breaks, one = True, NOTHING, FNV_START
            one = (one ^ np.uint64(code)) * FNV_PRIME
            letters += (kind & LETTER) != 0
            unspaced += (kind & UNSPACED) != 0
        before = code
        characters += 1
        at += width
    total[0], total[1], total[8] = characters - 1, found if 2 * unspaced <= letters else -1, characters - ends
    return found


@kernel
def _join(words: Pieces, places: Pieces, count: int, breaks: int, pieces: Pieces) -> int:
    """Join words to the pieces that at least so many line breaks set apart: 1 for lines, 2 for paragraphs."""
    found, start = 0, 0
    for word in range(count):
        if word == 0 or places[0][word] >= np.uint64(breaks):
            found, start = found + 1, places[1][word]
            pieces[0][found - 1] = NOTHING
        pieces[0][found - 1] = pieces[0][found - 1] * NEXT + words[0][word]
        pieces[1][found - 1] = places[1][word] + words[1][word] - start
    return found


@kernel
def _stir(word: np.uint64) -> np.uint64:
    """Let every bit of a word's hash depend on its high bits too."""
    word = (word ^ word >> HALF) * STIR
    return word ^ word >> HALF


@kernel
def _slot(keys: Words, mask: np.uint64, key: np.uint64) -> np.uint64:
    """Where a key stands, or the empty slot where it belongs (open addressing, one step at a time)."""
    slot = _stir(key) & mask
    while keys[slot] != NOTHING and keys[slot] != key:
        slot = (slot + ONE) & mask
    return slot


@kernel
def _cleared(keys: Words, count: int) -> np.uint64:
    """Empty as many slots as so many entries need, and tell the mask that stays within them."""
    width = 16
    while width < 2 * count:
        width *= 2
    keys[:width] = NOTHING
    return np.uint64(width - 1)


@kernel
def _segments(pieces: Pieces, count: int, keys: Words) -> tuple[int, int]:
    """How many of the lines or paragraphs have occurred before, and how many characters those have."""
    mask = _cleared(keys, count)
    repeated = characters = 0
    for place in range(count):
        key = max(pieces[0][place], ONE)  # zero marks an empty slot
        slot = _slot(keys, mask, key)
        if keys[slot] == key:
            repeated, characters = repeated + 1, characters + pieces[1][place]
        keys[slot] = key
    return repeated, characters


@kernel
def _runs(words: Pieces, count: int, table: Words, covered: Counts) -> None:
    """The characters of repeated runs of 2 to 10 words. Where no run of n words repeats, no longer one does."""
    grams = words[0][: max(count, 0)].copy()
    for length in range(2, LONGEST + 1):
        runs = count - length + 1
        for place in range(runs):
            grams[place] = max(grams[place] * NEXT + words[0][place + length - 1], ONE)
        if length <= TOP[-1]:
            covered[length] = _top(grams[: max(runs, 0)], words[1], length, table)
        else:
            covered[length] = _duplicates(grams[: max(runs, 0)], words[1], length, table[0])
        if covered[length] == 0:
            return


@kernel
def _top(grams: Words, lengths: Counts, length: int, table: Words) -> int:
    """The characters that the most frequent run covers, 0 if it occurs once."""
    keys, counts, firsts = table[0], table[1], table[2]
    mask = _cleared(keys, len(grams))
    best, most, first = NOTHING, ONE, NOTHING
    for place in range(len(grams)):
        slot = _slot(keys, mask, grams[place])
        if keys[slot] == NOTHING:
            keys[slot], counts[slot], firsts[slot] = grams[place], ONE, np.uint64(place)
            continue
        counts[slot] += ONE
        if counts[slot] > most or (counts[slot] == most and firsts[slot] < first):
            best, most, first = grams[place], counts[slot], firsts[slot]
    return _cover(grams, lengths, length, best)


@kernel
def _cover(grams: Words, lengths: Counts, length: int, run: np.uint64) -> int:
    """The characters of all occurrences of a run, with a space between two of its words, each counted once."""
    covered = 0
    beyond = -1  # the word behind the last one covered; −1: none yet
    for place in range(len(grams)):
        if grams[place] != run:
            continue
        start = max(place, beyond)
        for word in range(start, place + length):
            covered += lengths[word] + (word > place)
        beyond = place + length
    return covered


@kernel
def _duplicates(grams: Words, lengths: Counts, length: int, keys: Words) -> int:
    """The characters of the words of runs met before, each run stepped over as a whole."""
    mask = _cleared(keys, len(grams))
    covered = place = 0
    while place < len(grams):
        slot = _slot(keys, mask, grams[place])
        if keys[slot] == grams[place]:
            for word in range(place, place + length):
                covered += lengths[word]
            place += length
        else:
            keys[slot] = grams[place]
            place += 1
    return covered
