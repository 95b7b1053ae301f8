"""What kind of character is this? One byte of classes for each of Unicode's code points.

The classes are Python's own: white space is `str.isspace()`, line breaks are those of
`str.splitlines()`, letters are `str.isalpha()` (every category L).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from tilth.text.kernel import Bytes, kernel

SPACE, BREAK, LETTER, UNSPACED = 1, 2, 4, 8
REPLACEMENT = 0xFFFD
"""Stands for a byte that is no UTF-8. Arrow's strings have none; a kernel must not crash on any."""

UNSPACED_SCRIPTS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan: a mark between syllables, no space between words
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x3005, 0x3007),  # ideographic iteration and closing marks, zero
    (0x3031, 0x3035),  # kana repeat marks
    (0x303B, 0x303C),  # vertical iteration mark, masu
    (0x3040, 0x312F),  # Hiragana, Katakana, Bopomofo
    (0x31A0, 0x31FF),  # Bopomofo and Katakana extensions
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0xA4CF),  # Han, Yi
    (0xA980, 0xA9FF),  # Javanese, Myanmar
    (0xAA60, 0xAADF),  # Myanmar, Tai Viet
    (0xF900, 0xFAFF),  # Han
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x11700, 0x1174F),  # Ahom
    (0x16FE0, 0x18DFF),  # Tangut, Nushu and Khitan marks, Tangut, Khitan
    (0x1AFF0, 0x1B2FF),  # Kana, Nushu
    (0x20000, 0x3FFFF),  # Han
)
"""Blocks of the scripts that set no space between words (UAX 14: classes SA, ID and AK, Hangul apart,
which is written with spaces)."""


@cache
def classes() -> npt.NDArray[np.uint8]:
    """The classes of every code point, to be looked up by number: 1.1 MB, made once in a tenth of a second."""
    every = [chr(number) for number in range(0x110000)]
    table = np.fromiter((LETTER if one.isalpha() else SPACE if one.isspace() else 0 for one in every), np.uint8, len(every))
    breaks = [number for number in np.flatnonzero(table == SPACE) if len(f"a{every[number]}a".splitlines()) == 2]
    table[breaks] |= BREAK
    for first, last in UNSPACED_SCRIPTS:
        part = table[first : last + 1]
        part[part == LETTER] |= UNSPACED
    table.flags.writeable = False
    return table


@kernel
def decode(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """The code point that begins at a byte of UTF-8, and its width in bytes. Never reads beyond `end`."""
    first = int(np.int64(data[at]))
    if first < 0x80:
        return first, 1
    if 0xC0 <= first < 0xE0 and at + 1 < end:
        return (first & 0x1F) << 6 | _tail(data, at + 1), 2
    if 0xE0 <= first < 0xF0 and at + 2 < end:
        return (first & 0x0F) << 12 | _tail(data, at + 1) << 6 | _tail(data, at + 2), 3
    if 0xF0 <= first < 0xF5 and at + 3 < end:
        code = (first & 0x07) << 18 | _tail(data, at + 1) << 12 | _tail(data, at + 2) << 6 | _tail(data, at + 3)
        return (code, 4) if code < 0x110000 else (REPLACEMENT, 1)
    return REPLACEMENT, 1


@kernel
def _tail(data: Bytes, at: int) -> int:
    return int(np.int64(data[at])) & 0x3F
