"""What a training learns from, as batches of tensors: windows of a stream, rows, or rows packed together.

An item is what a batch counts: a window, a row, a preference pair, or a pack of rows. A batch of items is a mapping of
tensors whose first dimension is the items', so that it can be made of any of them: `input_ids`; `labels`, shifted (the label
of place k is the token at k + 1, −100 where nothing is learned); `position_ids` where several rows share a line: they
begin anew with each row, and with no attention mask Transformers lets no row see another (tests/model/test_packing.py).
Lines are filled up at the right, where a causal model does not see it, so no mask is needed for that either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from tilth.model.examples import Example, Examples
from tilth.model.pack import IGNORED, Windows

Batch = dict[str, torch.Tensor]
Numbers = npt.NDArray[np.int64]


class Material(Protocol):
    """Items by number."""

    @property
    def sizes(self) -> Numbers:
        """The tokens of each item, filling not counted."""

    def __len__(self) -> int: ...

    def batch(self, numbers: Sequence[int]) -> Batch:
        """The tensors of these items."""


class Stretches:
    """The windows of a stream of text: all of them are full but the last."""

    def __init__(self, windows: Windows) -> None:
        self.windows = windows
        self.sizes: Numbers = np.full(len(windows), windows.context, np.int64)
        self.sizes[-1] -= len(windows) * windows.context - windows.labels

    def __len__(self) -> int:
        return len(self.windows)

    def batch(self, numbers: Sequence[int]) -> Batch:
        """`input_ids` and `labels`, items × context."""
        inputs, labels = (torch.from_numpy(np.stack(side)) for side in zip(*(self.windows[number] for number in numbers), strict=True))
        return {"input_ids": inputs, "labels": labels}


class Rows:
    """Examples, `together` next to each other in a line of its own each (2: preference pairs).

    `filling`: the token with which lines are filled up; it is never learned."""

    def __init__(self, examples: Examples, filling: int, together: int = 1) -> None:
        self.examples, self.filling, self.together = examples, filling, together
        self.sizes: Numbers = examples.lengths.reshape(-1, together).sum(1)

    def __len__(self) -> int:
        return len(self.sizes)

    def batch(self, numbers: Sequence[int]) -> Batch:
        """`input_ids` and `labels`, (items · together) × the longest of them; `extra` values by their names."""
        found = [self.examples[number * self.together + one] for number in numbers for one in range(self.together)]
        lines = filled([[one] for one in found], self.filling)
        del lines["position_ids"], lines["sequence"]
        return lines | {name: torch.tensor([one.extra[name] for one in found], dtype=torch.float32) for name in self.examples.extra}


class Packs:
    """Examples packed into lines: `bins` holds for each line the numbers of the examples in it, which see nothing of each other."""

    def __init__(self, examples: Examples, bins: Sequence[Sequence[int]], filling: int) -> None:
        self.examples, self.bins, self.filling = examples, bins, filling
        self.sizes: Numbers = np.array([int(examples.lengths[list(one)].sum()) for one in bins], np.int64)

    def __len__(self) -> int:
        return len(self.bins)

    def batch(self, numbers: Sequence[int]) -> Batch:
        """`input_ids`, `labels`, `position_ids` and `sequence`, items × the longest line. `sequence` numbers the examples of
        the batch from 0, and is −1 for filling; `extra` values stand in that order."""
        lines = [[self.examples[one] for one in self.bins[number]] for number in numbers]
        extra = {name: torch.tensor([one.extra[name] for line in lines for one in line], dtype=torch.float32) for name in self.examples.extra}
        return filled(lines, self.filling) | extra


def filled(lines: Sequence[Sequence[Example]], filling: int) -> Batch:
    """Lines of examples, filled up at the right to the length of the longest. The first token of an example is never a label of
    the one before it, and filling is a row of its own, which no other sees."""
    longest = max(sum(len(one.ids) for one in line) for line in lines)
    inputs = np.full((len(lines), longest), filling, np.int64)
    labels = np.full((len(lines), longest), IGNORED, np.int64)
    positions, sequence = np.zeros((len(lines), longest), np.int64), np.full((len(lines), longest), -1, np.int64)
    number = 0
    for row, line in enumerate(lines):
        at = 0
        for one in line:
            stop = at + len(one.ids)
            inputs[row, at:stop] = one.ids
            labels[row, at : stop - 1] = np.where(one.learned[1:], one.ids[1:], IGNORED)
            positions[row, at:stop], sequence[row, at:stop] = np.arange(stop - at), number
            at, number = stop, number + 1
        positions[row, at:] = np.arange(longest - at)
    arrays = {"input_ids": inputs, "labels": labels, "position_ids": positions, "sequence": sequence}
    return {name: torch.from_numpy(values) for name, values in arrays.items()}
