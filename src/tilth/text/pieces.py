"""The words, lines and paragraphs of texts as spans of their bytes, and what is known of each span.

The dialects of `tilth.text.dialects` differ in where a text is cut, and hardly in what is then counted. So the cutting
stands here, a function for each way of it; each gives `Spans`, and `described` looks at the characters of each once.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.text.buffers import valued_spans
from tilth.text.characters import SPACE, classes, decode
from tilth.text.dialect_characters import kinds
from tilth.text.hashing import NEXT, NOTHING
from tilth.text.kernel import Bytes, Counts, Offsets, kernel
from tilth.text.shingles import Counted, Hashes, stir

Flags = Annotated[npt.NDArray[np.uint8], types.Array(types.uint8, 1, "C")]
"""A byte for each span, written."""

NEWLINE, ALL_ASCII = 10, 128


class Spans(NamedTuple):
    """Pieces of texts."""

    data: npt.NDArray[np.uint8]
    bounds: npt.NDArray[np.int64]
    """A line for each piece: the byte at which it begins, and the one behind its last."""
    rows: npt.NDArray[np.int64]
    """The pieces of row r are `rows[r]` to `rows[r + 1]`."""

    def some(self, wanted: npt.NDArray[np.bool_]) -> Spans:
        """The spans whose mask is set."""
        before = np.concatenate([[0], np.cumsum(wanted)])
        return Spans(self.data, self.bounds[wanted], before[self.rows])

    def counts(self) -> npt.NDArray[np.int64]:
        """How many spans each row has."""
        return np.diff(self.rows)

    def sums(self, values: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        """For each row the sum of a value of its spans."""
        before = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
        told: npt.NDArray[np.int64] = before[self.rows[1:]] - before[self.rows[:-1]]
        return told


class Described(NamedTuple):
    """What is known of each span."""

    spans: Spans
    hashes: npt.NDArray[np.uint64]
    """Of the same characters the same; two others have the same with a chance of 2⁻⁶⁴."""
    lengths: npt.NDArray[np.int64]
    """In characters."""
    seen: npt.NDArray[np.uint8]
    """The kinds (`tilth.text.dialect_characters`) of all of its characters."""
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    """Its first and its last character; −1: it is empty."""


def wholes(column: pa.Array) -> Spans:
    """Each text as one span; a null is empty."""
    data, offsets = valued_spans(column)
    return Spans(data, np.stack([offsets[:-1], offsets[1:]], axis=1), np.arange(len(offsets), dtype=np.int64))


def between(column: pa.Array, apart: npt.NDArray[np.uint8]) -> Spans:
    """The pieces between characters that set apart: those that a table of all code points marks."""
    data, offsets = valued_spans(column)
    most = (int(offsets[-1] - offsets[0]) + len(column)) // 2 + 1
    bounds, rows = np.empty((most, 2), np.int64), np.empty(len(offsets), np.int64)
    _between(data, offsets, apart, bounds, rows)
    return Spans(data, bounds[: rows[-1]], rows)


def words(column: pa.Array) -> Spans:
    """The pieces between white space, as `str.split()` finds them."""
    return between(column, (classes() & SPACE).astype(np.uint8))


def cut(texts: Spans, newlines: int = 1, *, greedy: bool = False) -> Spans:
    """One text a row, cut at every so many newlines, as `str.split` does it, empty pieces and all. `greedy`: at so many
    or more, as a regular expression does it."""
    most = int(np.count_nonzero(texts.data == NEWLINE)) + len(texts.bounds)
    bounds, rows = np.empty((most, 2), np.int64), np.empty(len(texts.rows), np.int64)
    _cut(texts.data, texts.bounds, newlines, int(greedy), bounds, rows)
    return Spans(texts.data, bounds[: rows[-1]], rows)


def stripped(spans: Spans) -> Spans:
    """The spans without white space at their ends."""
    bounds = spans.bounds.copy()
    _strip(spans.data, classes(), bounds)
    return Spans(spans.data, bounds, spans.rows)


def filled(spans: Spans) -> Spans:
    """The spans that are not empty."""
    return spans.some(spans.bounds[:, 0] < spans.bounds[:, 1])


def described(spans: Spans, *, fold: bool = False) -> Described:
    """What is known of each span. `fold`: capital letters of ASCII count as small ones in its hash."""
    count = len(spans.bounds)
    hashes, seen, numbers = np.empty(count, np.uint64), np.empty(count, np.uint8), np.empty((count, 3), np.int64)
    _describe(spans.data, spans.bounds, kinds(), int(fold), hashes, seen, numbers)
    lengths, first, last = np.ascontiguousarray(numbers.T)
    return Described(spans, hashes, lengths, seen, first, last)


def hash_of(text: str) -> int:
    """The hash that `described` gives a span with these characters."""
    return int(described(wholes(pa.array([text], pa.large_string()))).hashes[0])


def ends_with(spans: Spans, endings: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Which spans end in one of these, capital letters of ASCII counting as small ones."""
    listed = [ending.encode() for ending in endings]
    places = np.cumsum([0, *map(len, listed)], dtype=np.int64)
    found = np.zeros(len(spans.bounds), np.uint8)
    _end(spans.data, spans.bounds, np.frombuffer(b"".join(listed), np.uint8), places, found)
    return found.astype(np.bool_)


def prepare() -> None:
    """Compile what stands here, before workers start."""
    kinds()
    for one in (_between, _cut, _strip, _describe, _end):
        one.compile()


@kernel
def _between(data: Bytes, offsets: Offsets, apart: Bytes, bounds: Counts, rows: Counted) -> None:
    found = 0
    for row in range(len(offsets) - 1):
        rows[row] = found
        at, end, inside = offsets[row], offsets[row + 1], False
        while at < end:
            code, width = int(np.int64(data[at])), 1
            if code >= ALL_ASCII:
                code, width = decode(data, at, end)
            if apart[code]:
                if inside:
                    bounds[found - 1, 1] = at
                inside = False
            elif not inside:
                bounds[found, 0] = at
                found, inside = found + 1, True
            at += width
        if inside:
            bounds[found - 1, 1] = end
    rows[len(offsets) - 1] = found


@kernel
def _cut(data: Bytes, texts: Counts, newlines: int, greedy: int, bounds: Counts, rows: Counted) -> None:
    found = 0
    for row in range(len(texts)):
        rows[row] = found
        start, end = texts[row]
        at = start
        while at < end:
            run = 0
            while at + run < end and data[at + run] == NEWLINE and (greedy or run < newlines):
                run += 1
            if run >= newlines:
                bounds[found, 0], bounds[found, 1] = start, at
                found, start = found + 1, at + run
            at += max(run, 1)
        bounds[found, 0], bounds[found, 1] = start, end
        found += 1
    rows[len(texts)] = found


@kernel
def _strip(data: Bytes, classes: Bytes, bounds: Counts) -> None:
    for span in range(len(bounds)):
        at, end = bounds[span]
        while at < end:
            code, width = decode(data, at, end)
            if not classes[code] & SPACE:
                break
            at += width
        while at < end:
            back = end - 1
            while back > at and data[back] & 0xC0 == 0x80:
                back -= 1
            if not classes[decode(data, back, end)[0]] & SPACE:
                break
            end = back
        bounds[span, 0], bounds[span, 1] = at, end


@kernel
def _describe(data: Bytes, bounds: Counts, kinds: Bytes, fold: int, hashes: Hashes, seen: Flags, numbers: Counts) -> None:
    for span in range(len(bounds)):
        at, end = bounds[span]
        length, known, first, code, one = 0, 0, -1, -1, NOTHING
        while at < end:
            code, width = int(np.int64(data[at])), 1
            if code >= ALL_ASCII:
                code, width = decode(data, at, end)
            elif fold and 65 <= code <= 90:
                code |= 0x20
            first = code if length == 0 else first
            one = one * NEXT + stir(np.uint64(code + 1))
            known |= int(np.int64(kinds[code]))
            length += 1
            at += width
        hashes[span], seen[span] = one, np.uint8(known)
        numbers[span, 0], numbers[span, 1], numbers[span, 2] = length, first, code


@kernel
def _end(data: Bytes, bounds: Counts, endings: Bytes, places: Offsets, found: Flags) -> None:
    for span in range(len(bounds)):
        start, stop = bounds[span]
        for one in range(len(places) - 1):
            width = places[one + 1] - places[one]
            if width <= stop - start and _same(data, stop - width, endings, places[one], width):
                found[span] = np.uint8(1)
                break


@kernel
def _same(data: Bytes, at: int, other: Bytes, there: int, width: int) -> bool:
    for place in range(width):
        byte = data[at + place]
        if (byte | 0x20 if 65 <= byte <= 90 else byte) != other[there + place]:
            return False
    return True
