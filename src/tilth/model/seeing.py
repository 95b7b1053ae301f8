"""What a model sees, made to be looked at: the windows of its training, token by token, and rows cut by a tokenizer.

The stream is put together by `pack` from the same texts and marks, and cut by the same `cut` whose inputs
and labels a training is fed; here only the numbers are named. No more is tokenised than is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import tee
from typing import Any

import numpy as np

from tilth.model.pack import IGNORED, Encode, Marks, Tokens, cut, documents_of
from tilth.model.spelling import Spelling
from tilth.work import Kind, Row, Token, Window

Placed = tuple[int, Row]
"""Where in a stream a row begins, and the row."""


def windows(
    rows: Iterable[tuple[Row, str]], encode: Encode, spelling: Spelling, marks: Marks, context: int, first: int = 1, search: str = ""
) -> Iterator[Window]:
    """The windows of the stream that these rows make, in its order: from number `first` on, those in which a text
    occurs, upper or lower case."""
    for number, (piece, placed, start) in enumerate(_pieces(rows, encode, marks, context), 1):
        if number < first or (search and not _occurs(search, spelling.text(piece.tolist()))):
            continue
        tokens = tuple(_tokens(cut(piece, context), len(piece), spelling, marks, {at - start: row.number for at, row in placed}))
        trained = spelling.text([token.id for token in tokens if token.learned])
        yield Window(number, tokens, tuple(row for _, row in placed), spelling.text(piece.tolist()), trained)


def _occurs(search: str, text: str) -> bool:
    return search.casefold() in text.casefold()


def _pieces(rows: Iterable[tuple[Row, str]], encode: Encode, marks: Marks, context: int) -> Iterator[tuple[Tokens, Sequence[Placed], int]]:
    """The tokens of each window, `context` + 1 or the fewer that are left at the end, the rows that are in it, and its place."""
    told, texts = tee(rows)
    held, placed, start = list(marks.opening), list[Placed](), 0
    for (row, _), (_, ids) in zip(told, documents_of((text for _, text in texts), encode, marks), strict=True):
        if ids:
            placed.append((start + len(held), row))
        held += ids
        done = 0
        while len(held) - done > context:
            yield np.array(held[done : done + context + 1], np.int64), _within(placed, start + done, context + 1), start + done
            done += context
        if done:
            start, held = start + done, held[done:]
            placed = _within(placed, start, len(held))
    if len(held) > 1:
        yield np.array(held, np.int64), _within(placed, start, len(held)), start


def _within(placed: Sequence[Placed], start: int, length: int) -> list[Placed]:
    """The row in which a piece of the stream begins, and those that begin in it."""
    first = max((number for number, (at, _) in enumerate(placed) if at <= start), default=0)
    return [one for one in placed[first:] if one[0] < start + length]


def _tokens(fed: tuple[Tokens, Tokens], real: int, spelling: Spelling, marks: Marks, begins: Mapping[int, int]) -> Iterator[Token]:
    """The tokens of a window, from the inputs and labels that a training is fed; only the first `real` of them are no filling.

    A label is what follows its input, so each token but the first is known from the place before it."""
    inputs, labels = fed
    following = np.where(labels == IGNORED, np.append(inputs[1:], 0), labels)
    learned = [False, *(labels != IGNORED).tolist()]
    for place, one in enumerate((int(inputs[0]), *following.tolist())):
        kind = _kind(one, marks, learned=learned[place]) if place < real else "filling"
        yield Token(one, spelling[one] if place < real else "", kind, learned[place], begins.get(place))


def _kind(number: int, marks: Marks, *, learned: bool) -> Kind:
    """A mark that is both end and begin ends a text where it is learned, and begins one where it is only seen."""
    if number == marks.end and learned:
        return "end"
    if number == marks.first:
        return "begin"
    return "trained" if learned else "context"


def pieces_of(rows: Iterable[tuple[Row, str]], fast: Any, first: int = 1, search: str = "") -> Iterator[Window]:
    """Rows as a tokenizer cuts them, each by itself. `fast`: a tokenizer of the package tokenizers."""
    spelling, fast.encode_special_tokens = Spelling(fast), True
    for number, (row, text) in enumerate(rows, 1):
        if number < first or (search and not _occurs(search, text)):
            continue
        ids = fast.encode(text, add_special_tokens=False).ids
        tokens = tuple(Token(one, spelling[one], "piece", starts=None if place else row.number) for place, one in enumerate(ids))
        yield Window(number, tokens, (row,), text, "")
