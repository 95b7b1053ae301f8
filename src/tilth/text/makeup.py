"""What a text is made of: which share of its characters are letters, digits, white space, capitals and the rest.

A character is a Unicode code point, and its kind is Python's own: letters are `str.isalpha()`, digits
`str.isdecimal()` (of any script), numbers `str.isnumeric()`, white space `str.isspace()`, and marks those of the
categories Mn, Mc and Me.

- `alphanumeric_share`: letters and numbers, which is `str.isalnum()`, divided by all characters.
- `special_share`: what is neither a letter nor a mark, divided by all characters. White space and digits are
  in it, so of plain English prose it is about a fifth.
- `digit_share` and `white_space_share`: digits, white space, divided by all characters.
- `capital_share`: letters that are upper or title case, divided by those that have a case; null, not judged,
  where no letter has one.

A text without a character has no shares: null. The first two are meant for the limits that Data-Juicer's
`alphanumeric_filter` (at least 0.25) and `special_characters_filter` (at most 0.25) have by default; its special
characters are a list, ours every character that is no letter and no mark.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.text.buffers import present, share, spans
from tilth.text.characters import decode
from tilth.text.kernel import Bytes, Counts, Offsets, kept, kernel

ALPHANUMERIC, SPECIAL, DIGIT, WHITE, CAPITAL, CASED = 1, 2, 4, 8, 16, 32
KINDS = 64


@cache
def kinds() -> npt.NDArray[np.uint8]:
    """The kinds of every code point, to be looked up by number: 1.1 MB, kept on disk."""
    return kept("kinds", _kinds)


def _kinds() -> npt.NDArray[np.uint8]:
    return np.fromiter((_kind(chr(number)) for number in range(0x110000)), np.uint8, 0x110000)


def _kind(one: str) -> int:
    category = unicodedata.category(one)
    kind = ALPHANUMERIC * one.isalnum() | SPECIAL * (category[0] not in "LM") | DIGIT * one.isdecimal() | WHITE * one.isspace()
    return kind | CAPITAL * (category in ("Lu", "Lt")) | CASED * (category in ("Lu", "Lt", "Ll"))


def makeup(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of each text, by name."""
    data, offsets = spans(column)
    totals = np.empty((len(column), 7), np.int64)
    _makeup(data, offsets, kinds(), totals)
    characters, alphanumeric, special, digits, white, capitals, cased = totals.T
    there = present(column)
    return {
        "alphanumeric_share": share(alphanumeric, characters, there),
        "special_share": share(special, characters, there),
        "digit_share": share(digits, characters, there),
        "white_space_share": share(white, characters, there),
        "capital_share": share(capitals, cased, there),
    }


def prepare() -> None:
    """Compile what `makeup` needs, before workers start."""
    kinds()
    _makeup.compile()


@kernel
def _makeup(data: Bytes, offsets: Offsets, table: Bytes, totals: Counts) -> None:
    """Count the characters of each sum of kinds, of which there are few, and take the sums apart at the end."""
    counts = np.empty(KINDS, np.int64)
    for row in range(len(totals)):
        counts[:] = 0
        _count(data[offsets[row] : offsets[row + 1]], table, counts)
        totals[row] = 0
        for kind in range(KINDS):
            totals[row, 0] += counts[kind]
            for place in range(6):
                totals[row, place + 1] += counts[kind] * (kind >> place & 1)


@kernel
def _count(data: Bytes, table: Bytes, counts: Counts) -> None:
    at = 0
    while at < len(data):
        code, width = int(np.int64(data[at])), 1
        if code >= 128:
            code, width = decode(data, at, len(data))
        counts[table[code]] += 1
        at += width
