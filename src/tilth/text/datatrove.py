"""The measures of datatrove's filters (version 0.10, pipeline/filters/gopher_quality_filter.py, gopher_repetition_filter.py,
c4_filters.py and fineweb_quality_filter.py), for English.

- A word is a token of spaCy's English tokenizer, so that punctuation is a word, and "don't" is two.
- `words` and `mean_word_length` leave out words of punctuation alone; `hash_ratio`, `ellipsis_ratio`, `alphabetic_words` do not.
- `stop_words`: how many of the eight there are, in small letters.
- Lines of `bullet_lines` and `ellipsis_lines` are those of `str.splitlines()`, blank ones too.
- Repeated lines are pieces between runs of newlines, paragraphs between runs of two or more of the stripped text; empty
  pieces count. From its second occurrence on a piece is a duplicate, and its characters are divided by all.
- `top_N_gram`: the characters of the first most frequent run, with spaces, times its count, divided by all characters: above 1
  where occurrences overlap, and also if the run occurs once.
- `duplicate_N_grams`: from the first word on, a run that has been met adds its characters and is stepped over. Two runs are the
  same if their characters are.
- C4: a line is dropped for a word of more than 1,000 characters, for no end mark (. ? ! " ') or three dots behind it, for fewer than
  three words, for "javascript" and for phrases of policies; and a text for "lorem ipsum" and { in a line that is left. The
  sentences of the lines left are counted by spaCy's sentencizer. The text itself stays as it is.
- FineWeb: lines are pieces between newlines that are not blank, with white space at their ends; so a line that a space follows is not ended.

Where datatrove divides by nothing and fails, the measure is null: not judged. Its filter of repetition drops an empty text before it
measures; here that is left to the rules of Gopher (`words`) and FineWeb (`lines`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.text import pieces, runs, tokens
from tilth.text.buffers import as_texts, counted, present, share
from tilth.text.dialect_characters import LETTER, STOP, UNMARKED, kinds
from tilth.text.pieces import Described, Spans
from tilth.text.repeats_of_segments import segments

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
SHORT = 30
LONGEST_WORD, LEAST_WORDS = 1000, 3
CITATION = re.compile(r"\[\d*]|\[edit]|\[citation needed]")
END_MARKS = (".", "?", "!", '"', "'")
POLICIES = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")


def of_words(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of Gopher, of its repetition and of FineWeb, which share the tokens: finding those takes nearly all of the
    time. Raises Missing without spaCy."""
    there, words = present(column), pieces.described(tokens.spacy_tokens(column))
    return {**_gopher(column, words, there), **_repetition(column, words, there), **_fineweb(column, words.spans.counts(), there)}


def c4(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of C4. Raises Missing without spaCy."""
    told = [(None, None, None) if text is None else _page(text) for text in as_texts(column).to_pylist()]
    names = ("lorem_ipsum", "curly_brackets", "sentences")
    return {name: pa.array([row[place] for row in told], pa.int64()) for place, name in enumerate(names)}


def _gopher(column: pa.Array, words: Described, there: npt.NDArray[np.bool_]) -> Mapping[str, pa.Array]:
    texts, every = as_texts(column), words.spans
    real, stops = words.seen & UNMARKED != 0, np.zeros(len(column), np.int64)
    for word in STOP_WORDS:
        stops += every.sums(words.hashes == pieces.hash_of(word)) > 0
    lines = [[line.strip() for line in text.splitlines()] if text else [] for text in texts.to_pylist()]
    whole = np.array([len(row) for row in lines], np.int64)
    return {
        "words": counted(every.sums(real), there),
        "mean_word_length": share(every.sums(real * words.lengths), every.sums(real), there),
        "hash_ratio": share(_times(texts, "#"), every.counts(), there),
        "ellipsis_ratio": share(_times(texts, "...") + _times(texts, "…"), every.counts(), there),
        "bullet_lines": share(_sums(lines, lambda line: line.startswith(("•", "-"))), whole, there),
        "ellipsis_lines": share(_sums(lines, lambda line: line.endswith(("...", "…"))), whole, there),
        "alphabetic_words": share(every.sums(words.seen & LETTER != 0), every.counts(), there),
        "stop_words": counted(stops, there),
    }


def _repetition(column: pa.Array, words: Described, there: npt.NDArray[np.bool_]) -> Mapping[str, pa.Array]:
    texts = pieces.wholes(column)
    whole, found = pieces.described(texts).lengths, runs.runs(words, joined=True)
    measures = {}
    for name, spans in (("paragraph", pieces.cut(pieces.stripped(texts), 2, greedy=True)), ("line", pieces.cut(texts, greedy=True))):
        told = segments(pieces.described(spans))
        measures[f"duplicate_{name}s"] = share(told.again, told.number, there)
        measures[f"duplicate_{name}_characters"] = share(told.again_characters, whole, there)
    for length in range(2, 11):
        if length <= runs.TOP:
            often, size = (found[:, runs.place(length, one)] for one in (runs.OFTEN, runs.SIZE))
            some = there & (words.spans.counts() >= length)
            measures[f"top_{length}_gram"] = share(often * (size + length - 1), whole, some)
        else:
            measures[f"duplicate_{length}_grams"] = share(found[:, runs.place(length, runs.GREEDY)], whole, there)
    return measures


def _fineweb(column: pa.Array, words: npt.NDArray[np.int64], there: npt.NDArray[np.bool_]) -> Mapping[str, pa.Array]:
    texts, lines = as_texts(column), _written(pieces.cut(pieces.wholes(column)))
    newlines = _times(texts, "\n")
    whole, found = pieces.described(pieces.wholes(column)).lengths, pieces.described(lines)
    ended = kinds()[found.last] & STOP != 0
    return {
        "lines": counted(lines.counts(), there),
        "ended_lines": share(lines.sums(ended), lines.counts(), there),
        "short_lines": share(lines.sums(found.lengths <= SHORT), lines.counts(), there),
        "repeated_line_characters": share(segments(found).again_characters, whole - newlines, there),
        "newline_ratio": share(newlines, words, there),
    }


def _written(spans: Spans) -> Spans:
    bounds = pieces.stripped(spans).bounds
    return spans.some(bounds[:, 0] < bounds[:, 1])


def _times(texts: pa.Array, text: str) -> npt.NDArray[np.int64]:
    return np.asarray(pc.fill_null(pc.count_substring(texts, text), 0), np.int64)


def _sums(rows: Sequence[Sequence[str]], told: Callable[[str], bool]) -> npt.NDArray[np.int64]:
    return np.array([sum(map(told, row)) for row in rows], np.int64)


def _page(text: str) -> tuple[int, int, int | None]:
    """Whether "lorem ipsum" or { is met in a line that is left, whichever comes first; else the sentences of those lines."""
    sentences = 0
    for line in text.splitlines():
        words, bare = line.split(), CITATION.sub("", line.strip())
        if _is_left(words, bare):
            low = bare.lower()
            if "lorem ipsum" in low:
                return 1, 0, None
            if "javascript" in low:
                continue
            if "{" in bare:
                return 0, 1, None
            if not any(policy in low for policy in POLICIES):
                sentences += tokens.sentences(bare)
    return 0, 0, sentences


def _is_left(words: list[str], bare: str) -> bool:
    """Whether a line has no word that is too long, ends as a sentence does, and has words enough; these are counted with citations."""
    if any(len(word) > LONGEST_WORD for word in words):
        return False
    return bare.endswith(END_MARKS) and not bare.endswith("...") and len(words) >= LEAST_WORDS
