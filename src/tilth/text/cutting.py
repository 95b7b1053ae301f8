"""A text made shorter at the end of a sentence or of a word, until it fits.

What fits is for the caller to say: a number of tokens, of characters, a whole prompt around it. The places at which a text may
be cut are found once and searched by halving, so a text of n words is tried about log2(n) times.

- Sentences end as `tilth.text.lines` says. Where not even one sentence fits, the text is cut between words.
- Words are what stands between white space. In scripts that set no space between words (Chinese, Japanese, Thai …) a cut may
  stand between any two characters as readers see them, though not before a mark that closes or goes on, nor behind one that
  opens: which of them make a word only a dictionary could tell.
- A character as readers see it is a letter with its accents, a flag, a family of emoji joined into one: none is taken apart.
  The rules are those of UAX 29 made stricter, so no table of Unicode is needed beyond Python's own: every place that is left is a
  boundary of UAX 29, tested against `uniseg`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Literal
from unicodedata import category, combining

import numpy as np
import pyarrow as pa

from tilth.text.characters import UNSPACED_SCRIPTS
from tilth.text.units import begins, stops, units

Side = Literal["left", "right"]
At = Literal["sentence", "word"]

WORD = re.compile(r"\S+")
UNSPACED = re.compile("[" + "".join(f"{chr(low)}-{chr(high)}" for low, high in UNSPACED_SCRIPTS) + "]")

VIRAMA = 9
"""The combining class of the signs that join two consonants into one."""
GOING_ON = ("Mn", "Mc", "Me", "Cf", "Pe", "Pf", "Po", "Lm", "Sk")
"""Categories of characters that do not begin what is kept: accents, joiners, closing marks, marks of repetition, skin tones."""
OPENING = ("Ps", "Pi", "Cf")
"""Categories of those that do not end it."""
TRAILING = frozenset("\u0e33\u0eb3\uff9e\uff9f")
"""Letters that UAX 29 counts as part of the one before: two vowels of Thai and Lao, the voicing marks of half-width Katakana."""
LEADING = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
"""Vowels of Thai and Lao that are written before their consonant."""


def cut_text(text: str, fits: Callable[[str], bool], side: Side = "right", at: At = "sentence") -> str:
    """The text if it fits, else as much of it as fits when it is cut at a sentence or a word; nothing where no place will do.

    `side`: from where text is taken away: `right` keeps its beginning, `left` its end. `at`: `sentence` falls back to words where
    not one sentence fits; a word is never cut. `fits` is taken to say no to whatever is longer than what it said no to; what is
    returned it has said yes to, even so."""
    if fits(text):
        return text
    if at == "sentence":
        kept = _longest(text, _sentences(text, side), fits, side)
        if kept:
            return kept
    return _longest(text, _words(text, side), fits, side)


def _longest(text: str, places: Sequence[int], fits: Callable[[str], bool], side: Side) -> str:
    """The longest piece that fits, of those that end at a place, or begin at one."""
    tried = places if side == "right" else places[::-1]
    kept, low, high = "", 0, len(tried)
    while low < high:
        middle = (low + high) // 2
        piece = text[: tried[middle]] if side == "right" else text[tried[middle] :]
        if fits(piece):
            kept, low = piece, middle + 1
        else:
            high = middle
    return kept


def _sentences(text: str, side: Side) -> Sequence[int]:
    """Where the sentences stop, or where they begin."""
    found = units(pa.array([text], pa.large_string()), "sentence", ()).places.values.to_numpy()
    places = stops(found) if side == "right" else begins(found)
    if not text.isascii():
        letters = np.frombuffer(text.encode(), np.uint8)
        places = np.concatenate([[0], np.cumsum(letters & 0xC0 != 0x80)])[places]
    chosen: list[int] = places.tolist()
    return chosen


def _words(text: str, side: Side) -> Sequence[int]:
    """Where the words stop, or where they begin."""
    found = [match.span() for match in WORD.finditer(text)]
    if side == "right":
        return list(chain.from_iterable([*_inside(text, begin, stop), stop] for begin, stop in found))
    return list(chain.from_iterable([begin, *_inside(text, begin, stop)] for begin, stop in found))


def _inside(text: str, begin: int, stop: int) -> list[int]:
    """Where a piece between white space may be cut: beside letters of scripts that set none."""
    if not UNSPACED.search(text, begin, stop):
        return []
    return [place for place in range(begin + 1, stop) if UNSPACED.match(text[place]) or UNSPACED.match(text[place - 1]) if _apart(text, place)]


def _apart(text: str, place: int) -> bool:
    """Whether two characters as readers see them meet here, and a line could end."""
    before, after = text[place - 1], text[place]
    if category(after) in GOING_ON or after in TRAILING or category(before) in OPENING or before in LEADING:
        return False
    return combining(before) != VIRAMA
