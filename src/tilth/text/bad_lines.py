"""Texts without their bad lines, as C4 takes them out of a page: one walk that copies what stays.

A line is a piece between line breaks, as `str.splitlines()` finds it. First citation marks are taken out of it:
`[3]`, `[edit]`, `[citation needed]`. Then the line goes if

- nothing but white space is left of it;
- it does not end in terminal punctuation: a character of Unicode's property Sentence_Terminal, white space and
  closing brackets behind it aside, or a quotation mark. Three dots and … end no line;
- it has fewer words than asked, or a word longer than allowed; a word is a piece between white space;
- one of the phrases stands in it, in upper or lower case of ASCII's letters.

Where more than half of a line's letters belong to scripts without spaces, words are not judged; where they belong to
scripts without a mark for the end of a sentence (Thai, Lao, Tibetan …), its end is not. A blank line is no line.
Where lines went, one line break is left between the neighbours, or two if a blank line stood there, and none at the
ends of the text. All other bytes stay as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba.core import types

from tilth.text.buffers import spans
from tilth.text.characters import BREAK, ENDING, LETTER, QUOTE, SPACE, UNENDED, UNSPACED, classes, decode
from tilth.text.kernel import Bytes, Offsets, kernel
from tilth.text.lines import CARRIAGE_RETURN, CLOSING_BRACKETS, DOT, ELLIPSIS, NEWLINE

Written = Annotated[npt.NDArray[np.uint8], types.Array(types.uint8, 1, "C")]
Places = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 1, "C")]
Phrases = tuple[Bytes, Offsets, Bytes]
"""The bytes of all phrases, where each begins and the last one ends, and for each byte whether one begins with it."""

OPENING, CLOSING, ZERO, NINE = 91, 93, 48, 57
EDIT, NEEDED = tuple(b"[edit]"), tuple(b"[citation needed]")


@dataclass(frozen=True)
class Rules:
    """What a line must be like to stay: ended, of so many words at least, of which none has more characters than so
    many, and without these phrases. `citations`: marks of citations are taken out of it."""

    terminal_punctuation: bool
    least_words: int
    longest_word: int
    phrases: tuple[str, ...]
    citations: bool


def without_bad_lines(array: pa.LargeStringArray, rules: Rules) -> pa.LargeStringArray:
    """The texts without the lines that break a rule; the array itself where no text has any. Nulls stay null."""
    data, offsets = spans(array)
    out, places = np.empty(offsets[-1] - offsets[0], np.uint8), np.zeros(len(array) + 1, np.int64)
    wanted = np.array([rules.terminal_punctuation, rules.least_words, rules.longest_word, rules.citations], np.int64)
    if not _rewrite(data, offsets, classes(), _packed(rules.phrases), wanted, out, places):
        return array
    made = pa.LargeStringArray.from_buffers(len(array), pa.py_buffer(places), pa.py_buffer(out[: places[-1]]))
    return pc.if_else(pc.is_valid(array), made, None) if array.null_count else made


def prepare() -> None:
    """Compile what `without_bad_lines` needs, before workers start."""
    _rewrite.compile()


def _packed(phrases: tuple[str, ...]) -> Phrases:
    told = [phrase.encode().lower() for phrase in phrases]  # bytes know the letters of ASCII alone
    ends = np.cumsum([0, *map(len, told)], dtype=np.int64)
    begins = np.zeros(256, np.uint8)
    for phrase in told:
        begins[[phrase[0], phrase[:1].upper()[0]]] = 1
    return np.frombuffer(b"".join(told), np.uint8), ends, begins


@kernel
def _rewrite(data: Bytes, offsets: Offsets, kinds: Bytes, phrases: Phrases, wanted: Offsets, out: Written, places: Places) -> bool:
    """Write the texts without their bad lines, one behind the other, and where each ends. Whether any is changed."""
    filled, changed = 0, False
    for row in range(len(offsets) - 1):
        text = data[offsets[row] : offsets[row + 1]]
        end = _text(text, kinds, phrases, wanted, out, filled)
        changed |= end - filled < len(text)
        filled = end
        places[row + 1] = filled
    return changed


@kernel
def _text(text: Bytes, kinds: Bytes, phrases: Phrases, wanted: Offsets, out: Written, begin: int) -> int:
    """Write one text from `begin` on, and tell where it ends: never further than the text itself would."""
    at = told = 0  # `told`: up to here the text is written as it was, which ends at `ready`
    filled = ready = begin  # `filled`: where the last line that stays ends
    dropped = blank = False
    while at < len(text):
        end, behind = _line(text, at, kinds)
        if dropped:
            start = _break(0 if filled == begin else 1 + blank, out, filled)
        else:
            start = ready = _write(text[told:at], out, ready)
            told = at
        stop = _copy(text[at:end], wanted[3], out, start)
        words, stays = _judge(out[start:stop], kinds, wanted)
        if words == 0 and stop - start == end - at:
            blank = True
        elif words == 0 or not stays or _holds(out[start:stop], phrases):
            dropped = True
        else:
            filled = ready = stop
            told, dropped, blank = end, False, False
        at = behind
    return filled if dropped else _write(text[told:], out, ready)


@kernel
def _line(text: Bytes, at: int, kinds: Bytes) -> tuple[int, int]:
    """Where the line that begins here ends, and where the next one begins."""
    while at < len(text):
        code, width = int(np.int64(text[at])), 1
        if code >= 128:
            code, width = decode(text, at, len(text))
        if kinds[code] & BREAK:
            paired = code == CARRIAGE_RETURN and at + 1 < len(text) and text[at + 1] == NEWLINE
            return at, at + width + paired
        at += width
    return at, at


@kernel
def _break(breaks: int, out: Written, filled: int) -> int:
    """Write so many line breaks."""
    for _ in range(breaks):
        out[filled] = NEWLINE
        filled += 1
    return filled


@kernel
def _write(some: Bytes, out: Written, filled: int) -> int:
    """Write these bytes as they are, one by one: numpy's assignment of slices takes a second to compile."""
    for byte in some:
        out[filled] = byte
        filled += 1
    return filled


@kernel
def _copy(line: Bytes, citations: int, out: Written, filled: int) -> int:
    """Write a line, without its marks of citations if so wished."""
    at = 0
    while at < len(line):
        skipped = _citation(line, at) if citations and line[at] == OPENING else 0
        if skipped == 0:
            out[filled] = line[at]
            filled += 1
        at += max(skipped, 1)
    return filled


@kernel
def _citation(line: Bytes, at: int) -> int:
    """How many bytes the mark of a citation has that begins here; 0: there is none."""
    end = at + 1
    while end < len(line) and ZERO <= line[end] <= NINE:
        end += 1
    if at + 1 < end < len(line) and line[end] == CLOSING:
        return end + 1 - at
    if _says(line, at, EDIT):
        return len(EDIT)
    return len(NEEDED) if _says(line, at, NEEDED) else 0


@kernel
def _says(line: Bytes, at: int, mark: tuple[int, ...]) -> bool:
    if at + len(mark) > len(line):
        return False
    for place, byte in enumerate(mark):
        if line[at + place] != byte:
            return False
    return True


@kernel
def _judge(line: Bytes, kinds: Bytes, wanted: Offsets) -> tuple[int, bool]:
    """The words of a line, and whether it stays for its words and its end."""
    words = piece = longest = dots = letters = unspaced = unended = at = 0
    ended = False
    while at < len(line):
        code, width = int(np.int64(line[at])), 1
        if code >= 128:
            code, width = decode(line, at, len(line))
        kind = kinds[code]
        at += width
        if kind & SPACE:
            piece = dots = 0
            continue
        words += piece == 0
        piece += 1
        longest = max(longest, piece)
        dots = dots + 1 if code == DOT else 0
        if kind & ENDING:
            ended = code != ELLIPSIS and dots < 3
        elif code not in CLOSING_BRACKETS:
            ended = (kind & QUOTE) != 0
        if kind & LETTER:
            letters += 1
            unspaced += (kind & UNSPACED) != 0
            unended += (kind & UNENDED) != 0
    good_words = 2 * unspaced > letters or (words >= wanted[1] and longest <= wanted[2])
    good_end = ended or wanted[0] == 0 or 2 * unended > letters
    return words, good_words and good_end


@kernel
def _holds(line: Bytes, phrases: Phrases) -> bool:
    """Whether one of the phrases stands in the line."""
    told, ends, begins = phrases
    for at in range(len(line)):
        if begins[line[at]]:
            for number in range(len(ends) - 1):
                if _matches(line, at, told, ends[number], ends[number + 1]):
                    return True
    return False


@kernel
def _matches(line: Bytes, at: int, told: Bytes, begin: int, end: int) -> bool:
    """Whether the phrase `told[begin:end]` stands here."""
    if at + end - begin > len(line):
        return False
    for place in range(begin, end):
        byte = line[at + place - begin]
        if (byte | 0x20 if 65 <= byte <= 90 else byte) != told[place]:
            return False
    return True
