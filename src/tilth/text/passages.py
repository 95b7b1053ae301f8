"""Passages that are looked for in other texts: an index of the runs of words of many items.

An item is a question and, if there is one, its answer, each of one or more pieces of text. A piece of at least `words`
words gives every run of so many words; a shorter piece of a question is one run, from 5 words on. A short answer is no
passage: it is looked for only in the 100 words behind a passage of its own question, and only if it has two words, or one
of four bytes, and no other question has the same answer: so "yes" never counts.

Among n runs of an index and m of a corpus two different ones have the same 64 bits with a chance of n·m/2⁶⁴: one in
two thousand for a million and ten billion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.text import scan
from tilth.text.buffers import valued_spans
from tilth.text.kernel import Bytes, Offsets, kernel
from tilth.text.scan import LEAST, Hits, Sought, reach, table
from tilth.text.shingles import Folds, stir
from tilth.text.words import BEGIN, END, FULL, WEIGHT, letters, powers, read_words, run

SLIGHT = 4
"""A short answer of one word has at least so many bytes to be looked for."""

Numbers = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Passages:
    """The index. Unit 2·i is the question of item i, unit 2·i + 1 its answer. A run is owned by the units in which it stands:
    `owner_units[owner_begins[g] : owner_begins[g + 1]]`, where the words before it weigh `owner_firsts` and it `owner_hefts`.

    `words`: how long a run is; `gram_items`: how many different items have a run; `judged`: which units are looked for;
    `answer_words`: 0 for an item without a short answer; `short`: the words of a run that is shorter than the others, else 0."""

    words: Numbers
    owner_begins: Numbers
    owner_units: Numbers
    owner_firsts: Numbers
    owner_hefts: Numbers
    gram_items: Numbers
    judged: npt.NDArray[np.bool_]
    answer_keys: Keys
    answer_words: Numbers
    keys: Keys
    short: Numbers
    anchors: Keys

    @property
    def grams(self) -> int:
        """How many different runs there are."""
        return len(self.gram_items)

    @property
    def items(self) -> int:
        """How many items there are."""
        return len(self.answer_words)

    def save(self, folder: Path) -> None:
        """Write it, an array a file."""
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name))

    @classmethod
    def load(cls, folder: Path) -> Passages:
        """Read what `save` wrote."""
        return cls(**{field.name: np.load(folder / f"{field.name}.npy") for field in fields(cls)})

    def sought(self) -> Sought:
        """What the scan looks up."""
        words, shorts = int(self.words[0]), np.flatnonzero(self.short)
        long = np.flatnonzero(self.short == 0)
        anchors, which = np.unique(self.anchors[shorts], return_inverse=True)
        order = np.argsort(which, kind="stable")
        listed = np.stack([shorts[order], self.short[shorts][order]], axis=1)
        begins = np.searchsorted(which[order], np.arange(len(anchors) + 1)).astype(np.int64)
        tables: tuple[npt.NDArray[Any], ...] = (*table(self.keys[long], long), *table(anchors, np.arange(len(anchors))))
        answers = (self.answer_keys, self.answer_words)
        weights = np.array([FULL * words, FULL * min(LEAST, words)])
        more = (begins, listed, self.keys[shorts][order], self.owner_begins, self.owner_units, *answers, _powers(words), weights)
        return Sought(*(_fixed(array) for array in (*tables, *more)))


def passages(pieces: pa.Array, units: Numbers, items: int, words: int) -> Passages:
    """The index of pieces of text, each with the unit that it is of; units ascend."""
    data, offsets = valued_spans(pieces)
    told, known = np.zeros((len(pieces), 3), np.int64), np.zeros((len(pieces), 2), np.uint64)
    lines, keys = _runs(data, offsets, letters(), (words, _powers(words)), told, known)
    size, weight, width = told.T
    long, answer = weight >= FULL * words, units % 2 == 1
    sized = long | (~answer & (weight >= FULL * min(LEAST, words)))
    some = sized[lines[:, 0]]
    (piece, begin, heft, length), keys = lines[some].T, keys[some]
    grams, firsts, which = _numbered(keys)
    order = np.argsort(which, kind="stable")
    identity = _identities(units, known[:, 0], items)
    judged = np.zeros(2 * items, np.bool_)
    judged[units[sized]] = True
    one_piece = np.bincount(units, size > 0, 2 * items)[units] == 1
    alone = np.flatnonzero(answer & ~long & ((size > 1) | (width >= SLIGHT)) & one_piece)
    return Passages(
        words=np.array([words]),
        owner_begins=np.searchsorted(which[order], np.arange(len(grams) + 1)).astype(np.int64),
        owner_units=units[piece][order],
        owner_firsts=(_before(units, weight)[piece] + begin)[order],
        owner_hefts=heft[order],
        gram_items=_distinct(which, identity[units[piece] // 2], len(grams)),
        judged=judged,
        keys=grams,
        short=np.where(long[piece[firsts]], 0, length[firsts]),
        anchors=known[piece[firsts], 1],
        **_answers(units[alone] // 2, known[alone, 0], size[alone], identity),
    )


def _answers(item: Numbers, keys: Keys, words: Numbers, identity: Numbers) -> Mapping[str, Any]:
    """For each item the key and the words of its short answer; none where another question has the same one."""
    told_keys, told_words = np.zeros(len(identity), np.uint64), np.zeros(len(identity), np.int64)
    which = _numbered(keys)[2]
    own = _distinct(which, identity[item], len(which))[which] == 1
    told_keys[item[own]], told_words[item[own]] = keys[own], words[own]
    return {"answer_keys": told_keys, "answer_words": told_words}


def _powers(words: int) -> Keys:
    return powers(FULL * max(words, LEAST) + 1)


def _before(units: Numbers, size: Numbers) -> Numbers:
    """The sizes of earlier pieces of the same unit, together."""
    begins = np.cumsum(size) - size
    return np.asarray(begins - begins[np.searchsorted(units, units)])


def _numbered(keys: Keys) -> tuple[Keys, Numbers, Numbers]:
    """The different keys in the order in which they first occur, where that is, and for each key its number."""
    different, firsts, which = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(firsts)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return different[order], firsts[order], rank[which]


def _identities(units: Numbers, wholes: Keys, items: int) -> Numbers:
    """A number for each item, the same for items that ask the same in the same order of pieces."""
    asked = np.zeros(items, np.uint64)
    question = units % 2 == 0
    turn = 2 * _before(units, np.ones(len(units), np.int64)) + 1
    np.add.at(asked, units[question] // 2, (wholes * turn.astype(np.uint64))[question])
    return np.unique(asked, return_inverse=True)[1].astype(np.int64)


def _distinct(of: Numbers, values: Numbers, count: int) -> Numbers:
    """How many different values each of `count` numbers has."""
    pairs = np.unique(np.stack([of, values], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=count).astype(np.int64)


def _fixed(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    told = np.ascontiguousarray(array).view()
    told.flags.writeable = False
    return told


def prepare() -> None:
    """Compile what index and scan need, before workers start."""
    _runs.compile()
    scan.prepare()


Sized = Annotated[tuple[int, Keys], types.Tuple([types.int64, types.Array(types.uint64, 1, "C", readonly=True)])]
Pairs = Annotated[Keys, types.Array(types.uint64, 2, "C")]
Lines = Annotated[tuple[Numbers, Keys], types.Tuple([types.Array(types.int64, 2, "C"), types.Array(types.uint64, 1, "C")])]


@kernel
def _runs(data: Bytes, offsets: Offsets, fold: Folds, sized: Sized, told: Hits, known: Pairs) -> Lines:
    """For each run its piece, the weight of the words before it, its weight and its words; and its key. Of a short piece that
    is all of it. Tells of each piece its words, its weight and the bytes of its first word; its key, and that of its first words."""
    words, power = sized
    sums, places = np.empty(1024, np.uint64), np.empty((1024, 3), np.int32)
    lines, keys, filled = np.empty((1024, 4), np.int64), np.empty(1024, np.uint64), 0
    for piece in range(len(offsets) - 1):
        count, sums, places = read_words(data[offsets[piece] : offsets[piece + 1]], fold, sums, places)
        if count == 0:
            continue
        # One by one: a row that is written as a whole brings in what tells of shapes that do not fit, two seconds of compiling.
        told[piece, 0], told[piece, 1], told[piece, 2] = count, places[count, WEIGHT], places[0, END] - places[0, BEGIN]
        known[piece, 0] = stir(sums[count])
        anchor = reach(places, count, 0, 0, FULL * min(LEAST, words))
        known[piece, 1] = run(sums, 0, anchor, power) if anchor <= count else np.uint64(0)
        end = min(reach(places, count, 0, 0, FULL * words), count)
        begin = 0
        while end <= count:
            if filled == len(keys):
                lines, keys = np.concatenate((lines, lines)), np.concatenate((keys, keys))
            before = np.int64(places[begin, WEIGHT])
            lines[filled, 0], lines[filled, 1], lines[filled, 2], lines[filled, 3] = piece, before, places[end, WEIGHT] - before, end - begin
            keys[filled] = run(sums, begin, end, power)
            filled, begin = filled + 1, begin + 1
            end = reach(places, count, begin, end, FULL * words)
    return lines[:filled].copy(), keys[:filled].copy()
