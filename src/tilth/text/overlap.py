"""How much of an item stands in a text: the share of its words that lie in runs of words which the text has too.

A run that is common says nothing: one that more than so many texts have, or more than so many different items (the wrapper
of a template). Its words count neither as found nor as what could be found, so a wrapper and the two words behind it, which
together are rare, are two words and not ten. A step scans
batch by batch, and asks `shares` of all hits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilth.text.passages import Numbers, Passages
from tilth.text.scan import COUNT, FIRST, GRAM, HEFT, LAST, OF, ROW, START, STOP

COMMON = 10
"""A run that more texts or items have says nothing, where nothing else is said (Brown et al. 2020, arXiv 2005.14165, appendix C:
13-grams found in more than 10 documents are ignored)."""


@dataclass(frozen=True)
class Shares:
    """How much of a unit (the question or the answer of an item) each text has, for those that have any of it.

    `share`: of the unit's words that may be found; `covered`: the weight of those that are (a word is `FULL`, a letter of a
    script without spaces half of it); `longest`, `fills`: the weight of the longest hit, and
    its share of the text; `pairs`: the hits that each line
    rests on, by the numbers of both."""

    row: Numbers
    unit: Numbers
    share: npt.NDArray[np.float64]
    covered: Numbers
    longest: Numbers
    fills: npt.NDArray[np.float64]
    pairs: Numbers


def rows_of(index: Passages, hits: Numbers) -> Numbers:
    """In how many texts each run stands. A run counts once for a text, however often it stands there."""
    every = index.grams + 1
    some = hits[hits[:, GRAM] < index.grams]
    begin = some[:, ROW] * every + some[:, GRAM]
    order = np.argsort(begin, kind="stable")
    begin, end = begin[order], (begin + some[:, COUNT])[order]
    reached = np.maximum.accumulate(end)
    begin[1:] = np.maximum(begin[1:], reached[:-1])
    new = begin < end
    steps = np.zeros(every + 1, np.int64)
    np.add.at(steps, begin[new] % every, 1)
    np.add.at(steps, (end[new] - 1) % every + 1, -1)
    return np.cumsum(steps)[: index.grams]


def counted(index: Passages, hits: Numbers, common: int) -> npt.NDArray[np.bool_]:
    """Which runs are not common."""
    return (rows_of(index, hits) <= common) & (index.gram_items <= common)


def shares(index: Passages, hits: Numbers, counts: npt.NDArray[np.bool_]) -> Shares:
    """How much of each unit stands in each text, by the runs that count; lines ascend by text and unit."""
    before = np.append(0, np.cumsum(counts))
    some = np.flatnonzero(hits[:, GRAM] < index.grams)
    gram, count = hits[some, GRAM], hits[some, COUNT]
    some = some[before[gram + count] > before[gram]]
    which, gram = _spread(hits[some, GRAM], hits[some, COUNT])
    which, gram = some[which][counts[gram]], gram[counts[gram]]
    owned, owner = _spread(index.owner_begins[gram], np.diff(index.owner_begins)[gram])
    hit, unit = which[owned], index.owner_units[owner]
    key = hits[hit, ROW] * (2 * index.items) + unit
    begin, length = index.owner_firsts[owner], index.owner_hefts[owner]
    order = np.lexsort((begin, key))
    own = _Own.of(index, counts)
    lines, starts, covered = own.covered(key[order], unit[order], (begin[order], length[order]))
    units = lines % max(2 * index.items, 1)
    longest = np.maximum.reduceat(hits[hit, HEFT][order], starts) if len(starts) else starts
    fills = np.maximum.reduceat((hits[hit, HEFT] / hits[hit, OF])[order], starts) if len(starts) else starts / 1
    line = np.searchsorted(lines, key)
    pairs = np.unique(np.stack([line, hit], axis=1), axis=0)
    able = findable(index, counts)[units]
    share = np.divide(covered, able, out=np.zeros(len(able)), where=able > 0)
    return Shares(lines // max(2 * index.items, 1), units, share, covered, longest, fills, pairs)


def findable(index: Passages, counts: npt.NDArray[np.bool_]) -> Numbers:
    """The weight of the words of each unit that lie in runs that count, and in none that is common."""
    some = np.repeat(counts, np.diff(index.owner_begins))
    unit, begin, length = index.owner_units[some], index.owner_firsts[some], index.owner_hefts[some]
    order = np.lexsort((begin, unit))
    lines, _, covered = _Own.of(index, counts).covered(unit[order], unit[order], (begin[order], length[order]))
    words = np.zeros(2 * index.items, np.int64)
    words[lines] = covered
    return words


def _spread(begins: Numbers, counts: Numbers) -> tuple[Numbers, Numbers]:
    """Every number of every range, and which range it is of."""
    which = np.repeat(np.arange(len(begins)), counts)
    place = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, begins[which] + place


@dataclass(frozen=True)
class _Own:
    """Which words of units lie in no common run: where each unit begins among all half-words, and how many of those before
    each are its own."""

    begins: Numbers
    before: Numbers

    @classmethod
    def of(cls, index: Passages, counts: npt.NDArray[np.bool_]) -> _Own:
        """By the runs that are not common."""
        ends = np.zeros(2 * index.items, np.int64)
        np.maximum.at(ends, index.owner_units, index.owner_firsts + index.owner_hefts)
        begins = np.append(0, np.cumsum(ends))
        common = np.repeat(~counts, np.diff(index.owner_begins))
        first = (begins[index.owner_units] + index.owner_firsts)[common]
        steps = np.zeros(begins[-1] + 1, np.int64)
        np.add.at(steps, first, 1)
        np.add.at(steps, first + index.owner_hefts[common], -1)
        return cls(begins, np.append(0, np.cumsum(np.cumsum(steps[:-1]) == 0)))

    def covered(self, key: Numbers, unit: Numbers, ranges: tuple[Numbers, Numbers]) -> tuple[Numbers, Numbers, Numbers]:
        """Of each key, where it begins among all, and the weight of the own words that its ranges cover. Keys ascend, and in
        each the beginnings and, since ranges are runs of about one length, the ends."""
        begin, length = ranges
        first = np.append(True, key[1:] != key[:-1])[: len(key)]
        reached = np.append(0, (begin + length)[:-1])[: len(key)]
        since = np.where(first, begin, np.maximum(begin, reached))
        new = self.before[self.begins[unit] + begin + length] - self.before[self.begins[unit] + since]
        starts = np.flatnonzero(first)
        return key[starts], starts, np.add.reduceat(new, starts) if len(starts) else starts


def spans(hits: Numbers, gap: int) -> list[tuple[int, int]]:
    """The bytes from which to which some hits of one text reach; those with at most `gap` words between them are one."""
    told: list[tuple[int, int, int]] = []
    for start, stop, first, last in sorted(hits[:, (START, STOP, FIRST, LAST)].tolist(), key=lambda one: (one[2], one[3])):
        if told and first - told[-1][2] <= gap + 1:
            begun, until, end = told[-1]
            told[-1] = (begun, max(until, stop), max(end, last))
        else:
            told.append((start, stop, last))
    return [(start, stop) for start, stop, _ in told]
