"""Terms of a list in a text: words and phrases that stand there whole, in capital or small letters.

- Text and terms are compared in Unicode's form NFC and then case-folded as `str.casefold()` does, so "STRASSE" is
  "Straße". Any run of white space counts as one space.
- A term stands whole: on neither side of it may two letters, marks or numbers (categories L, M, N) meet, one of the
  term and one of what stands beside it. In scripts that set no space between words (Chinese, Japanese, Thai …)
  characters do not hold together in this way, so there a term is found anywhere.
- Of the terms that begin at one place the longest counts, and what it covers is not looked at again.

`blocked_terms` is how many are found, `blocked_share` their number divided by the words of the text (pieces between
white space; null, not judged, in scripts without spaces and where there is no word), and `blocked_term` the number of
the first one, counted from 1 over all lists: it tells the term to those who have the list, and nobody else.

The terms of a list make a trie, whose edges stand in one table of hashes. Texts are walked once; the trie is asked
where a word begins, so the time hardly depends on how many terms there are.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba.core import types

from tilth.errors import AskedWrong, NotThere
from tilth.text.buffers import as_texts, counted, present, share, valued_spans
from tilth.text.characters import LETTER, SPACE, UNSPACED, UNSPACED_SCRIPTS, classes, decode
from tilth.text.hashing import NOTHING
from tilth.text.kernel import Bytes, Counts, Offsets, kept, kernel
from tilth.text.normalise import normalised
from tilth.text.shingles import stir

ALL = "all"
"""The list that holds for every language."""

Named = tuple[tuple[str, tuple[str, ...]], ...]
"""Lists of terms by the code of their language, or `all`."""

Characters = Annotated[npt.NDArray[np.uint32], types.Array(types.uint32, 1, "C", readonly=True)]
"""For each code point what it folds to, and marks."""

Longer = Annotated[npt.NDArray[np.int32], types.Array(types.int32, 2, "C", readonly=True)]
"""The characters of those that fold to several, filled up with `END`."""

Edges = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 2, "C", readonly=True)]
"""For each edge of the trie its state and character, and the state it leads to with the number of the term that ends there."""

Filled = Annotated[npt.NDArray[np.uint64], types.Array(types.uint64, 2, "C")]
"""The same, written."""

Roots = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 1, "C", readonly=True)]

HOLDS, WHITE, LETTERS, APART, SEVERAL = 1 << 21, 1 << 22, 1 << 23, 1 << 24, 1 << 25
"""Marks of a character: it holds together with one beside it; white space; a letter; of a script without spaces; it folds to
several."""
FOLDED = HOLDS - 1

ONE = np.uint64(1)
CODE_BITS, HIGH = np.uint64(21), np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
END = -1
"""Fills up a line of characters."""


@dataclass(frozen=True, eq=False)
class Terms:
    """Lists of terms, ready to be looked for. `roots`: where the trie of each language begins."""

    edges: npt.NDArray[np.uint64]
    roots: Mapping[str, int]
    digest: str


def read_terms(path: str) -> tuple[str, ...]:
    """The terms of a file, one a line, in UTF-8; blank lines and line ends are none. Raises NotThere."""
    try:
        written = Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise NotThere(f"The list of terms cannot be read: {error.strerror}.", where=path) from error
    except UnicodeDecodeError as error:
        raise AskedWrong("The list of terms is no text in UTF-8.", where=path) from error
    return tuple(line.strip() for line in written.splitlines() if line.strip())


def folded(term: str) -> str:
    """A term as it is compared."""
    return " ".join(unicodedata.normalize("NFC", term).casefold().split())


@cache
def made(lists: Named) -> Terms:
    """The trie of these lists. Raises AskedWrong where a list has no term, or a term no character."""
    for name, terms in lists:
        if not terms:
            raise AskedWrong(f"The list of terms for `{name}` is empty.", remedy="Take it out, or write its terms.")
    every = [_written(term) for _, terms in lists for term in terms]
    numbers = {term: len(every) - place for place, term in enumerate(reversed(every))}
    shared = [term for name, terms in lists if name == ALL for term in terms]
    edges: dict[tuple[int, int], int] = {}
    roots = {name: number for number, (name, _) in enumerate(lists, 1)}
    ends = [0] * (len(lists) + 1)
    for name, terms in lists:
        for term in dict.fromkeys(map(folded, (*shared, *terms))):
            _grow(edges, ends, (roots[name], numbers[term]), term)
    told = hashlib.blake2b(repr(lists).encode(), digest_size=16).hexdigest()
    return Terms(_hashed(edges, ends), roots, told)


def _written(term: str) -> str:
    if not folded(term):
        raise AskedWrong("A term has no character.", remedy="Take the blank one out of the list.")
    return folded(term)


def _grow(edges: dict[tuple[int, int], int], ends: list[int], numbered: tuple[int, int], term: str) -> None:
    state, number = numbered
    for character in term:
        place = (state, ord(character))
        if place not in edges:
            edges[place] = len(ends)
            ends.append(0)
        state = edges[place]
    ends[state] = number


def _hashed(edges: Mapping[tuple[int, int], int], ends: Sequence[int]) -> npt.NDArray[np.uint64]:
    """The edges in a table that is at most half full."""
    table = np.zeros((1 << max(4, (2 * len(edges)).bit_length()), 2), np.uint64)
    every = [(state << 21 | code, leads | ends[leads] << 32) for (state, code), leads in edges.items()]
    _insert(np.array(every, np.uint64).reshape(-1, 2), table)
    return table


@cache
def _characters() -> npt.NDArray[np.uint32]:
    return kept("terms", _marked)


@cache
def _several() -> npt.NDArray[np.int32]:
    return np.array([[*map(ord, one.casefold()), END, END][:3] for one in _folding_to_several()], np.int32)


def _folding_to_several() -> list[str]:
    return [one for one in map(chr, range(0x110000)) if len(one.casefold()) > 1]


def _marked() -> npt.NDArray[np.uint32]:
    several = {one: SEVERAL | line for line, one in enumerate(_folding_to_several())}
    every = map(chr, range(0x110000))
    table = np.fromiter((several[one] if one in several else ord(one.casefold()) for one in every), np.uint32, 0x110000)
    table[[code for code in range(0x110000) if unicodedata.category(chr(code))[0] in "LMN"]] |= HOLDS
    for first, last in UNSPACED_SCRIPTS:
        table[first : last + 1] &= ~np.uint32(HOLDS)
    for kind, mark in ((SPACE, WHITE), (LETTER, LETTERS), (UNSPACED, APART)):
        table[(classes() & kind) != 0] |= mark
    return table


def blocked(lists: Named, column: pa.Array, languages: pa.Array | None = None) -> Mapping[str, pa.Array]:
    """The measures of each text; null where a text's language has no list."""
    terms = made(lists)
    array = normalised(as_texts(column), "NFC")
    data, offsets = valued_spans(array)
    roots = _roots(terms, len(array), languages)
    totals = np.zeros((len(array), 3), np.int64)
    _blocked(data, offsets, roots, (_characters(), _several(), terms.edges), totals)
    found, words, first = totals.T
    there = present(array) & (roots > 0)
    return {
        "blocked_terms": counted(found, there),
        "blocked_share": share(found, words, there & (words >= 0)),
        "blocked_term": counted(first, there & (first > 0)),
    }


def _roots(terms: Terms, rows: int, languages: pa.Array | None) -> npt.NDArray[np.int64]:
    """Where the trie of each row begins; 0: no list is its language's."""
    other = terms.roots.get(ALL, 0)
    if languages is None:
        return np.full(rows, other, np.int64)
    coded = as_texts(languages).dictionary_encode()
    known = np.array([*(terms.roots.get(code, other) for code in coded.dictionary.to_pylist()), other], np.int64)
    found: npt.NDArray[np.int64] = known[np.asarray(coded.indices.fill_null(len(known) - 1))]
    return found


def prepare() -> None:
    """Compile what `blocked` needs, before workers start."""
    _characters()
    _insert.compile()
    _blocked.compile()


Tables = tuple[Characters, Longer, Edges]


@kernel
def _insert(every: Edges, table: Filled) -> None:
    mask = np.uint64(len(table) - 1)
    for number in range(len(every)):
        slot = stir(every[number, 0]) & mask
        while table[slot, 0] != NOTHING:
            slot = (slot + ONE) & mask
        table[slot] = every[number]


@kernel
def _blocked(data: Bytes, offsets: Offsets, roots: Roots, tables: Tables, totals: Counts) -> None:
    characters, longer, edges = tables
    for row in range(len(totals)):
        if roots[row] > 0:
            _one(data[offsets[row] : offsets[row + 1]], roots[row], characters, longer, edges, totals[row])


@kernel
def _one(data: Bytes, root: int, characters: Characters, longer: Longer, edges: Edges, total: Counts) -> None:
    """Count the terms of one text, its words (−1: not judged), and tell the first term."""
    at = skipped = words = letters = apart = 0
    held = inside = False
    while at < len(data):
        code, width = int(np.int64(data[at])), 1
        if code >= 128:
            code, width = decode(data, at, len(data))
        kind = characters[code]
        holding, blank = (kind & HOLDS) != 0, (kind & WHITE) != 0
        if at >= skipped and not (blank or (held and holding)):
            behind, number = _longest(data, at, root, characters, longer, edges)
            if number > 0:
                skipped = behind
                total[0] += 1
                total[2] = number if total[2] == 0 else total[2]
        words += inside and blank
        inside, held = not blank, holding
        letters += (kind & LETTERS) != 0
        apart += (kind & APART) != 0
        at += width
    total[1] = words + inside if 2 * apart <= letters else -1


@kernel
def _longest(data: Bytes, at: int, root: int, characters: Characters, longer: Longer, edges: Edges) -> tuple[int, int]:
    """The longest term that begins here: the byte behind it, and its number (0: there is none)."""
    state, best, number = np.uint64(root), at, 0
    while at < len(data):
        code, width = int(np.int64(data[at])), 1
        if code >= 128:
            code, width = decode(data, at, len(data))
        at += width
        kind = characters[code]
        if kind & WHITE:
            at = _behind_white(data, at, characters)
            kind = np.uint32(32)
        if kind & SEVERAL:
            for place in range(3):
                one = longer[kind & FOLDED, place]
                state = _next(state & LOW, np.uint64(one), edges) if one >= 0 else state
        else:
            state = _next(state & LOW, np.uint64(kind & FOLDED), edges)
        if state == NOTHING:
            break
        if state > LOW and not (kind & HOLDS and at < len(data) and characters[decode(data, at, len(data))[0]] & HOLDS):
            best, number = at, int(state >> HIGH)
    return best, number


@kernel
def _behind_white(data: Bytes, at: int, characters: Characters) -> int:
    while at < len(data):
        code, width = decode(data, at, len(data))
        if not characters[code] & WHITE:
            break
        at += width
    return at


@kernel
def _next(state: np.uint64, code: np.uint64, edges: Edges) -> np.uint64:
    """The state to which a character leads, with the number of the term that ends there; 0: no term goes on so."""
    key = state << CODE_BITS | code
    mask = np.uint64(len(edges) - 1)
    slot = stir(key) & mask
    while edges[slot, 0] != NOTHING:
        if edges[slot, 0] == key:
            found: np.uint64 = edges[slot, 1]
            return found
        slot = (slot + ONE) & mask
    return NOTHING
