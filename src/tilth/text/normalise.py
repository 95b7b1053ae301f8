"""One spelling for what is the same text: Unicode normal forms, line ends, spaces.

Everything here is pyarrow.compute behind a cheap test, so a text that needs nothing is only scanned.
Patterns are RE2. `SPACE` and `LINE_END` are the insides of a character class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from tilth.record import texts

Change = Callable[[pa.LargeStringArray], pa.LargeStringArray]

Form = Literal["NFC", "NFKC", "none"]
"""A Unicode normal form (UAX 15)."""

SPACE = r" \t\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}"
"""Horizontal space: the tab and every space of Unicode's category Zs."""

ODD_SPACE = SPACE.removeprefix(" ")
"""All of them but the plain space."""

LINE_END = r"\n\x0b\x0c\r\x{85}\x{2028}\x{2029}"
"""What Unicode counts as the end of a line (UTS 18, RL1.6)."""

ODD_LINE_ENDS = r"\r\n|[\x0b\x0c\r\x{85}\x{2028}\x{2029}]"
"""Every end of a line but the plain newline."""

_MAY_LEAVE_NFC = (
    r"[^\x00-\x{2ff}\x{388}-\x{3ff}\x{400}-\x{482}\x{48a}-\x{590}\x{5d0}-\x{5f4}\x{620}-\x{64a}\x{660}-\x{66f}\x{671}-\x{6d5}"
    r"\x{2010}-\x{20cf}\x{2190}-\x{2328}\x{232b}-\x{2adb}\x{3000}-\x{3029}\x{3030}-\x{3098}\x{309b}-\x{9fff}\x{ac00}-\x{d7a3}"
    r"\x{ff00}-\x{ffef}\x{1f300}-\x{1faff}]"
)
"""A character outside ranges that NFC leaves alone wherever they stand: most text of most languages
has none, and normalising costs eight times as much as this test."""


def only(array: pa.LargeStringArray, needed: pa.BooleanArray, change: Change) -> pa.LargeStringArray:
    """The array with `change` applied to the texts where `needed` is true (null is not)."""
    needed = pc.fill_null(needed, False)
    if not pc.any(needed).as_py():
        return array
    found = array.filter(needed)
    changed = change(found)
    return array if changed is found else texts(pc.replace_with_mask(array, needed, texts(changed)))


def where(array: pa.LargeStringArray, pattern: str, change: Change) -> pa.LargeStringArray:
    """The array with `change` applied to the texts in which `pattern` is found."""
    return only(array, pc.match_substring_regex(array, pattern), change)


def replaced(array: pa.LargeStringArray, pattern: str, by: str) -> pa.LargeStringArray:
    """The array with every match of `pattern` written as `by`."""
    return where(array, pattern, lambda found: pc.replace_substring_regex(found, pattern, by))


def each(change: Callable[[str], str]) -> Change:
    """A change of one Python string as a change of an array without nulls: for the few that need it."""
    return lambda array: pa.array([change(text) for text in array.to_pylist()], pa.large_string())


def normalised(array: pa.LargeStringArray, form: Form) -> pa.LargeStringArray:
    """The array in a Unicode normal form."""
    if form == "none":
        return array
    outside = _MAY_LEAVE_NFC if form == "NFC" else r"[^\x00-\x{7f}]"
    return where(array, outside, lambda found: pc.utf8_normalize(found, form))


def single_spaced(array: pa.LargeStringArray) -> pa.LargeStringArray:
    """Every run of spaces and line ends as one plain space, none at either end."""
    odd = f"{ODD_SPACE}{LINE_END}"
    inside = replaced(array, f"[ {odd}]{{2,}}|[{odd}]", " ")
    return where(inside, r"^ | $", lambda found: pc.utf8_trim(found, " "))
