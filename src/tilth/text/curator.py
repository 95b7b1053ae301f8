"""The measures of NeMo Curator's heuristic filters (version 1.4.0, stages/text/filters/heuristic/string.py and repetition/repetition.py).

- A word is a piece between white space, a line a piece between newlines that is not blank, a paragraph a piece between
  two newlines, empty ones too. Lines are compared as they are, and looked at without white space at their ends.
- `symbol_words` are an ellipsis mark, or have more runs of # than half of their characters: "#" is one, "##" and "#a" are not.
- `unique_lines` and the like are what is left when each line or paragraph stands once, divided by all of them.
- `top_N_gram`: the characters that go if the most frequent run of N words is deleted from the text as it is written with
  single spaces (also inside other words), divided by all characters. Of several as frequent runs the first is taken here;
  there it is the one that Python's hash seed puts first in a set.
- `duplicate_N_grams`: runs that have occurred before, each character once, with the spaces between their words,
  divided by all characters.
- A text with fewer than N words has 1 for both, and is dropped.
- `boilerplate`: the share of paragraphs with a phrase of policies; 1 if one has "lorem ipsum".

Where Curator divides by nothing and fails, as in white space alone, the measure is null: not judged. Its filters of
numbers, addresses, brackets, white space and characters that are no letters are not Gopher's, and no part of this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.text import pieces, runs
from tilth.text.buffers import as_texts, counted, present, share
from tilth.text.dialect_characters import ALPHABETIC, BULLET, SYMBOL, kinds
from tilth.text.pieces import Described, Spans
from tilth.text.repeats_of_segments import segments

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
ELLIPSES = ("...", "[...]", "…", "(...)", "[…]", "-»", "read more..", "read more")
END_MARKS = tuple(map(ord, ".?!\"'"))

POLICIES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "privacy overview",
    "use of cookies",
    "use cookies",
    "privacy & cookies policy",
    "privacy and cookies policy",
    "necessary cookies are absolutely essential for the website to function properly. this category only includes cookies that ensures "
    "basic functionalities and security features of the website. these cookies do not store any personal information.",
    "any cookies that may not be particularly necessary for the website to function and is used specifically to collect user personal data "
    "via analytics, ads, other embedded contents are termed as non-necessary cookies. it is mandatory to procure user consent prior to "
    "running these cookies on your website.",
    "if you continue to browse this site without changing your cookie settings, you agree to this use. acceptread more",
)
"""Its `policy_substrings` (stages/text/utils/constants.py), without two in which another one stands."""

HASHES = re.compile(rb"#+")

SUSPECT = "(?i)lorem ipsum|terms of use|privacy|cookie"
"""What stands in every text with a phrase of policies; the letter k has a third form, which this knows."""


def gopher(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of words and of the ends of lines."""
    there, words = present(column), pieces.described(pieces.words(column))
    every, count, lines = words.spans, words.spans.counts(), _lines(column)
    stops = np.isin(words.hashes, [pieces.hash_of(word) for word in STOP_WORDS])
    return {
        "symbol_words": share(every.sums(_symbols(words)), count, there),
        "words": counted(count, there),
        "alphabetic_words": share(every.sums(words.seen & ALPHABETIC != 0), count, there),
        "stop_words": counted(np.minimum(every.sums(stops), 2), there),
        "mean_word_length": share(every.sums(words.lengths), count, there),
        "ellipsis_lines": share(lines.sums(pieces.ends_with(lines, ELLIPSES)), lines.counts(), there),
        "bullet_lines": share(lines.sums(kinds()[pieces.described(lines).first] & BULLET != 0), lines.counts(), there),
    }


def gopher_repetition(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures of what is said again."""
    there, texts = present(column), pieces.wholes(column)
    whole, words = pieces.described(texts).lengths, pieces.described(pieces.words(column))
    measures = {}
    for name, spans in (("line", pieces.cut(texts).some(_written(pieces.cut(texts)))), ("paragraph", pieces.cut(texts, 2))):
        found = segments(pieces.described(spans))
        measures[f"unique_{name}s"] = share(found.number - found.again, found.number, there)
        measures[f"unique_{name}_characters"] = share(found.characters - found.again_characters, found.characters, there)
    told = runs.runs(words)
    for length in range(2, 11):
        if length <= runs.TOP:
            times = runs.occurrences(words.spans, texts, told[:, runs.place(length, runs.WHERE)].copy(), length)
            part, name = times * (told[:, runs.place(length, runs.SIZE)] + length - 1), f"top_{length}_gram"
        else:
            part, name = told[:, runs.place(length, runs.SECOND)], f"duplicate_{length}_grams"
        short = words.spans.counts() < length
        measures[name] = share(np.where(short, 1, part), np.where(short, 1, whole), there)
    return measures


def c4(column: pa.Array) -> Mapping[str, pa.Array]:
    """The measures that it takes from C4."""
    there, words, lines = present(column), pieces.words(column), _lines(column)
    ends = pieces.described(lines).last
    lengths = np.append(pieces.described(words).lengths, 0)
    longest = np.maximum.reduceat(lengths, words.rows[:-1]) if len(words.rows) > 1 else np.empty(0, np.int64)
    return {
        "boilerplate": _boilerplate(column),
        "unended_lines": share(lines.sums(~np.isin(ends, END_MARKS)), lines.counts(), there),
        "longest_word": counted(longest, there & (words.counts() > 0)),
    }


def _lines(column: pa.Array) -> Spans:
    return pieces.filled(pieces.stripped(pieces.cut(pieces.wholes(column))))


def _written(spans: Spans) -> npt.NDArray[np.bool_]:
    """Which spans are not blank."""
    bounds = pieces.stripped(spans).bounds
    return bounds[:, 0] < bounds[:, 1]


def _symbols(words: Described) -> npt.NDArray[np.bool_]:
    found = np.isin(words.hashes, [pieces.hash_of(mark) for mark in ELLIPSES])
    for place in np.flatnonzero(words.seen & SYMBOL != 0).tolist():
        start, stop = words.spans.bounds[place]
        word = words.spans.data[start:stop].tobytes()
        found[place] |= len(HASHES.findall(word)) / words.lengths[place] > 0.5
    return found


def _boilerplate(column: pa.Array) -> pa.Array:
    texts = as_texts(column)
    told = pc.if_else(pc.is_valid(texts), pa.scalar(0.0), pa.scalar(None, pa.float64())).to_pylist()
    for row in np.flatnonzero(pc.fill_null(pc.match_substring_regex(texts, SUSPECT), False)).tolist():
        told[row] = _policies(texts[row].as_py())
    return pa.array(told, pa.float64())


def _policies(text: str) -> float:
    paragraphs = [paragraph.strip().lower() for paragraph in text.split("\n\n")]
    if any("lorem ipsum" in paragraph for paragraph in paragraphs):
        return 1.0
    return sum(any(policy in paragraph for policy in POLICIES) for paragraph in paragraphs) / len(paragraphs)
