"""Findings in a column of texts: rules look at the few places that one walk marked, and each finding has a kind and a place.

Of findings that overlap the one stays whose kind comes first among those asked for; of one kind, the one that begins first,
then the longest. So what is found depends on the text and on the kinds asked for, and on nothing else.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.text.buffers import valued_spans
from tilth.text.kernel import Bytes, Counts, Offsets, kernel
from tilth.text.personal_places import REASONS, places

Finding = tuple[str, int, int]
"""A kind, and where it begins and ends in the bytes of its text."""

Rule = Callable[[bytes, int, int], Iterator[Finding]]
"""What may be found at a place of a text, told by its begin and end."""

Rules = Mapping[int, Sequence[Rule]]
"""The rules for each reason that a place was marked for."""


def found(column: pa.Array, rules: Rules, kinds: Sequence[str]) -> pa.Table:
    """Where each finding stands: `row` (int64), `kind` (dictionary of string), `start` and `stop` in code points, `start_byte` and
    `stop_byte` in bytes of UTF-8 (all int64; a stop is behind the last). By row, then by start. No two findings overlap; a null has none."""
    data, offsets = valued_spans(column)
    lines = [(row, *one) for row, findings in _by_row(data, offsets, rules, kinds) for one in findings]
    spans = np.array([(row, start, stop, 0, 0) for row, _, start, stop in lines], np.int64).reshape(-1, 5)
    _count_characters(data, offsets, spans)
    ranks = {kind: rank for rank, kind in enumerate(kinds)}
    numbers = pa.array([ranks[kind] for _, kind, _, _ in lines], pa.int8())
    row, start_byte, stop_byte, start, stop = map(pa.array, spans.T)
    named = pa.DictionaryArray.from_arrays(numbers, pa.array(list(kinds), pa.string()))
    return pa.table({"row": row, "kind": named, "start": start, "stop": stop, "start_byte": start_byte, "stop_byte": stop_byte})


def counted(column: pa.Array, rules: Rules, kinds: Sequence[str]) -> dict[str, tuple[int, int]]:
    """How many rows have a finding of each kind, and how many findings there are; every kind asked for, never a value."""
    counts = dict.fromkeys(kinds, (0, 0))
    for _, findings in _by_row(*valued_spans(column), rules, kinds):
        for kind in {kind for kind, _, _ in findings}:
            rows, times = counts[kind]
            counts[kind] = (rows + 1, times + sum(kind == one for one, _, _ in findings))
    return counts


def prepare() -> None:
    """Compile what `found` needs, places apart, before workers start."""
    _count_characters.compile()


def settled(text: bytes, marked: Iterable[tuple[int, int, int]], rules: Rules, kinds: Sequence[str]) -> list[Finding]:
    """What the rules find in a text at the places marked in it (the reason, begin and end), by where it begins."""
    ranks = {kind: rank for rank, kind in enumerate(kinds)}
    every = {one for reason, start, stop in marked for rule in rules.get(reason, ()) for one in rule(text, start, stop) if one[0] in ranks}
    kept: list[tuple[int, int, str]] = []  # in order, so that only neighbours can overlap
    for kind, start, stop in sorted(every, key=lambda one: (ranks[one[0]], one[1], -one[2])):
        place = bisect(kept, (start,))
        if (place == 0 or kept[place - 1][1] <= start) and (place == len(kept) or stop <= kept[place][0]):
            kept.insert(place, (start, stop, kind))
    return [(kind, start, stop) for start, stop, kind in kept]


def _by_row(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], rules: Rules, kinds: Sequence[str]) -> Iterator[tuple[int, list[Finding]]]:
    """The rows that have findings, in order."""
    asked = np.zeros(REASONS, np.bool_)
    asked[list(rules)] = True
    marked = (tuple(place) for some in places(data, offsets) for place in some[asked[some[:, 1]]].tolist())
    for row, group in groupby(marked, key=lambda place: place[0]):
        findings = settled(data[offsets[row] : offsets[row + 1]].tobytes(), (place[1:] for place in group), rules, kinds)
        if findings:
            yield row, findings


@kernel
def _count_characters(data: Bytes, offsets: Offsets, spans: Counts) -> None:
    """Write beside each begin and end in bytes (columns 1 and 2) the same in code points (3 and 4). The spans are in order."""
    row, at, characters = -1, 0, 0
    for line in range(len(spans)):
        if spans[line, 0] != row:
            row, at, characters = spans[line, 0], 0, 0
        begin = offsets[row]
        for end in (1, 2):
            while at < spans[line, end]:
                characters += data[begin + at] & 0xC0 != 0x80
                at += 1
            spans[line, end + 2] = characters
