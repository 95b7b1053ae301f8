"""The measures of DCLM's RefinedWeb filters (mlfoundations/dclm, baselines/mappers/filters/content_filters.py, with the settings of
baselines_configs/dclm_baseline_refinedweb.yaml).

- `words` are pieces between the white space that fastText's tokenizer knows (of ASCII alone, and NUL), if they begin with a
  letter or a digit. All other measures of words take the pieces between any white space.
- `symbol_ratio` counts "#", "...", ". . ." and "…" together, and divides by words.
- A line or a paragraph is a piece between newlines, or between two of them, without white space at its ends and not empty.
- `bullet_lines` begin with ●, •, * or -; `ellipsis_lines` end in "...", ". . ." or "…".
- `stop_words` are counted as often as they occur, in any case.
- Lines and paragraphs that occur more than once count with all their copies; shares of characters are of those in them.
  One line or paragraph repeats nothing: 0. A text without any counts as repeated, 1, since its filter drops it.
- Runs of words are of Unicode's words (UAX 29, by the package uniseg) that begin with a letter or a digit, and their shares are of
  the characters in those. Of the most frequent runs of 2 to 4 words the longest counts; a run that occurs once is 0.
  Of 5 to 10 words, every word counts that stands in a run that occurs more than once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.text import pieces, runs, tokens
from tilth.text.buffers import as_texts, counted, present, share
from tilth.text.dialect_characters import ALPHANUMERIC, LETTER, kinds
from tilth.text.pieces import Spans
from tilth.text.repeats_of_segments import Segments, segments

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
SYMBOLS = ("#", "...", ". . .", "…")
BULLETS = tuple(map(ord, "●•*-"))
FASTTEXT_SPACES = tuple(b"\0\t\n\v\f\r ")


def gopher(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of words and of the ends of lines."""
    there, words = present(column), pieces.described(pieces.words(column), fold=True)
    every, count, lines = words.spans, words.spans.counts(), _segments(column, 1)
    stops = np.isin(words.hashes, [pieces.hash_of(word) for word in STOP_WORDS])
    texts = as_texts(column)
    symbols = sum(np.asarray(pc.fill_null(pc.count_substring(texts, symbol), 0), np.int64) for symbol in SYMBOLS)
    bulleted = np.isin(pieces.described(lines).first, BULLETS)
    return {
        "words": counted(_fasttext_words(column), there),
        "mean_word_length": share(every.sums(words.lengths), count, there),
        "symbol_ratio": share(np.asarray(symbols), count, there),
        "bullet_lines": share(lines.sums(bulleted), lines.counts(), there),
        "ellipsis_lines": share(lines.sums(pieces.ends_with(lines, SYMBOLS[1:])), lines.counts(), there),
        "non_alphabetic_words": share(every.sums(words.seen & LETTER == 0), count, there),
        "stop_words": counted(every.sums(stops), there),
    }


def gopher_repetition(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of what is said again. Raises Missing without uniseg."""
    there, words = present(column), pieces.described(tokens.uniseg_alphanumeric_words(column))
    found, characters = runs.runs(words), words.spans.sums(words.lengths)
    measures = {}
    for name, newlines in (("line", 1), ("paragraph", 2)):
        told = segments(pieces.described(_segments(column, newlines)))
        measures[f"duplicate_{name}s"] = _repeated(told, told.copies, told.number, there)
        measures[f"duplicate_{name}_characters"] = _repeated(told, told.copied, told.characters, there)
    for length in range(2, 11):
        some = there & (words.spans.counts() >= length)
        if length <= runs.TOP:
            often, longest = (found[:, runs.place(length, one)] for one in (runs.OFTEN, runs.LONGEST))
            measures[f"top_{length}_gram"] = share(np.where(often > 1, often * longest, 0), characters, some)
        else:
            measures[f"duplicate_{length}_grams"] = share(found[:, runs.place(length, runs.UNION)], characters, some)
    return measures


def _segments(column: pa.Array, newlines: int) -> Spans:
    return pieces.filled(pieces.stripped(pieces.cut(pieces.wholes(column), newlines)))


def _repeated(told: Segments, part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64], there: npt.NDArray[np.bool_]) -> pa.Array:
    """The share that is repeated: 1 where there is no segment."""
    none = told.number == 0
    return share(np.where(none, 1, part), np.where(none, 1, whole), there)


def _fasttext_words(column: pa.Array) -> npt.NDArray[np.int64]:
    apart = np.zeros(len(kinds()), np.uint8)
    apart[list(FASTTEXT_SPACES)] = 1
    spans = pieces.between(column, apart)
    return spans.sums(kinds()[pieces.described(spans).first] & ALPHANUMERIC != 0)
