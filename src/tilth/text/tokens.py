"""Words and sentences as other packages find them: the English tokenizer of spaCy, and the word breaks of uniseg.

Both are slow beside the rest of this room and belong to the extra `dialects`: spaCy because datatrove asks it, uniseg
because DCLM does. The package itself is asked, so that its exceptions ("don't" is do and n't) are its own. spaCy takes seconds
to import, so it is imported when it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.errors import Missing
from tilth.text.buffers import as_texts, valued_spans
from tilth.text.pieces import Spans

try:
    from uniseg.wordbreak import words as uniseg_words
except ImportError:
    uniseg_words = None

REMEDY = 'Type: pip install "tilth[dialects]"'

CHUNK = re.compile("[^ \\t\\n\\v\\f\\r]+")
ASCII_WORD = re.compile(r"[A-Za-z0-9_]+(?:(?:(?<=[A-Za-z])[:.'](?=[A-Za-z])|(?<=[0-9])[.,;'](?=[0-9]))[A-Za-z0-9_]+)*")
"""A word of UAX 29 in ASCII: : . and ' stand inside it between letters, and . , ; and ' between digits."""

Pieces = npt.NDArray[np.int64]
"""A line for each piece of a text: at which character it begins, and at which it has ended."""


def spacy_version() -> str:
    """The version of spaCy, on which its tokens depend. Raises Missing."""
    try:
        return f"spaCy {version('spacy')}"
    except PackageNotFoundError as error:
        raise Missing("This dialect finds words by the package `spacy`, which is not installed.", remedy=REMEDY) from error


def uniseg_version() -> str:
    """The version of uniseg, on which its words depend. Raises Missing."""
    try:
        return f"uniseg {version('uniseg')}"
    except PackageNotFoundError as error:
        raise Missing("This dialect finds words by the package `uniseg`, which is not installed.", remedy=REMEDY) from error


def spacy_tokens(column: pa.Array) -> Spans:
    """The tokens of `spacy.blank("en")` that are no white space. Raises Missing."""
    spacy_version()
    from tilth.text import english

    return _spans(column, english.tokens)


def sentences(text: str) -> int:
    """How many sentences spaCy's sentencizer finds in a text, which are at least one. Raises Missing."""
    spacy_version()
    from tilth.text import english

    return english.sentences(text)


def uniseg_alphanumeric_words(column: pa.Array) -> Spans:
    """The pieces between the word breaks of Unicode (UAX 29) that begin with a letter or a digit. Raises Missing."""
    uniseg_version()
    return _spans(column, lambda text: np.array(list(_alphanumeric_words(text)), np.int64).reshape(-1, 2))


def _alphanumeric_words(text: str) -> Iterator[tuple[int, int]]:
    """Words break at white space of ASCII. Between two of it uniseg is asked where there is more than ASCII; else this expression
    says the same in a thousandth of the time."""
    for chunk in CHUNK.finditer(text):
        if chunk.group().isascii():
            yield from (word.span() for word in ASCII_WORD.finditer(text, *chunk.span()) if word.group()[0] != "_")
            continue
        at = chunk.start()
        for piece in uniseg_words(chunk.group()):
            if piece[0].isalnum():
                yield at, at + len(piece)
            at += len(piece)


def _spans(column: pa.Array, find: Callable[[str], Pieces]) -> Spans:
    """What `find` finds in each text, as bytes of the column; in a null there is nothing."""
    data, offsets = valued_spans(column)
    found = [_in_bytes(text, find(text)) + begin for text, begin in _texts(column, offsets)]
    rows = np.cumsum([0, *map(len, found)], dtype=np.int64)
    return Spans(data, np.concatenate([np.empty((0, 2), np.int64), *found]), rows)


def _texts(column: pa.Array, offsets: npt.NDArray[np.int64]) -> Iterator[tuple[str, int]]:
    yield from ((text or "", int(begin)) for text, begin in zip(as_texts(column).to_pylist(), offsets[:-1], strict=True))


def _in_bytes(text: str, pieces: Pieces) -> Pieces:
    """Places among characters as places among the bytes of UTF-8."""
    if text.isascii():
        return pieces
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    widths = 1 + (codes >= 0x80) + (codes >= 0x800) + (codes >= 0x10000)
    return np.concatenate([[0], np.cumsum(widths, dtype=np.int64)])[pieces]
