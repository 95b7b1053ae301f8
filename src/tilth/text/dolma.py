"""The measures of dolma's taggers `gopher_v2` and `c4_v2` (version 1.2.1, python/dolma/taggers/gopher.py and c4.py).

- A word is a piece between white space. Of its length the median is taken.
- A line is a piece between runs of newlines; the pieces before a first and behind a last run count, empty as they are.
- `symbol_words` have a # or an …; `stop_words` are counted as often as they occur, in small letters and bare.
- `bullet_lines` begin with * or -, `ellipsis_lines` end in …; white space at the ends is not taken away.
- Lines, and runs of 5 to 10 words, that occur more than once count with all their copies. Shares of characters are of
  those in words; those of runs of 5 to 10 words, of the characters of all such runs.
- The most frequent run of 2 to 4 words (the first of several) counts even if it occurs once.
- A text without a word has 0 everywhere, but for runs, of which it has none: null.

Dolma's taggers measure, and its mixer decides. Its list of crude words is no part of this.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.text import pieces, runs
from tilth.text.buffers import as_texts, counted, present, share
from tilth.text.dialect_characters import LETTER, SYMBOL
from tilth.text.pieces import Described, Spans
from tilth.text.repeats_of_segments import Segments, segments

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
ASTERISK, DASH, ELLIPSIS = 42, 45, 0x2026


def gopher(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of words and of the ends of lines."""
    there, words = present(column), pieces.described(pieces.words(column))
    every, lines = words.spans, pieces.described(_lines(column))
    stops = np.isin(words.hashes, [pieces.hash_of(word) for word in STOP_WORDS])
    of, whole = np.maximum(every.counts(), 1), lines.spans.counts()
    starred = (lines.first == ASTERISK) | (lines.first == DASH)
    return {
        "words": counted(every.counts(), there),
        "median_word_length": pa.array(_medians(words), pa.float64(), mask=~there),
        "symbol_words": share(every.sums(words.seen & SYMBOL != 0), of, there),
        "alphabetic_words": share(every.sums(words.seen & LETTER != 0), of, there),
        "stop_words": counted(every.sums(stops), there),
        "bullet_lines": share(lines.spans.sums(starred), whole, there),
        "ellipsis_lines": share(lines.spans.sums(lines.last == ELLIPSIS), whole, there),
    }


def gopher_repetition(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of what is said again."""
    there, words = present(column), pieces.described(pieces.words(column))
    characters = np.maximum(words.spans.sums(words.lengths), 1)
    lines: Segments = segments(pieces.described(_lines(column)))
    found = runs.runs(words)
    measures = {
        "duplicate_lines": share(lines.copies, lines.number, there),
        "duplicate_line_characters": share(lines.copied, characters, there),
    }
    for length in range(2, 11):
        told = there & (words.spans.counts() >= length)
        if length <= runs.TOP:
            covered = found[:, runs.place(length, runs.OFTEN)] * found[:, runs.place(length, runs.SIZE)]
            measures[f"top_{length}_gram"] = share(covered, characters, told)
        else:
            repeated, total = (found[:, runs.place(length, one)] for one in (runs.REPEATED, runs.TOTAL))
            measures[f"duplicate_{length}_grams"] = share(repeated, np.maximum(total, 1), told)
    return measures


def c4(column: pa.Array) -> Mapping[str, pa.Array]:
    """Whether each thing occurs for which C4 drops a page, in any case of ASCII's letters: 1 or 0."""
    lowered = pc.ascii_lower(as_texts(column))
    sought = {"curly_brackets": "{", "lorem_ipsum": "lorem ipsum", "javascript": "javascript"}
    return {name: pc.cast(pc.match_substring(lowered, text), pa.int64()) for name, text in sought.items()}


def _lines(column: pa.Array) -> Spans:
    return pieces.cut(pieces.wholes(column), greedy=True)


def _medians(words: Described) -> npt.NDArray[np.float64]:
    """The median length of the words of each row, 0 where there is none: sorted by row, the middle ones are looked up."""
    rows, counts = words.spans.rows[:-1], words.spans.counts()
    if not len(words.lengths):
        return np.zeros(len(counts))
    sorted_lengths = words.lengths[np.lexsort((words.lengths, np.repeat(np.arange(len(counts)), counts)))]
    last = len(words.lengths) - 1
    low, high = (sorted_lengths[np.minimum(rows + np.maximum(middle, 0), last)] for middle in ((counts - 1) // 2, counts // 2))
    return np.where(counts > 0, (low + high) / 2, 0.0)
