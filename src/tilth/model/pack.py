"""Documents as one stream of tokens on disk, cut into windows without losing a token.

The stream is `end doc end doc end …`, where `end` is the end-of-text token; a tokenizer with a begin
token of its own gives `begin doc end begin doc end …`. A window of `context` tokens is seen, and the
`context` tokens one place further are learned. So every token of every document, and the end of each,
is learned in exactly one window; only the very first token of the stream is never a label. The last
window of the stream is shorter: it is filled up, and the filling is masked.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.errors import NothingLeft
from tilth.model.checkpoint import sync

IGNORED = -100
"""The label of a place that is not learned, as torch's cross-entropy has it."""
PIECE = 1_000_000
"""Characters that are tokenised at once."""

Tokens = npt.NDArray[np.int64]
Encode = Callable[[Sequence[str]], Iterable[Sequence[int]]]


@dataclass(frozen=True)
class Stream:
    """A stream of tokens in a file, and what went into it. `kind`: <u2 or <u4, the narrowest that holds the vocabulary;
    `lengths`: how many documents have each number of tokens, those of their marks among them."""

    file: Path
    tokens: int
    documents: int
    empty: int
    bytes: int
    kind: str
    lengths: Mapping[int, int] = field(default_factory=dict)

    def read(self) -> npt.NDArray[np.unsignedinteger[Any]]:
        """The tokens, mapped into memory and not read before they are needed."""
        return np.memmap(self.file, dtype=self.kind, mode="r", shape=(self.tokens,))


@dataclass(frozen=True)
class Marks:
    """The tokens between documents."""

    end: int
    begin: int | None = None

    @property
    def shared(self) -> bool:
        """Whether one token both ends a document and begins the next."""
        return self.begin is None or self.begin == self.end

    @property
    def first(self) -> int:
        """The token that a document's first token is conditioned on."""
        return self.end if self.begin is None else self.begin

    @property
    def opening(self) -> list[int]:
        """What stands at the beginning of the stream, before the first document."""
        return [self.end] if self.shared else []

    def around(self, ids: Sequence[int]) -> list[int]:
        """A document as it stands in the stream."""
        return [*ids, self.end] if self.shared else [self.first, *ids, self.end]


def write(texts: Iterable[str], encode: Encode, marks: Marks, vocabulary: int, file: Path, identity: Mapping[str, Any]) -> Stream:
    """Tokenise all texts into `file`; a file that is already complete for this identity is taken as it is.

    Raises: NothingLeft when there is no token in any text."""
    note = file.with_suffix(".json")
    known = _complete(file, note, identity)
    if known is not None:
        return known
    note.unlink(missing_ok=True)
    stream = _write(texts, encode, marks, file, "<u2" if vocabulary <= 1 << 16 else "<u4")
    if not stream.documents:
        remedy = "`--until` with the name of its dataset ends the run before, so that it can be looked at."
        raise NothingLeft("There is no token in any text to learn from.", remedy=remedy)
    facts = {name: value for name, value in asdict(stream).items() if name != "file"}
    half = note.with_suffix(".half")
    half.write_text(json.dumps({"identity": dict(identity), "stream": facts}), encoding="utf-8")
    sync(half)
    half.rename(note)
    return stream


def _complete(file: Path, note: Path, identity: Mapping[str, Any]) -> Stream | None:
    if not (file.exists() and note.exists()):
        return None
    said = json.loads(note.read_text(encoding="utf-8"))
    lengths = {int(length): times for length, times in said["stream"].pop("lengths", {}).items()}
    stream = Stream(file=file, lengths=lengths, **said["stream"])
    whole = file.stat().st_size == stream.tokens * np.dtype(stream.kind).itemsize
    told = sum(lengths.values()) == stream.documents  # a version before this one did not tell them
    return stream if whole and told and said["identity"] == dict(identity) else None


def _write(texts: Iterable[str], encode: Encode, marks: Marks, file: Path, kind: str) -> Stream:
    documents = empty = read = 0
    tokens = len(marks.opening)
    lengths: Counter[int] = Counter()
    with file.open("wb") as out:
        out.write(np.array(marks.opening, kind).tobytes())
        for text, ids in documents_of(texts, encode, marks):
            if not ids:
                empty += 1
                continue
            out.write(np.array(ids, kind).tobytes())
            documents, tokens, read = documents + 1, tokens + len(ids), read + len(text.encode())
            lengths[len(ids)] += 1
        out.flush()
    sync(file)
    return Stream(file, tokens, documents, empty, read, kind, dict(lengths))


def documents_of(texts: Iterable[str], encode: Encode, marks: Marks) -> Iterator[tuple[str, list[int]]]:
    """Each text with its tokens as they stand in the stream; none for a text without a token."""
    for piece in pieces(texts):
        for text, ids in zip(piece, encode(piece), strict=True):
            yield text, marks.around(ids) if ids else []


def pieces(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts in lists of about a million characters, so that memory stays the same whatever their number."""
    piece: list[str] = []
    size = 0
    for text in texts:
        piece.append(text)
        size += len(text) + 64
        if size >= PIECE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def cut(piece: Tokens, context: int) -> tuple[Tokens, Tokens]:
    """The inputs and the labels of the `context` + 1 tokens of a window, or of the fewer that are left at the end of the
    stream: both `context` long; masked places have the input 0 and the label −100."""
    inputs, labels = np.zeros(context, np.int64), np.full(context, IGNORED, np.int64)
    inputs[: len(piece) - 1], labels[: len(piece) - 1] = piece[:-1], piece[1:]
    return inputs, labels


class Windows:
    """The windows of a stream: `len`, and by number what is seen and what is learned."""

    def __init__(self, stream: Stream, context: int) -> None:
        self.context = context
        self.labels = stream.tokens - 1
        self._tokens = stream.read()

    def __len__(self) -> int:
        return -(-self.labels // self.context)

    def __getitem__(self, number: int) -> tuple[Tokens, Tokens]:
        """The inputs and the labels of a window, both `context` long; masked places have the label −100."""
        start = number * self.context
        return cut(np.asarray(self._tokens[start : start + self.context + 1], dtype=np.int64), self.context)
