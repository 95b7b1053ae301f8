"""Texts told apart by their labels: examples, batches, what is learned, and how well it was.

The texts become tokens exactly as `tilth.model.text_classifier` gives them to the trained model, which closes them as the
tokenizer does. An encoder is given a mask over what was filled up; a decoder's judgement is that of the last token before
the filling, which Transformers finds by the `pad_token_id` of the configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tilth.errors import DataRefused, NothingLeft
from tilth.intervals import wilson
from tilth.model.examples import Example, Examples
from tilth.model.formats import Labelled
from tilth.model.load import Tokenizer
from tilth.model.material import Batch, Numbers
from tilth.model.objectives import seen
from tilth.model.padding import filled, groups

AT_ONCE = 256
"""Texts that are tokenised together."""


def labels_among(names: Iterable[str]) -> list[str]:
    """The labels, sorted: their places are the numbers of the model's outputs. Raises NothingLeft for fewer than two."""
    found = sorted(set(names))
    if len(found) < 2:
        raise NothingLeft(
            f"The rows have {'one label only: ' + repr(found[0]) if found else 'no label'}.",
            accepted="To tell texts apart takes at least two.",
        )
    return found


def tokens_of(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """The tokens of texts, closed as the tokenizer closes them."""
    tokenizer.fast.encode_special_tokens = False
    ids: list[list[int]] = tokenizer.full(list(texts), padding=False, truncation=False, verbose=False)["input_ids"] if texts else []
    return ids


def examples(tokenizer: Tokenizer, rows: Iterable[tuple[int, Labelled]], labels: Sequence[str]) -> Iterator[Example]:
    """An example for each row, which comes with its number, with the number of its label in `extra`: nothing in it is learned.

    Raises DataRefused for a label that is not among the labels."""
    numbers = {label: number for number, label in enumerate(labels)}
    for some in _lots(rows):
        for (row, one), ids in zip(some, tokens_of(tokenizer, [one.text for _, one in some]), strict=True):
            if one.label not in numbers:
                raise DataRefused(
                    f"Row {row + 1:,} has the label {one.label!r}, which no row of `data` has.",
                    accepted=f"Labels: {', '.join(labels[:20])}{' …' if len(labels) > 20 else ''}.",
                    remedy="Split so that each label is in `data` (`split.stratified`), or filter these rows out.",
                )
            yield Example(row, np.array(ids, np.int32), np.zeros(len(ids), np.bool_), (), {"label": float(numbers[one.label])})


def _lots(rows: Iterable[tuple[int, Labelled]]) -> Iterator[list[tuple[int, Labelled]]]:
    lot: list[tuple[int, Labelled]] = []
    for row in rows:
        lot.append(row)
        if len(lot) == AT_ONCE:
            yield lot
            lot = []
    yield lot


class Texts:
    """Examples in a line each, with their labels. `filling`: what they are filled up with, masked."""

    def __init__(self, examples: Examples, filling: int) -> None:
        self.examples, self.filling = examples, filling
        self.sizes: Numbers = examples.lengths

    def __len__(self) -> int:
        return len(self.sizes)

    def batch(self, numbers: Sequence[int]) -> Batch:
        """`input_ids` and `attention_mask`, items × the longest, and `target`, the number of each one's label."""
        found = [self.examples[number] for number in numbers]
        lines = [one.ids.tolist() for one in found]
        ids, there = filled(lines, len(lines), max(1, *map(len, lines)), self.filling)
        target = torch.tensor([int(one.extra["label"]) for one in found])
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(there), "target": target}


@dataclass(frozen=True)
class Label:
    """The cross-entropy of each text's label, a mean over texts. `weights`: how much a text of each label counts."""

    weights: tuple[float, ...] | None = None

    def weight(self, batch: Batch) -> float:
        """The texts."""
        return float(len(batch["target"]))

    def sums(self, network: Any, batch: Batch) -> dict[str, Tensor]:
        """Over the texts: their nats, weighted, and how many labels are right."""
        logits = network(**seen(batch)).logits.float()
        weights = None if self.weights is None else torch.tensor(self.weights, device=logits.device)
        loss = cross_entropy(logits, batch["target"], weights, reduction="sum")
        return {"loss": loss, "accuracy": (logits.argmax(-1) == batch["target"]).float().sum()}


def balanced(rows: Sequence[int]) -> tuple[float, ...]:
    """Weights by which each label counts the same in all, from the rows of each; their mean over the rows is 1."""
    return tuple(sum(rows) / (len(rows) * number) for number in rows)


def judged(network: Any, material: Texts, labels: Sequence[str], tokens: int) -> dict[str, Any]:
    """How well a network tells texts apart, about `tokens` tokens at a time: the share of right labels with its 95 % interval
    (Wilson), macro-F1, and for each label its rows, precision, recall and F1; `told` says of the rows of each label which
    labels they were given."""
    told = np.zeros((len(labels), len(labels)), np.int64)
    training = network.training
    network.train(False)
    with torch.no_grad():
        for numbers, _, _ in groups(material.sizes.tolist(), tokens, int(material.sizes.max(initial=1))):
            batch = {name: tensor.to(network.device) for name, tensor in material.batch(numbers).items()}
            found = network(**seen(batch)).logits.argmax(-1)
            np.add.at(told, (batch["target"].cpu().numpy(), found.cpu().numpy()), 1)
    network.train(training)
    return _scores(told, labels)


def _scores(told: Numbers, labels: Sequence[str]) -> dict[str, Any]:
    n, right = int(told.sum()), int(np.trace(told))
    by_label = {label: _of_label(told, number) for number, label in enumerate(labels)}
    # A label that no row has and no row was given has no F1; it is left out of the mean.
    counted = [one["f1"] for number, one in enumerate(by_label.values()) if told[number].sum() + told[:, number].sum()]
    return {
        "n": n,
        "accuracy": right / n if n else None,
        "accuracy_interval": list(wilson(right, n)) if n else None,
        "macro_f1": sum(counted) / len(counted) if counted else None,
        "by_label": by_label,
        "told": told.tolist(),
    }


def _of_label(told: Numbers, number: int) -> Mapping[str, float | int]:
    right, rows, given = int(told[number, number]), int(told[number].sum()), int(told[:, number].sum())
    return {
        "rows": rows,
        "precision": right / given if given else 0.0,
        "recall": right / rows if rows else 0.0,
        "f1": 2 * right / (rows + given) if rows + given else 0.0,
    }
