"""What of examples stands beyond each length: what a cut there would lose, counted for all lengths at once.

Every token has a place in its example, from 0. A cut at `length` loses those at `length` or further; so counting places once
answers for every length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.model.examples import Examples

Numbers = npt.NDArray[np.int64]

AT_ONCE = 1 << 22
"""Tokens that are looked at in one piece."""


@dataclass(frozen=True)
class Cut:
    """What cutting every row at a length would lose, the beginning being kept.

    `rows`: those that are longer; `terminators`: answers whose last token is lost, by which a model learns to stop; `emptied`: rows
    that had something to learn and keep none of it; `shortened`: rows that lose some of it; the other rows lose context only."""

    rows: int
    tokens: int
    learned: int
    terminators: int
    emptied: int
    shortened: int


@dataclass(frozen=True)
class Beyond:
    """How much there is, and how much of it a cut at each length would lose. Every array has the length as its index, from 0 up to
    that of the longest example, where it is 0."""

    rows: int
    tokens: int
    learned: int
    terminators: int
    lengths: Numbers
    _longer: Numbers
    _tokens: Numbers
    _learned: Numbers
    _terminators: Numbers
    _emptied: Numbers
    _losing: Numbers

    @property
    def longest(self) -> int:
        """The tokens of the longest example."""
        return len(self._longer) - 1

    def cut(self, length: int) -> Cut:
        """What a cut at this length would lose."""
        at = min(length, self.longest)
        emptied = int(self._emptied[at])
        return Cut(
            rows=int(self._longer[at]),
            tokens=int(self._tokens[at]),
            learned=int(self._learned[at]),
            terminators=int(self._terminators[at]),
            emptied=emptied,
            shortened=int(self._losing[at]) - emptied,
        )


def beyond(examples: Examples, together: int = 1) -> Beyond:
    """Count. `together`: so many examples next to each other are one row (2: preference pairs)."""
    lengths, answers = examples.lengths, examples.answers
    longest = int(lengths.max(initial=0))
    learned = np.zeros(longest + 1, np.int64)
    firsts, lasts = np.full(len(examples), -1, np.int64), np.full(len(examples), -1, np.int64)
    for owners, places in _learned(examples):
        learned += np.bincount(places, minlength=longest + 1)
        begins = np.flatnonzero(np.diff(owners, prepend=-1))
        firsts[owners[begins]] = places[begins]
        lasts[owners] = places  # places rise: the last one stays

    def rows(values: Numbers) -> Numbers:
        return _more(values.reshape(-1, together).max(1, initial=-1), longest)

    return Beyond(
        rows=len(examples) // together,
        tokens=int(lengths.sum()),
        learned=int(learned.sum()),
        terminators=len(answers),
        lengths=lengths,
        _longer=rows(lengths),
        _tokens=_from(_more(lengths, longest)),
        _learned=_from(learned),
        _terminators=_more(answers[:, 1], longest),
        _emptied=rows(firsts + 1),
        _losing=rows(lasts + 1),
    )


def _more(values: Numbers, longest: int) -> Numbers:
    """For each length how many values are greater."""
    counts: Any = np.bincount(np.maximum(values, 0), minlength=longest + 1)
    more: Numbers = len(values) - np.cumsum(counts)
    return more


def _from(counts: Numbers) -> Numbers:
    """For each length the sum of the counts from there on."""
    sums: Numbers = np.cumsum(counts[::-1])[::-1]
    return sums


def _learned(examples: Examples) -> Iterator[tuple[Numbers, Numbers]]:
    """The examples of learned tokens, and their places in them, a piece of many examples at a time."""
    starts = np.concatenate([[0], np.cumsum(examples.lengths)])
    first = 0
    while first < len(examples):
        stop = max(first + 1, int(np.searchsorted(starts, starts[first] + AT_ONCE, "right")) - 1)
        at = np.flatnonzero(examples.learned[starts[first] : starts[stop]]) + starts[first]
        owners = np.searchsorted(starts, at, "right") - 1
        yield owners, at - starts[owners]
        first = stop
