"""What other tools take a character for: one byte of kinds for each of Unicode's code points.

- `LETTER`: `str.isalpha()`. `ALPHABETIC`: Unicode's property Alphabetic, as `[[:alpha:]]` of the package `regex` reads
  it: letters, letter numbers, circled letters and marks that stand for vowels. Python has no table of it; here it is
  the letters, the letter numbers, the spacing marks and the circled letters. The rest are marks that stand behind a letter.
- `ALPHANUMERIC`: `str.isalnum()`.
- `MARK`: datatrove's `PUNCTUATION_SET` (utils/text.py), in which the full-width digit one stands by mistake.
- `STOP`: its `TERMINAL_PUNCTUATION`.
- `BULLET`: NeMo Curator's `bullet_list` (stages/text/utils/constants.py).
- `SYMBOL`: dolma's symbols, # and …
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from tilth.text.kernel import kept

LETTER, ALPHABETIC, ALPHANUMERIC, MARK, STOP, BULLET, SYMBOL, UNMARKED = 1, 2, 4, 8, 16, 32, 64, 128
"""`UNMARKED` is every character but a `MARK`, so that what all characters of a word have in common can be told."""

CIRCLED = "24B6-24E9 1F130-1F149 1F150-1F169 1F170-1F189"

STOPS = """
    21 2E 3F 589 61D-61F 6D4 700-702 7F9 837 839 83D-83E 964-965 104A-104B 1362 1367-1368 166E 1735-1736 17D4-17D6 17D9-17DA 1803 1809
    1944-1945 1AA8-1AAB 1B5A-1B5B 1B5E-1B5F 1B7D-1B7E 1C3B-1C3C 1C7E-1C7F 203C-203D 2047-2049 2E2E 2E3C 2E53-2E54 3002 A4FF A60E-A60F
    A6F3 A6F7 A876-A877 A8CE-A8CF A92F A9C8-A9C9 AA5D-AA5F AAF0-AAF1 ABEB FE52 FE56-FE57 FF01 FF0E FF1F FF61 10A56-10A57 10F55-10F59
    10F86-10F89 11047-11048 110BE-110C1 11141-11143 111C5-111C6 111CD 111DE-111DF 11238-11239 1123B-1123C 112A9 1144B-1144C 115C2-115C3
    115C9-115D7 11641-11642 1173C-1173E 11944 11946 11A42-11A43 11A9B-11A9C 11C41-11C42 11EF7-11EF8 11F43-11F44 16A6E-16A6F 16AF5
    16B37-16B38 16B44 16E98 1BC9F 1DA88
"""

MARKS = """
    0-8 B-1F 22-2D 2F 3A-3E 40 5B-60 7B-9F AB B4 BB 2013-2014 2019 201C-201E 2026 2236 2501 25BA 3001 3008-300D 3010-3011 FF05
    FF08-FF09 FF0C FF11 FF1A-FF1B FF5E
"""

BULLETS = "2022 2023 2043 204C 204D 2219 25CB 25CF 25D8 25E6 29BE 29BF"
SYMBOLS = "23 2026"


@cache
def kinds() -> npt.NDArray[np.uint8]:
    """The kinds of every code point, to be looked up by number: 1.1 MB, made in half a second, and kept on disk."""
    return kept("dialect_characters", _kinds)


def _kinds() -> npt.NDArray[np.uint8]:
    size = sys.maxunicode + 1
    table = np.fromiter((_kind(chr(number)) for number in range(size)), np.uint8, size)
    for listed, kind in ((CIRCLED, ALPHABETIC), (STOPS, STOP | MARK), (MARKS, MARK), (BULLETS, BULLET), (SYMBOLS, SYMBOL)):
        for first, last in _ranges(listed):
            table[first : last + 1] |= kind
    table[table & MARK == 0] |= UNMARKED
    return table


def _kind(one: str) -> int:
    if one.isalpha():
        return LETTER | ALPHABETIC | ALPHANUMERIC
    alphabetic = ALPHABETIC if unicodedata.category(one) in ("Nl", "Mc") else 0
    return alphabetic | (ALPHANUMERIC if one.isalnum() else 0)


def _ranges(listed: str) -> Iterator[tuple[int, int]]:
    """The first and last of each range that is written as `3F` or `61D-61F`."""
    for one in listed.split():
        first, _, last = one.partition("-")
        yield int(first, 16), int(last or first, 16)
