"""How likely a text is to a model of runs of words, which was counted from reference texts (`tilth.text.ngram_counts`).

**Symbols.** A word is a run of letters, marks and numbers (categories L, M, N), in lower case (of each the first code
point of `str.lower()`), each decimal digit as 0. Every other character that is no white space is a word of its own, and
so is every letter of a script without spaces. Behind the last word of a text comes its end, which is a symbol as well.

**Probability.** That of a word w after a history h of up to `order` − 1 words is Witten and Bell's, interpolated:

    P(w | h) = (c(h w) + T(h) · P(w | h′)) / (c(h) + T(h))

c counts occurrences in the reference, T(h) is how many different words follow h there, and h′ is h without its first
word; a history that does not occur leaves P(w | h′). Under the empty history lies the spelling of the word: the
product of the probabilities of its characters and of its end, each after up to four characters before it, of a model of
the same kind that was counted from the different words of the reference, each once; and under that every code point
alike. So every text has a probability, those of all texts together are at most 1, and a word that the reference does not have is the
less likely the stranger it is spelled.

Sources: Witten and Bell 1991 (IEEE Transactions on Information Theory 37), in the interpolated form of Chen and
Goodman 1998 (TR-10-98), section 2.5.

**Measures.** `perplexity` is exp(−ln P / n), n being the words of the text and its end; at most 1e300.
`bits_per_character` is −log₂ P divided by the characters that are no white space. Both have five digits, to which
processors and mathematical libraries agree; both are null for a text without a word.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.text.buffers import present, valued_spans
from tilth.text.characters import SPACE, UNSPACED, classes, decode
from tilth.text.hashing import FNV_PRIME, FNV_START, NEXT, NOTHING
from tilth.text.kernel import Bytes, Offsets, kept, kernel
from tilth.text.shingles import folds, stir

SPELLING = 5
"""The order of the model of spelling."""

MOST = 5
"""The highest order of a model of words."""

CODES = 0x110000 + 1
"""The characters that a word may be spelled with, and its end."""

WHITE, ALONE = 1 << 21, 1 << 22
"""Marks of a character: it is white space; it is a word of its own."""
FOLDED = WHITE - 1

START, END = np.uint64(0x7C15F39CC0605CED), np.uint64(0x9E6C63D0676A9A99)
START_OF_WORD, END_OF_WORD = np.uint64(0x2545F4914F6CDD1D), np.uint64(0xD6E8FEB86659FD93)
"""The symbols before the first word of a text and behind its last, and those of the characters of a word. Any numbers would do."""

HIGH, LOW, ONE = np.uint64(32), np.uint64(0xFFFFFFFF), np.uint64(1)
LARGEST = 1e300

Symbols = Annotated[npt.NDArray[np.uint32], types.Array(types.uint32, 1, "C", readonly=True)]
"""For each code point the one that it counts as, and marks."""

Table = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 2, "C", readonly=True)]
"""A line for each run of symbols: its 64 bits, how often it occurs (of a single word: its place in `single`), and how often
it is followed by something, and by how many different symbols."""

Singles = Annotated[npt.NDArray[np.float64], types.Array(types.float64, 1, "C", readonly=True)]
Totals = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 1, "C", readonly=True)]
Scores = Annotated[npt.NDArray[np.float64], types.Array(types.float64, 2, "C")]
Keys = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 1, "C")]
Histories = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 2, "C")]
"""For each length the 64 bits of the last symbols, and by what they are followed."""


@dataclass(frozen=True)
class Ngrams:
    """A model that was counted. `single`: the probability of each known word after the empty history. `totals`: the
    order, the words counted and how many are different, the same of characters in the spelling."""

    table: npt.NDArray[np.uint64]
    single: npt.NDArray[np.float64]
    totals: npt.NDArray[np.int64]

    def write(self, folder: Path) -> None:
        """Write it, as the same bytes for the same counts."""
        np.save(folder / "table.npy", self.table)
        np.save(folder / "single.npy", self.single)
        (folder / "totals.json").write_text(json.dumps(self.totals.tolist()) + "\n")


@cache
def load(folder: Path) -> Ngrams:
    """The model in a folder; what processes share is mapped, not read."""
    totals = np.array(json.loads((folder / "totals.json").read_text()), np.int64)
    table, single = (np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in ("table", "single"))
    return Ngrams(table, single, totals)


@cache
def symbols() -> npt.NDArray[np.uint32]:
    """For each code point the one that it counts as, and its marks."""
    return kept("symbols", _symbols)


def _symbols() -> npt.NDArray[np.uint32]:
    table = np.arange(0x110000, dtype=np.uint32)
    within = folds() > 0
    table[within] = folds()[within].astype(np.uint32)
    table[[code for code in range(0x110000) if unicodedata.category(chr(code)) == "Nd"]] = ord("0")
    table[~within | ((classes() & UNSPACED) != 0)] |= ALONE
    table[(classes() & SPACE) != 0] |= WHITE
    return table


def likelihood(model: Ngrams, column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of each text."""
    data, offsets = valued_spans(column)
    scores = np.zeros((len(column), 3), np.float64)
    _likelihood(data, offsets, (symbols(), model.table, model.single, model.totals), scores)
    nats, words, characters = scores.T
    judged = present(column) & (words > 0)
    perplexity = np.exp(np.minimum(nats / (words + 1), np.log(LARGEST)))
    bits = nats / np.log(2) / np.maximum(characters, 1)
    told = {"perplexity": np.minimum(perplexity, LARGEST), "bits_per_character": bits}
    return {name: pa.array(five_digits(values), pa.float64(), mask=~judged) for name, values in told.items()}


def five_digits(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Numbers rounded to five significant digits."""
    return np.array([float(f"{value:.5g}") for value in values.tolist()], np.float64)


def prepare() -> None:
    """Compile what `likelihood` needs, before workers start."""
    symbols()
    _likelihood.compile()


Model = Annotated[
    tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint64], npt.NDArray[np.float64], npt.NDArray[np.int64]],
    types.Tuple([Symbols.__metadata__[0], Table.__metadata__[0], Singles.__metadata__[0], Totals.__metadata__[0]]),
]


@kernel
def _likelihood(data: Bytes, offsets: Offsets, model: Model, scores: Scores) -> None:
    """For each text −ln P, its words, and its characters that are no white space."""
    marks, table, single, totals = model
    words, letters = np.empty((2, MOST), np.uint64), np.empty((2, MOST), np.uint64)
    for row in range(len(scores)):
        text = data[offsets[row] : offsets[row + 1]]
        order, at, nats, count, characters = totals[0], 0, 0.0, 0, 0
        begin_history(words, order, START, table)
        going = True
        while going:
            begin, at, word, length = next_word(text, at, marks)
            going = length > 0
            slot = find(table, word)
            if table[slot, 0] == word:
                chance = single[table[slot, 1]]
            else:  # it was never counted, so the rest only multiplies what its spelling has
                nats += spelling(text[begin:at], marks, letters, table, totals)
                chance = totals[2] / (totals[1] + totals[2])
            nats -= np.log(after_history(words, order, slot, word, chance, table))
            count += going
            characters += length
        scores[row, 0], scores[row, 1], scores[row, 2] = nats, count, characters


@kernel
def next_word(data: Bytes, at: int, marks: Symbols) -> tuple[int, int, np.uint64, int]:
    """The next word from a place on: where it begins and stops, its 64 bits and its characters. Behind the last word: the end."""
    begin, length, word = at, 0, FNV_START
    while at < len(data):
        code, width = int(np.int64(data[at])), 1
        if code >= 128:
            code, width = decode(data, at, len(data))
        mark = marks[code]
        if mark & WHITE:
            if length:
                break
            begin = at = at + width
            continue
        if mark & ALONE and length:
            break
        word = (word ^ np.uint64(mark & FOLDED)) * FNV_PRIME
        length, at = length + 1, at + width
        if mark & ALONE:
            break
    return begin, at, (stir(word) if length else END), length


@kernel
def spelling(word: Bytes, marks: Symbols, letters: Histories, table: Table, totals: Totals) -> float:
    """−ln of the probability of the characters of a word and of its end. `letters`: room for a history."""
    begin_history(letters, SPELLING, START_OF_WORD, table)
    at, nats = 0, 0.0
    while at <= len(word):
        symbol, width = END_OF_WORD, 1
        if at < len(word):
            code, width = decode(word, at, len(word))
            symbol = letter(np.uint64(marks[code] & FOLDED))
        at += width
        slot = find(table, symbol)
        known = table[slot, 1] if table[slot, 0] == symbol else NOTHING
        lowest = (float(known) + totals[4] / CODES) / (totals[3] + totals[4])
        nats -= np.log(after_history(letters, SPELLING, slot, symbol, lowest, table))
    return nats


@kernel
def letter(code: np.uint64) -> np.uint64:
    """The symbol of a character, as no word has it."""
    return stir(code * NEXT + ONE)


@kernel
def begin_history(history: Histories, order: int, start: np.uint64, table: Table) -> None:
    """Nothing but beginnings: for each length the 64 bits of the history, and by what it is followed."""
    key = start
    for length in range(1, order):
        slot = find(table, key)
        history[0, length] = key
        history[1, length] = table[slot, 2] if table[slot, 0] == key else NOTHING
        key = stir(key * NEXT + start)


@kernel
def after_history(history: Histories, order: int, slot: int, symbol: np.uint64, chance: float, table: Table) -> float:
    """The probability of a symbol after a history, given that after the empty one, and the history that it makes."""
    key, followed = symbol, (table[slot, 2] if table[slot, 0] == symbol else NOTHING)
    for length in range(1, order):
        longer, stats = stir(history[0, length] * NEXT + symbol), history[1, length]
        history[0, length], history[1, length] = key, followed
        key, followed = longer, NOTHING
        if stats != NOTHING:
            slot = find(table, longer)
            there = table[slot, 0] == longer
            count, followed = (table[slot, 1], table[slot, 2]) if there else (NOTHING, NOTHING)
            total, kinds = float(stats >> HIGH), float(stats & LOW)
            chance = (float(count) + kinds * chance) / (total + kinds)
    return chance


@kernel
def find(table: Table, key: np.uint64) -> int:
    """The line of a key, or the empty one where it belongs (open addressing, one step at a time)."""
    mask = np.uint64(len(table) - 1)
    slot = key & mask
    while table[slot, 0] != NOTHING and table[slot, 0] != key:
        slot = (slot + ONE) & mask
    return int(slot)
