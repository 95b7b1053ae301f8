"""What kind of character is this? One byte of classes for each of Unicode's code points.

The classes are Python's own where it has them: white space is `str.isspace()`, line breaks are those of
`str.splitlines()`, letters are `str.isalpha()` (every category L), small letters those that are also
`str.islower()`. What ends a sentence, and what is a quotation mark, Unicode's list of properties tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from tilth.text.kernel import Bytes, kept, kernel

SPACE, BREAK, LETTER, UNSPACED, ENDING, QUOTE, SMALL, UNENDED = 1, 2, 4, 8, 16, 32, 64, 128
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

UNENDED_SCRIPTS = (
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1980, 0x19DF),  # New Tai Lue
    (0xAA80, 0xAADF),  # Tai Viet
)
"""Blocks of the scripts that have no mark for the end of a sentence, or do not set it as others do."""

SENTENCE_ENDS = """
    21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E 1735-1736 17D4-17D5 1803 1809 1944-1945
    1AA8-1AAB 1B4E-1B4F 1B5A-1B5B 1B5E-1B5F 1B7D-1B7F 1C3B-1C3C 1C7E-1C7F 2024 2026 203C-203D 2047-2049 2CF9-2CFB 2E2E 2E3C 2E53-2E54
    2E60-2E61 3002 A4FF A60E-A60F A6F3 A6F7 A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE12 FE15-FE16 FE52 FE56-FE57
    FF01 FF0E FF1F FF61 10A56-10A57 10F55-10F59 10F86-10F89 11047-11048 110BE-110C1 11141-11143 111C5-111C6 111CD 111DE-111DF
    11238-11239 1123B-1123C 112A9 113D4-113D5 1144B-1144C 115C2-115C3 115C9-115D7 11641-11642 1173C-1173E 11944 11946 11A42-11A43
    11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44 16A6E-16A6F 16AF5 16B37-16B38 16B44 16D6E-16D6F 16E98 1BC9F 1DA88
"""
"""The property Sentence_Terminal of Unicode 17, and the ellipsis …, in hexadecimal."""

QUOTATION_MARKS = "22 27 AB BB 2018-201F 2039-203A 2E42 300C-300F 301D-301F FE41-FE44 FF02 FF07 FF62-FF63"
"""The property Quotation_Mark of Unicode 17: the opening ones too, since „so“ and «so» close with what opens elsewhere."""


@cache
def classes() -> npt.NDArray[np.uint8]:
    """The classes of every code point, to be looked up by number: 1.1 MB, made in a fifth of a second, and kept on disk."""
    return kept("classes", _classes)


def _classes() -> npt.NDArray[np.uint8]:
    every = [chr(number) for number in range(0x110000)]
    table = np.fromiter((LETTER if one.isalpha() else SPACE if one.isspace() else 0 for one in every), np.uint8, len(every))
    breaks = [number for number in np.flatnonzero(table == SPACE) if len(f"a{every[number]}a".splitlines()) == 2]
    table[breaks] |= BREAK
    table[[number for number in np.flatnonzero(table == LETTER).tolist() if every[number].islower()]] |= SMALL
    for scripts, kind in ((UNSPACED_SCRIPTS, UNSPACED), (UNENDED_SCRIPTS, UNENDED)):
        for first, last in scripts:
            part = table[first : last + 1]
            part[(part & LETTER) != 0] |= kind
    for listed, kind in ((SENTENCE_ENDS, ENDING), (QUOTATION_MARKS, QUOTE)):
        for first, last in _ranges(listed):
            table[first : last + 1] |= kind
    return table


def _ranges(listed: str) -> Iterator[tuple[int, int]]:
    """The first and last of each range that is written as `3F` or `61D-61F`."""
    for one in listed.split():
        first, _, last = one.partition("-")
        yield int(first, 16), int(last or first, 16)


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
