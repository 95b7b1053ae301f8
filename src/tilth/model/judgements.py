"""Answers judged good or bad, in groups that KTO compares: each example with a mismatch, an answer that is not its prompt's.

Within a group the answers move on by one: the first prompt is put before the last answer, the second before the first
one, and so on, so that the answers of a group and of its mismatches are the same (Ethayarajh et al. 2024, section 4.1).
Groups are neighbours in an order. The last one takes in what is left over, so that no group is too small.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from tilth.errors import NothingLeft
from tilth.model.examples import Example, Examples
from tilth.model.material import Batch, Numbers, filled


def with_mismatches(examples: Sequence[Example] | Examples, order: Sequence[int], group: int, length: int) -> Iterator[Example]:
    """The examples in an order, each followed by its mismatch, with the extra values `good` and `group`. A mismatch longer than
    `length` tokens loses its end. Raises NothingLeft for fewer than two examples, which have no mismatches."""
    if len(order) < 2:
        raise NothingLeft("KTO compares each answer with those to other prompts, and there are fewer than two examples.")
    for number, (start, stop) in enumerate(_groups(len(order), group)):
        for place in range(start, stop):
            one, other = examples[order[place]], examples[order[place - 1 if place > start else stop - 1]]
            extra = {"good": one.extra["good"], "group": float(number)}
            yield Example(one.row, one.ids, one.learned, one.answers, extra)
            yield _mismatch(one, other, length, extra)


def _groups(examples: int, group: int) -> list[tuple[int, int]]:
    """Where each group starts and stops."""
    whole = max(1, examples // group)
    return [(number * group, examples if number == whole - 1 else (number + 1) * group) for number in range(whole)]


def _mismatch(one: Example, other: Example, length: int, extra: dict[str, float]) -> Example:
    """The prompt of one with the answer of the other."""
    prompt, answer = int(np.argmax(one.learned)), int(np.argmax(other.learned))
    ids = np.concatenate([one.ids[:prompt], other.ids[answer:]])[:length]
    learned = np.concatenate([one.learned[:prompt], other.learned[answer:]])[:length]
    return Example(one.row, ids, learned, ((prompt, len(ids)),), extra)


class Judgements:
    """Groups of examples, each with its mismatch, as `with_mismatches` gives them; each in a line of its own.

    `filling`: the token with which lines are filled up; it is never learned."""

    def __init__(self, examples: Examples, filling: int) -> None:
        self.examples, self.filling = examples, filling
        _, self._starts = np.unique(examples.extra["group"], return_index=True)
        self.sizes: Numbers = np.add.reduceat(examples.lengths, self._starts)

    def __len__(self) -> int:
        return len(self._starts)

    def batch(self, numbers: Sequence[int]) -> Batch:
        """`input_ids` and `labels`, lines × the longest, and the extra values of each line by their names."""
        stops = [*self._starts[1:], len(self.examples)]
        found = [self.examples[place] for number in numbers for place in range(self._starts[number], stops[number])]
        lines = filled([[one] for one in found], self.filling)
        extra = {name: torch.tensor([one.extra[name] for one in found], dtype=torch.float32) for name in self.examples.extra}
        return {"input_ids": lines["input_ids"], "labels": lines["labels"], **extra}
