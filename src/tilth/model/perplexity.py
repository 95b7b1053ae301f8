"""How surprised a model is by documents: the negative log-likelihood of every token of each, once.

A document is scored as `begin document end`: its first token is conditioned on the begin token (the
end-of-text token where there is no other), and the end of text is scored too. What is longer than the
model's context is scored in windows that move by half a context: a token is scored in the first window
that holds it, so each has at least half a context before it, none is scored twice and none is left out.

An example (`tilth.model.examples`) is scored as it stands, and only the tokens that a training would learn: its answers and
what ends them, each after all that stands before it. An encoder and a decoder reads what an answer answers, and gives the answer its
likelihood; it has none for a text by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy

from tilth.errors import AskedWrong
from tilth.model import seq2seq
from tilth.model.examples import Example
from tilth.model.held_out import Asking
from tilth.model.load import configuration_of
from tilth.model.pack import IGNORED, pieces
from tilth.model.padding import UNLIMITED
from tilth.model.ready import Model, writes

__all__ = ["Asking", "Document", "Scorer", "refuse_texts", "spans"]

LOGITS = 1 << 26
"""At most so many logits are held at once: 256 MB in fp32."""


ROWS = 512
"""Rows whose answers are scored together."""


@dataclass(frozen=True)
class Document:
    """What scoring a document found: tokens (its end included), bytes of its text, and their nats. Of an example: of its answers."""

    tokens: int
    bytes: int
    nll: float


@dataclass(frozen=True)
class _Window:
    document: int
    seen: Sequence[int]
    learned: Sequence[int]
    first: int


class Scorer:
    """A model that scores texts; `batch` windows at a time, or as many as fit a bound of memory."""

    def __init__(self, folder: Path, device: str, batch: int | None = None) -> None:
        self.model, self.batch = Model(folder, device), batch

    def score(self, texts: Iterable[str]) -> Iterator[Document]:
        """Score each text, in order. Raises AskedWrong for an encoder and a decoder."""
        if self.model.kind != "decoder":
            raise no_text(self.model.network.config.model_type)
        for piece in pieces(texts):
            yield from _score_piece(self.model, piece, self.batch)

    def answers(self, examples: Sequence[Example], sizes: Sequence[int]) -> Iterator[Document]:
        """Score the learned tokens of each row, in order: `tokens` and `nll` are theirs alone. `examples`: one for each row, or for each
        of its answers, in the order of the rows; `sizes`: the bytes of each row's answers."""
        rows = [list(some) for _, some in groupby(examples, key=lambda one: one.row)]
        for first in range(0, len(rows), ROWS):
            some = rows[first : first + ROWS]
            nats = iter(self._nats([one for row in some for one in row]))
            for row, size in zip(some, sizes[first : first + ROWS], strict=True):
                yield Document(sum(int(np.count_nonzero(one.learned[1:])) for one in row), size, sum(float(next(nats)) for _ in row))

    def _nats(self, examples: Sequence[Example]) -> Sequence[float]:
        """The nats of each example's learned tokens."""
        if self.model.kind == "decoder":
            ids, learned = [one.ids.tolist() for one in examples], [one.learned.tolist() for one in examples]
            return [float(nll) for nll in _scored(self.model, ids, learned, self.batch)]
        return responded(self.model, examples, self.batch)

    @property
    def facts(self) -> dict[str, Any]:
        """On what and within what context it scores."""
        context = self.model.context if self.model.context < UNLIMITED else None
        return {"device": self.model.device.type, "precision": "fp32", "context": context}


def no_text(name: str) -> AskedWrong:
    """The error for a text that an encoder and a decoder is to go on with."""
    return AskedWrong(
        f"`{name}` is an encoder–decoder; it answers one text with another, and has no likelihood for a text by itself.",
        remedy="Score its answers, with rows that have them: `on: answers`.",
    )


def refuse_texts(folder: Path) -> None:
    """Raises AskedWrong for the folder of a model that gives texts no likelihood."""
    if writes(folder) != "decoder":
        raise no_text(configuration_of(folder).model_type)


def responded(model: Model, examples: Sequence[Example], batch: int | None) -> list[float]:
    """The nats of each example's target, given its source; sources are filled up at the right, and masked."""
    objective, config = seq2seq.TargetToken(seq2seq.start_of(model.network.config)), model.network.config
    order = sorted(range(len(examples)), key=lambda number: -len(examples[number].ids))
    nats = [0.0] * len(examples)
    while order:
        longest = len(examples[order[0]].ids)
        held = longest * (model.vocabulary + longest * int(getattr(config, "num_attention_heads", 1)))
        together = order[: batch or max(1, LOGITS // held)]
        given = seq2seq.batch_of([examples[number] for number in together], model.tokenizer.filling)
        with torch.inference_mode():
            found = objective.each(model.network, {name: one.to(model.device) for name, one in given.items()}).tolist()
        for number, nll in zip(together, found, strict=True):
            nats[number] = nll
        order = order[len(together) :]
    return nats


def _score_piece(model: Model, texts: Sequence[str], batch: int | None) -> list[Document]:
    marks = model.tokenizer.marks
    ids = [[marks.first, *found, marks.end] for found in model.tokenizer.encode(texts)]
    nats = _scored(model, ids, [None] * len(ids), batch)
    sizes = (len(text.encode()) for text in texts)
    return [Document(len(row) - 1, size, float(nll)) for row, size, nll in zip(ids, sizes, nats, strict=True)]


def _scored(model: Model, rows: Sequence[Sequence[int]], learned: Sequence[Sequence[bool] | None], batch: int | None) -> npt.NDArray[np.float64]:
    """The nats of each row: of all its tokens but the first, or of those that are learned."""
    windows = [window for number, row in enumerate(rows) for window in _windows(number, row, learned[number], model.context)]
    windows.sort(key=lambda window: -len(window.seen))
    nats = np.zeros(len(rows))
    at = 0
    while at < len(windows):
        size = batch or max(1, LOGITS // (len(windows[at].seen) * model.vocabulary))
        together = windows[at : at + size]
        np.add.at(nats, [window.document for window in together], _nats(model, together))
        at += size
    return nats


def spans(tokens: int, context: int) -> Iterator[tuple[int, int, int]]:
    """The windows over `tokens` places to score: where each starts and stops, and its first place not yet scored."""
    scored = 0
    while scored < tokens:
        step = context if scored == 0 else max(1, context // 2)
        stop = min(scored + step, tokens)
        yield max(0, stop - context), stop, scored
        scored = stop


def _windows(document: int, row: Sequence[int], learned: Sequence[bool] | None, context: int) -> Iterator[_Window]:
    """The windows of a row in which something is scored."""
    wanted = row if learned is None else [token if one else IGNORED for token, one in zip(row, learned, strict=True)]
    for start, stop, first in spans(len(row) - 1, context):
        targets = wanted[start + 1 : stop + 1]
        if learned is None or any(learned[first + 1 : stop + 1]):
            yield _Window(document, row[start:stop], targets, first - start)


def _nats(model: Model, windows: Sequence[_Window]) -> list[float]:
    """The nats of the windows' unscored places. Rows are filled up at the right, which no earlier place can see."""
    longest = max(len(window.seen) for window in windows)
    seen = np.zeros((len(windows), longest), np.int64)
    learned = np.full((len(windows), longest), IGNORED, np.int64)
    for row, window in enumerate(windows):
        seen[row, : len(window.seen)] = window.seen
        learned[row, window.first : len(window.learned)] = window.learned[window.first :]
    with torch.inference_mode():
        inputs, labels = torch.from_numpy(seen).to(model.device), torch.from_numpy(learned).to(model.device)
        logits = model.network(input_ids=inputs, use_cache=False).logits.float()
        nats = cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none")
        return [float(nll) for nll in nats.view(labels.shape).cpu().double().sum(1)]
