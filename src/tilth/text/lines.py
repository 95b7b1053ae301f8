"""What the lines of a text are like, and how many sentences they hold: the measures of C4 and of FineWeb.

- A line is a piece between line breaks, as `str.splitlines()` finds it, that is not blank. Its characters count
  from the first to the last that is no white space. CR LF is one line break. A word is a piece between white space.
- A mark is a character of Unicode's property Sentence_Terminal (. ? ! 。 ؟ । ።), or the ellipsis ….
- A line is ended where its last character is a mark, white space and what closes behind it aside: brackets and
  quotation marks.
- A sentence ends with its line, and inside a line behind a mark, further marks and what closes behind them,
  if a letter has come since the last end. Of the marks of ASCII and the ellipsis two things more are asked: white
  space comes next, and after it no small letter ("e.g. this", "Why? he said", "3.14", "example.com" go on).
  A dot behind a single letter, as of initials, ends nothing: "J. Smith", "the U.S. Army", and also "vitamin C. It".
  Other abbreviations are not known: "Dr. Smith came." is two. Lines without a letter hold no sentence.
- "Lorem ipsum" is looked for in capital and small letters, with any white space between the two words.

Not judged (null) is what a script has no way to show: sentences and ended lines where more than half of the letters
belong to scripts without marks for the end of a sentence (Thai, Lao, Tibetan …); short lines and newlines for each
word in all scripts without spaces, in which 30 characters are a sentence. A share of no lines or words is null too.

The definitions are those of C4 (Raffel et al. 2020, arXiv 1910.10683, section 2.2) and FineWeb (Penedo et al. 2024,
arXiv 2406.17557, section 3) as datatrove reads them, but for these: words are found at white space, and sentences as
said above, where datatrove asks spaCy; all line breaks count, where FineWeb knows the newline alone; white space at
the ends of a line is no part of it; what closes behind a mark does not hide it, so that speech ends lines; and a
curly bracket is either one, where C4's code looks for the opening one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from tilth.text.buffers import counted, present, share, spans
from tilth.text.characters import BREAK, ENDING, LETTER, QUOTE, SMALL, SPACE, UNENDED, UNSPACED, classes, decode
from tilth.text.kernel import Bytes, Counts, Offsets, kernel

SHORT = 30
"""The characters of a short line, at most."""

CARRIAGE_RETURN, NEWLINE, ELLIPSIS, DOT = 13, 10, 0x2026, 46
OPENING_CURLY, CLOSING_CURLY = 123, 125
OPENING_BRACKETS = (0x28, 0x5B)
CLOSING_BRACKETS = (0x29, 0x5D, 0xFF09, 0x3011)
LOREM, IPSUM = tuple(b"lorem"), tuple(b"ipsum")
GOING_ON, MARKED, APART, OVER = 0, 1, 2, 3
"""Where a sentence stands: inside; behind a mark; behind a mark and white space; behind a mark that needs no space."""


def lines(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of each text, by name; counts are int64, ratios double."""
    data, offsets = spans(column)
    totals = np.empty((len(column), 11), np.int64)
    _lines(data, offsets, classes(), totals)
    whole, ended, short, sentences, newlines, words, curly, lorem, letters, unspaced, unended = totals.T
    there = present(column)
    marked, spaced = there & (2 * unended <= letters), there & (2 * unspaced <= letters)
    return {
        "sentences": counted(sentences, marked),
        "lorem_ipsum": counted(lorem, there),
        "curly_brackets": counted(curly, there),
        "ended_lines": share(ended, whole, marked),
        "short_lines": share(short, whole, spaced),
        "newline_ratio": share(newlines, words, spaced),
    }


def prepare() -> None:
    """Compile what `lines` needs, before workers start."""
    _lines.compile()


@kernel
def _lines(data: Bytes, offsets: Offsets, kinds: Bytes, totals: Counts) -> None:
    for row in range(len(offsets) - 1):
        _one(data[offsets[row] : offsets[row + 1]], kinds, totals[row])


@kernel
def _one(data: Bytes, kinds: Bytes, totals: Counts) -> None:
    """Count in one text. A line break is thought of behind its end, to close the last word and line."""
    lines = ended = short = sentences = newlines = words = curly = lorem = letters = unspaced = unended = 0
    at = characters = first = last = before = piece = 0
    state, in_word, in_line, lettered, marked = GOING_ON, False, False, False, False
    while at <= len(data):
        code, width = (int(np.int64(data[at])), 1) if at < len(data) else (NEWLINE, 1)
        if code >= 128:
            code, width = decode(data, at, len(data))
        kind = kinds[code]
        characters += 1
        if kind & SPACE:
            words += in_word
            state = APART if state == MARKED else state
            in_word, piece = False, 0
            if kind & BREAK:
                newlines += at < len(data) and not (code == NEWLINE and before == CARRIAGE_RETURN)
                if in_line:
                    lines, ended, short = lines + 1, ended + marked, short + (last - first < SHORT)
                    sentences += lettered
                    state, in_line, lettered, marked = GOING_ON, False, False, False
        else:
            if not in_line:
                in_line, first = True, characters
            in_word, last = True, characters
            state, over = follow(state, code, kind, kinds[before] if piece == 1 else 0)
            if over:
                sentences += lettered
                lettered = False
            marked = (kind & ENDING) != 0 or (marked and _closes(code, kind))
            piece = 0 if kind & (ENDING | QUOTE) or code in OPENING_BRACKETS else piece + 1
            if kind & LETTER:
                lettered, letters = True, letters + 1
                unspaced += (kind & UNSPACED) != 0
                unended += (kind & UNENDED) != 0
                lorem += code | 0x20 == LOREM[0] and _is_lorem_ipsum(data, at, kinds)
            else:
                curly += code in (OPENING_CURLY, CLOSING_CURLY)
        before, at = code, at + width
    # One by one: a row that is written as a whole brings in what tells of shapes that do not fit, two seconds of compiling.
    totals[0], totals[1], totals[2], totals[3], totals[4] = lines, ended, short, sentences, newlines
    totals[5], totals[6], totals[7], totals[8], totals[9], totals[10] = words, curly, lorem, letters, unspaced, unended


@kernel
def follow(state: int, code: int, kind: int, alone: int) -> tuple[int, bool]:
    """Where the sentence stands behind this character, and whether the one before has ended. `alone`: the kind of the
    character before, if it is all there is of a piece of a word."""
    if kind & ENDING and state != APART:
        if code >= 128 and code != ELLIPSIS:
            return OVER, False
        if state == GOING_ON:
            return (GOING_ON if alone & LETTER and code == DOT else MARKED), False
        return state, False
    if state == GOING_ON or (state != APART and _closes(code, kind)):
        return state, False
    over = state == OVER or (state == APART and not kind & SMALL)
    return (MARKED if kind & ENDING else GOING_ON), over


@kernel
def _closes(code: int, kind: int) -> bool:
    return (kind & QUOTE) != 0 or code in CLOSING_BRACKETS


@kernel
def _is_lorem_ipsum(data: Bytes, at: int, kinds: Bytes) -> bool:
    """Whether the two words begin here."""
    behind = at + len(LOREM)
    if not _says(data, at, LOREM):
        return False
    begin = behind
    while begin < len(data):
        code, width = decode(data, begin, len(data))
        if not kinds[code] & SPACE:
            break
        begin += width
    return begin > behind and _says(data, begin, IPSUM)


@kernel
def _says(data: Bytes, at: int, word: tuple[int, ...]) -> bool:
    """Whether these letters of ASCII stand here, in any case."""
    if at + len(word) > len(data):
        return False
    for place, letter in enumerate(word):
        if data[at + place] | 0x20 != letter:
            return False
    return True
