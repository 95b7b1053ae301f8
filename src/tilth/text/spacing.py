"""Texts with one space between words and one break between lines: one walk that copies what is no white space.

A space is a tab or a character of Unicode's category Zs; a line ends with what Unicode counts as its end (UTS 18,
RL1.6), CR LF being one. `tilth.text.normalise` has both as patterns.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.text.bad_lines import Places, Written
from tilth.text.buffers import spans
from tilth.text.characters import decode
from tilth.text.kernel import Bytes, Offsets, kernel

CARRIAGE_RETURN, NEWLINE, PLAIN = 13, 10, 32
NEITHER, SPACE, END = 0, 1, 2
LEADS = (0xC2, 0xE1, 0xE2, 0xE3)
"""The first bytes of those characters that are not of ASCII."""


def single_spaced(array: pa.LargeStringArray, blank_lines: int, *, keep_indentation: bool) -> pa.LargeStringArray:
    """The texts with every run of spaces inside a line as one plain space, none at a line's end, at most so many blank
    lines in a row, and none at either end; the array itself where nothing changes. Nulls stay null.

    `keep_indentation`: spaces at the beginning of a line that is not blank stay as they are."""
    data, offsets = spans(array)
    out, places = np.empty(offsets[-1] - offsets[0], np.uint8), np.zeros(len(array) + 1, np.int64)
    if not _rewrite(data, offsets, blank_lines + 1, int(keep_indentation), out, places):
        return array
    made = pa.LargeStringArray.from_buffers(len(array), pa.py_buffer(places), pa.py_buffer(out[: places[-1]]))
    return pc.if_else(pc.is_valid(array), made, None) if array.null_count else made


def prepare() -> None:
    """Compile what `single_spaced` needs, before workers start."""
    _rewrite.compile()


@kernel
def _rewrite(data: Bytes, offsets: Offsets, most: int, indented: int, out: Written, places: Places) -> bool:
    """Write the texts one behind the other, and where each ends. Whether any is changed."""
    filled, changed = 0, False
    for row in range(len(offsets) - 1):
        text = data[offsets[row] : offsets[row + 1]]
        end = _text(text, most, indented, out, filled)
        changed |= end - filled < len(text) or not _same(text, out, filled)
        filled = end
        places[row + 1] = filled
    return changed


@kernel
def _text(text: Bytes, most: int, indented: int, out: Written, begin: int) -> int:
    """Write one text from `begin` on, and tell where it ends: never further than the text itself would."""
    filled, breaks, run, at = begin, 0, -1, 0  # `run`: where the spaces begin that have not been written yet
    while at < len(text):
        # Nearly every byte goes this way: a call for each, with its counts of references, takes six times as long.
        if run < 0 and breaks == 0 and filled > begin and _stays(text[at], text[at + 1] if at + 1 < len(text) else PLAIN):
            out[filled] = text[at]
            filled, at = filled + 1, at + 1
            continue
        kind, width = _kind(text, at)
        if kind == END:
            breaks, run = breaks + 1, -1
        elif kind == SPACE:
            run = at if run < 0 else run
        else:
            if filled > begin:
                for _ in range(min(breaks, most)):
                    out[filled] = NEWLINE
                    filled += 1
            if run >= 0 and indented and (breaks > 0 or filled == begin):
                filled = _copy(text, run, at, out, filled)
            elif run >= 0 and breaks == 0 and filled > begin:
                out[filled] = PLAIN
                filled += 1
            breaks, run = 0, -1
            filled = _copy(text, at, at + width, out, filled)
        at += width
    return filled


@kernel
def _stays(byte: int, following: int) -> bool:
    """Whether a byte behind one that was written is written as it is, whatever comes."""
    return (byte > PLAIN and byte not in LEADS) or (byte == PLAIN and following > PLAIN and following not in LEADS)


@kernel
def _kind(text: Bytes, at: int) -> tuple[int, int]:
    """What the character is that stands here, and how many bytes it has. Of one that is neither, as it comes."""
    byte = int(np.int64(text[at]))
    if byte > PLAIN and byte not in LEADS:
        return NEITHER, 1
    if byte <= PLAIN:
        if byte == CARRIAGE_RETURN and at + 1 < len(text) and text[at + 1] == NEWLINE:
            return END, 2
        return (END if NEWLINE <= byte <= CARRIAGE_RETURN else SPACE if byte in (PLAIN, 9) else NEITHER), 1
    code, width = decode(text, at, len(text))
    if code in (0x85, 0x2028, 0x2029):
        return END, width
    odd = code in (0xA0, 0x1680, 0x202F, 0x205F, 0x3000) or 0x2000 <= code <= 0x200A
    return (SPACE if odd else NEITHER), width


@kernel
def _copy(text: Bytes, start: int, stop: int, out: Written, filled: int) -> int:
    for at in range(start, stop):
        out[filled] = text[at]
        filled += 1
    return filled


@kernel
def _same(text: Bytes, out: Written, begin: int) -> bool:
    for at in range(len(text)):
        if text[at] != out[begin + at]:
            return False
    return True
