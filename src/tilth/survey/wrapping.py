"""What all texts of a column begin and end with, such as a prompt that is wrapped around each."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

SHARED, SHORTEST, LONGEST, LEAST = 0.95, 4, 400, 20


@dataclass(frozen=True)
class Wrapping:
    """What at least 95 % of the texts begin and end with; of these, `rows` have both, and `empty` have nothing between."""

    begins: str
    ends: str
    rows: int
    of: int
    empty: int


def wrapping(texts: pa.LargeStringArray) -> Wrapping | None:
    """What is wrapped around the texts, if anything is."""
    some = texts.drop_null()
    if len(some) < LEAST or len(pc.unique(some.slice(0, 1000))) < 0.2 * min(len(some), 1000):
        return None
    begins, ends = _shared(some, 1), _shared(some, -1)
    if not begins and not ends:
        return None
    both = pc.and_(pc.starts_with(some, begins), pc.ends_with(some, ends))
    inner = some.filter(both)
    bare = pc.utf8_slice_codeunits(inner, len(begins), None)
    bare = pc.utf8_slice_codeunits(bare, 0, -len(ends)) if ends else bare
    empty = int(pc.sum(pc.equal(pc.binary_length(pc.utf8_trim_whitespace(bare)), 0)).as_py() or 0)
    return Wrapping(begins, ends, len(inner), len(some), empty)


def _shared(texts: pa.LargeStringArray, side: int) -> str:
    """The longest piece that all texts have at one side, else nearly all; nothing if it is a few characters."""
    ends = pc.utf8_slice_codeunits(texts, 0, SHORTEST) if side > 0 else pc.utf8_slice_codeunits(texts, -SHORTEST, None)
    most = pc.max(pc.value_counts(ends).field(1)).as_py()
    whole = _shared_by(texts, side, 1.0) if most == len(texts) else ""
    return whole or (_shared_by(texts, side, SHARED) if most >= SHARED * len(texts) else "")


def _shared_by(texts: pa.LargeStringArray, side: int, part: float) -> str:
    low, high, best = 0, LONGEST, ""
    while low < high:
        middle = (low + high + 1) // 2
        pieces = pc.utf8_slice_codeunits(texts, 0, middle) if side > 0 else pc.utf8_slice_codeunits(texts, -middle, None)
        counts = pc.value_counts(pieces)
        most = int(pc.index(counts.field(1), pc.max(counts.field(1))).as_py())
        piece = str(counts.field(0)[most].as_py())
        if counts.field(1)[most].as_py() >= part * len(texts) and len(piece) == middle:
            low, best = middle, piece
        else:
            high = middle - 1
    return best if len(best.strip()) >= SHORTEST else ""
