"""Ten measures of a text in one walk over its bytes: how long it is, and what its words and lines are like.

- A word is a piece between white space, as `str.split()` finds it, punctuation and all.
- A line is a piece between line breaks, as `str.splitlines()` finds it, that is not blank. (With blank
  lines counted, a list whose items are set apart by them would never be seen as one.)
- A stop word is looked for in lower case and without what is no letter at either end of a word, so that
  "The" and "that," count; each of the eight counts once.
- "..." is counted as `str.count` does: six dots are two.

Measures that rest on words are null where more than half of the letters belong to scripts without spaces
between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan …): not judged. A ratio or mean over
no words or no lines is null too. The definitions are Gopher's (Rae et al. 2021, arXiv 2112.11446, appendix
A1.1) as datatrove reads them, but for whitespace words, blank lines and stop words as said above.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from tilth.text.buffers import counted, present, share, spans
from tilth.text.characters import BREAK, LETTER, SPACE, UNSPACED, classes, decode
from tilth.text.kernel import Bytes, Counts, Offsets, kernel

NEWLINE, HASH, DASH, DOT, BULLET, ELLIPSIS = 10, 35, 45, 46, 0x2022, 0x2026
STOP_WORDS = tuple(int.from_bytes(word.encode(), "big") for word in ("the", "be", "to", "of", "and", "that", "have", "with"))
OTHER = 0xFF
"""In a packed word: a letter beyond ASCII, or what is no letter between two that are."""


def walk(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of each text, by name; counts are int64, ratios double."""
    data, offsets = spans(column)
    totals = np.empty((len(column), 12), np.int64)
    _walk(data, offsets, classes(), totals)
    characters, words, lines, in_words, hashes, ellipses, bullets, endings, lettered, stops, letters, unspaced = totals.T
    there = present(column)
    spaced = there & (2 * unspaced <= letters)
    return {
        "characters": counted(characters, there),
        "words": counted(words, spaced),
        "lines": counted(lines, there),
        "mean_word_length": share(in_words, words, spaced),
        "hash_ratio": share(hashes, words, spaced),
        "ellipsis_ratio": share(ellipses, words, spaced),
        "bullet_lines": share(bullets, lines, there),
        "ellipsis_lines": share(endings, lines, there),
        "alphabetic_words": share(lettered, words, spaced),
        "stop_words": counted(np.bitwise_count(stops), spaced),
    }


def prepare() -> None:
    """Compile what `walk` needs, before workers start."""
    _walk.compile()


@kernel
def _walk(data: Bytes, offsets: Offsets, kinds: Bytes, totals: Counts) -> None:
    for row in range(len(offsets) - 1):
        _one(data[offsets[row] : offsets[row + 1]], kinds, totals[row])


@kernel
def _one(data: Bytes, kinds: Bytes, totals: Counts) -> None:
    """Count in one text. A line break is thought of behind its end, to close the last word and line."""
    characters = words = lines = in_words = hashes = ellipses = bullets = endings = alphabetic = letters = unspaced = 0
    stops = packed = dots = at = 0
    in_word = in_line = lettered = ended = False
    while at <= len(data):
        code, width = (int(np.int64(data[at])), 1) if at < len(data) else (NEWLINE, 1)
        if code >= 128:
            code, width = decode(data, at, len(data))
        kind = kinds[code]
        at += width
        characters += 1
        if kind & SPACE:
            if in_word:
                words += 1
                alphabetic += lettered
                stops |= _stop_bit(packed)
            if in_line and kind & BREAK:
                lines += 1
                endings += ended
                in_line = False
            in_word = lettered = False
            packed = gap = dots = 0
            continue
        if not in_line:
            bullets += code in (BULLET, DASH)
        in_word = in_line = True
        in_words += 1
        hashes += code == HASH
        dots = dots + 1 if code == DOT else 0
        ended = code == ELLIPSIS or dots >= 3
        ellipses += code == ELLIPSIS or (dots > 0 and dots % 3 == 0)
        if kind & LETTER:
            letters += 1
            unspaced += (kind & UNSPACED) != 0
            packed = _pack(packed, code, gap)
            lettered, gap = True, 0
        else:
            gap = int(lettered)
    # One by one: a row that is written as a whole brings in what tells of shapes that do not fit, two seconds of compiling.
    totals[0], totals[1], totals[2], totals[3], totals[4], totals[5] = characters - 1, words, lines, in_words, hashes, ellipses
    totals[6], totals[7], totals[8], totals[9], totals[10], totals[11] = bullets, endings, alphabetic, stops, letters, unspaced


@kernel
def _pack(packed: int, code: int, gap: int) -> int:
    """Put a letter behind those of its word, a byte each (1 as `gap`: something else stands between). Only the
    last eight fit in, so no longer word looks like one of four letters."""
    if gap:
        packed = packed << 8 | OTHER
    return packed << 8 | (code | 0x20 if code < 128 else OTHER)


@kernel
def _stop_bit(packed: int) -> int:
    """A bit of its own for each stop word, none for any other word."""
    for place, word in enumerate(STOP_WORDS):
        if packed == word:
            return 1 << place
    return 0
