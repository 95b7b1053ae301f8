"""Counting a model of runs of words (`tilth.text.ngrams`) from texts. The counts depend on no order of the texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.errors import NothingLeft
from tilth.text.buffers import valued_spans
from tilth.text.characters import decode
from tilth.text.hashing import NEXT
from tilth.text.kernel import Bytes, Offsets, kernel
from tilth.text.ngrams import (
    END,
    END_OF_WORD,
    FOLDED,
    SPELLING,
    START,
    START_OF_WORD,
    Keys,
    Ngrams,
    Symbols,
    Table,
    find,
    letter,
    next_word,
    spelling,
    symbols,
)
from tilth.text.shingles import stir

Hashes = npt.NDArray[np.uint64]

Filled = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 2, "C")]
Places = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 2, "C")]
Chances = Annotated[npt.NDArray[np.float64], types.Array(types.float64, 1, "C")]
Totals = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 1, "C", readonly=True)]


@dataclass(frozen=True)
class _Counts:
    """The different runs of one length: their 64 bits, ascending, how often each occurs, and the run it goes on from."""

    keys: Hashes
    counts: npt.NDArray[np.int64]
    before: Hashes


def count(columns: Iterable[pa.Array], order: int) -> Ngrams:
    """The model of these texts. Raises NothingLeft where they have no word."""
    words, pieces = _words(columns)
    if not len(words):
        raise NothingLeft("The reference has no word, so that nothing can be learned from it.")
    runs = list(_runs(words, (START, END), order))
    spelled = _spelled(pieces)
    letters = list(_runs(spelled, (START_OF_WORD, END_OF_WORD), SPELLING))
    totals = np.array([order, len(words), len(runs[0].keys), len(spelled), len(letters[0].keys)], np.int64)
    numbered = _Counts(runs[0].keys, np.arange(len(runs[0].keys)), runs[0].before)
    table = _table([numbered, *runs[1:], *letters], [*runs[1:], *letters[1:]])
    return Ngrams(table, _singles(runs[0], pieces, table, totals), totals)


def _words(columns: Iterable[pa.Array]) -> tuple[Hashes, dict[int, bytes]]:
    """All words, an end behind each text that has one; and of the different ones one way to write each."""
    found: list[Hashes] = [np.empty(0, np.uint64)]
    pieces: dict[int, bytes] = {int(END): b""}
    for column in columns:
        data, offsets = valued_spans(column)
        room = int(offsets[-1] - offsets[0]) + len(column) if len(column) else 0
        keys, places = np.empty(room, np.uint64), np.empty((room, 2), np.int64)
        many = _list(data, offsets, symbols(), keys, places)
        found.append(keys[:many].copy())
        different, first = np.unique(keys[:many], return_index=True)
        for key, (begin, stop) in zip(different.tolist(), places[first].tolist(), strict=True):
            if key not in pieces:
                pieces[key] = data[begin:stop].tobytes()
    return np.concatenate(found), pieces


def _spelled(pieces: dict[int, bytes]) -> Hashes:
    """The characters of all different words, with an end behind each."""
    every = [pieces[key] for key in sorted(pieces)]
    data, offsets = valued_spans(pa.array(every, pa.large_binary()).cast(pa.large_string()))
    out = np.empty(sum(map(len, every)) + len(every), np.uint64)
    return out[: _letters(data, offsets, symbols(), out)].copy()


def _runs(stream: Hashes, ends: tuple[np.uint64, np.uint64], order: int) -> Iterator[_Counts]:
    """The runs of each length up to `order` in symbols of which each text begins and stops with those of `ends`."""
    keys, counts = np.unique(stream, return_counts=True)
    yield _Counts(keys, counts, np.empty(0, np.uint64))
    shorter = stream
    for length in range(2, order + 1):
        run, before = np.empty_like(stream), np.empty_like(stream)
        _lengthen(stream, shorter, (_beginnings(ends[0], length - 1), ends[1]), (run, before))
        keys, first, counts = np.unique(run, return_index=True, return_counts=True)
        yield _Counts(keys, counts, before[first])
        shorter = run


def _table(runs: list[_Counts], longer: list[_Counts]) -> Hashes:
    """All runs in one table, at most three quarters full; behind each that others go on from how often, and with how many symbols."""
    histories, place = np.unique(np.concatenate([one.before for one in longer]), return_inverse=True)
    total = np.bincount(place, np.concatenate([one.counts for one in longer]), len(histories)).astype(np.uint64)
    kinds = np.bincount(place, minlength=len(histories)).astype(np.uint64)
    keys = np.union1d(np.concatenate([one.keys for one in runs]), histories)
    lines = np.zeros((len(keys), 3), np.uint64)
    lines[:, 0] = keys
    for one in runs:
        lines[np.searchsorted(keys, one.keys), 1] = one.counts
    lines[np.searchsorted(keys, histories), 2] = total << np.uint64(32) | kinds
    table = np.zeros((1 << max(4, (4 * len(keys) // 3).bit_length()), 3), np.uint64)
    _insert(lines, table)
    return table


def _singles(words: _Counts, pieces: dict[int, bytes], table: Hashes, totals: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The probability of each word after the empty history."""
    data, offsets = valued_spans(pa.array([pieces[key] for key in words.keys.tolist()], pa.large_binary()).cast(pa.large_string()))
    spelled = np.empty(len(words.keys), np.float64)
    _spellings(data, offsets, symbols(), table, (totals, spelled))
    different = len(words.keys)
    chances: npt.NDArray[np.float64] = (words.counts + different * np.exp(-spelled)) / (totals[1] + different)
    return chances


def prepare() -> None:
    """Compile what `count` needs."""
    for one in (_list, _letters, _lengthen, _beginnings, _insert, _spellings):
        one.compile()


@kernel
def _list(data: Bytes, offsets: Offsets, marks: Symbols, keys: Keys, places: Places) -> int:
    found = 0
    for row in range(len(offsets) - 1):
        at, length, first = 0, 1, found
        while length > 0:
            begin, at, keys[found], length = next_word(data[offsets[row] : offsets[row + 1]], at, marks)
            places[found, 0], places[found, 1] = offsets[row] + begin, offsets[row] + at
            found += 1
        found -= found == first + 1  # a text without a word is none
    return found


@kernel
def _letters(data: Bytes, offsets: Offsets, marks: Symbols, out: Keys) -> int:
    found = 0
    for row in range(len(offsets) - 1):
        at = offsets[row]
        while at < offsets[row + 1]:
            code, width = decode(data, at, offsets[row + 1])
            out[found] = letter(np.uint64(marks[code] & FOLDED))
            found, at = found + 1, at + width
        out[found] = END_OF_WORD
        found += 1
    return found


Pair = Annotated[tuple[Hashes, Hashes], types.UniTuple(types.Array(types.uint64, 1, "C"), 2)]
Ended = Annotated[tuple[np.uint64, np.uint64], types.UniTuple(types.uint64, 2)]
Symbol = Annotated[np.uint64, types.uint64]


@kernel
def _lengthen(stream: Keys, shorter: Keys, ends: Ended, out: Pair) -> None:
    """Write for each symbol the run that ends with it, and the run before it."""
    run, before = out
    beginning, end = ends
    history = beginning
    for place in range(len(stream)):
        before[place] = history
        run[place] = stir(history * NEXT + stream[place])
        history = beginning if stream[place] == end else shorter[place]


@kernel
def _beginnings(start: Symbol, length: int) -> Symbol:
    """The 64 bits of so many beginnings in a row."""
    key = start
    for _ in range(length - 1):
        key = stir(key * NEXT + start)
    return key


@kernel
def _insert(lines: Table, table: Filled) -> None:
    for place in range(len(lines)):
        table[find(table, lines[place, 0])] = lines[place]


Spelled = Annotated[
    tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]],
    types.Tuple([Totals.__metadata__[0], Chances.__metadata__[0]]),
]


@kernel
def _spellings(data: Bytes, offsets: Offsets, marks: Symbols, table: Table, spelled: Spelled) -> None:
    totals, chances = spelled
    letters = np.empty((2, SPELLING), np.uint64)
    for row in range(len(chances)):
        chances[row] = spelling(data[offsets[row] : offsets[row + 1]], marks, letters, table, totals)
