"""How surprised a model is by documents: the negative log-likelihood of every token of each, once.

A document is scored as `begin document end`: its first token is conditioned on the begin token (the
end-of-text token where there is no other), and the end of text is scored too. What is longer than the
model's context is scored in windows that move by half a context: a token is scored in the first window
that holds it, so each has at least half a context before it, none is scored twice and none is left out.

An example (`tilth.model.examples`) is scored as it stands, and only the tokens that a training would learn: its answers and
what ends them, each after all that stands before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy

from tilth.model.examples import Example
from tilth.model.held_out import Asking
from tilth.model.load import Model
from tilth.model.pack import IGNORED, pieces

__all__ = ["Asking", "Document", "Scorer", "spans"]

LOGITS = 1 << 26
"""At most so many logits are held at once: 256 MB in fp32."""


EXAMPLES = 512
"""Examples that are scored together."""


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
        """Score each text, in order."""
        for piece in pieces(texts):
            yield from _score_piece(self.model, piece, self.batch)

    def answers(self, examples: Sequence[Example], sizes: Sequence[int]) -> Iterator[Document]:
        """Score the learned tokens of each example, in order: `tokens` and `nll` are theirs alone. `sizes`: the bytes of its answers."""
        for first in range(0, len(examples), EXAMPLES):
            some = examples[first : first + EXAMPLES]
            rows = [one.ids.tolist() for one in some]
            nats = _scored(self.model, rows, [one.learned.tolist() for one in some], self.batch)
            for one, size, nll in zip(some, sizes[first : first + EXAMPLES], nats, strict=True):
                yield Document(int(np.count_nonzero(one.learned[1:])), size, float(nll))

    @property
    def facts(self) -> dict[str, Any]:
        """On what and within what context it scores."""
        return {"device": self.model.device.type, "precision": "fp32", "context": self.model.context}


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
