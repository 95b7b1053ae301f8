"""Lines with their places. A line ends at a line feed and nowhere else; it belongs to the part in which it begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from tilth.steps.source._open import PIECE, UTF8, BrokenOff, foreign, head_of, pieces
from tilth.steps.source._part import SHOWN, Part

LAST_LINE = 1 << 16
"""Bytes that are read behind a part at first: its last line mostly ends there."""


@dataclass(frozen=True)
class Block:
    """Some lines in order, where each begins in the unpacked bytes, and which of them are no whole lines, and why."""

    lines: list[bytes]
    offsets: list[int]
    faults: dict[int, str] = field(default_factory=dict)


def blocks(part: Part) -> Iterator[Block]:
    """The lines that begin in the part, blank ones left out, at most `part.rows` at a time."""
    for block in raw_blocks(part):
        kept = [place for place, line in enumerate(block.lines) if (line and not line.isspace()) or place in block.faults]
        if len(kept) == len(block.lines):
            yield block
        elif kept:
            faults = {new: block.faults[place] for new, place in enumerate(kept) if place in block.faults}
            yield Block([block.lines[place] for place in kept], [block.offsets[place] for place in kept], faults)


def raw_blocks(part: Part) -> Iterator[Block]:
    """The lines that begin in the part, blank ones too, at most `part.rows` at a time."""
    strange = foreign(head_of(part.path))
    if strange:
        if part.start == 0:
            yield Block([b""], [0], {0: f"the file holds {strange}, not lines of text"})
        return
    for block in _split(part):
        end = len(block.lines)
        if part.stop is not None and block.offsets and block.offsets[-1] >= part.stop:
            end = next(place for place, offset in enumerate(block.offsets) if offset >= part.stop)
        for first in range(0, end, part.rows):
            last = min(end, first + part.rows)
            faults = {place - first: reason for place, reason in block.faults.items() if first <= place < last}
            yield Block(block.lines[first:last], block.offsets[first:last], faults)
        if end < len(block.lines):
            return


def _split(part: Part) -> Iterator[Block]:
    """Lines, as many as a piece of the file ends. The first line of a part that starts inside a line
    belongs to the part before it: it is skipped by starting one byte early."""
    splitter = _Splitter(max(0, part.start - 1), part.longest, skipping=part.start > 0)
    size = PIECE if part.stop is None else min(PIECE, part.stop - part.start + LAST_LINE)
    try:
        for piece in pieces(part.path, part.encoding, splitter.at, size):
            block = splitter.feed(piece)
            yield block
            if part.stop is not None and splitter.at >= part.stop:
                return
    except BrokenOff as error:
        yield splitter.end(str(error))
    else:
        yield splitter.end("")


class _Splitter:
    """Cuts pieces into lines. `at` is where the unfinished line begins, `tail` its bytes so far."""

    def __init__(self, at: int, longest: int, *, skipping: bool) -> None:
        self.at, self.longest, self.skipping = at, longest, skipping
        self.tail: list[bytes] = []
        self.held = 0
        self.dropped = 0

    def feed(self, piece: bytes) -> Block:
        """The lines that end in the piece."""
        cut = piece.rfind(b"\n")
        if cut < 0:
            self._hold(piece)
            return Block([], [])
        lines = piece[:cut].split(b"\n")
        begin, faults = self.at, {}
        if self.tail or self.dropped:
            ended = self._ended(lines[0])
            sizes = [self.held + self.dropped + len(lines[0]), *map(len, lines[1:])]
            if self.dropped or sizes[0] > self.longest:
                faults[0] = f"is longer than {self.longest:,} bytes ({sizes[0]:,})"
            lines[0] = ended
        else:
            sizes = list(map(len, lines))
        faults |= (
            {}
            if max(sizes) <= self.longest
            else {i: f"is longer than {self.longest:,} bytes ({n:,})" for i, n in enumerate(sizes) if n > self.longest}
        )
        offsets = list(accumulate((size + 1 for size in sizes), initial=begin))
        self.at = offsets.pop()
        self.tail, self.held, self.dropped = [], 0, 0
        self._hold(piece[cut + 1 :])
        return self._first(lines, offsets, faults)

    def end(self, broken: str) -> Block:
        """The last line, which no line end closes; with what broke it, if anything did."""
        if not (self.held or self.dropped or broken):
            return Block([], [])
        size = self.held + self.dropped
        reason = broken or (f"is longer than {self.longest:,} bytes ({size:,})" if size > self.longest else "")
        return self._first([self._ended(b"")], [self.at], {0: reason} if reason else {})

    def _hold(self, piece: bytes) -> None:
        if not piece:
            return
        room = max(0, self.longest + 1 - self.held)
        self.tail.append(piece[:room])
        self.held += min(room, len(piece))
        self.dropped += max(0, len(piece) - room)

    def _ended(self, last: bytes) -> bytes:
        return b"".join(self.tail)[:SHOWN] if self.dropped else b"".join([*self.tail, last])

    def _first(self, lines: list[bytes], offsets: list[int], faults: dict[int, str]) -> Block:
        """Take away what belongs to the part before, and the byte-order mark."""
        if self.skipping:
            self.skipping = False
            faults = {place - 1: reason for place, reason in faults.items() if place}
            return Block(lines[1:], offsets[1:], faults)
        if offsets and offsets[0] == 0:
            lines[0] = lines[0].removeprefix(UTF8)
        return Block(lines, offsets, faults)
