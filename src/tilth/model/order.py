"""In what order a training sees what it learns from. Known from numbers alone, so nothing is replayed on resume."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


class Order:
    """Each epoch all items of a material, in an order drawn from the seed; `items` of them in all.

    `sizes`: the tokens of each item of the material."""

    def __init__(self, sizes: Numbers, items: int, seed: int) -> None:
        self.sizes, self.items, self.seed = sizes, items, seed
        self._epoch, self._drawn = -1, np.empty(0, np.int64)

    def __len__(self) -> int:
        return self.items

    def number(self, item: int) -> int:
        """The number in the material of what is seen as the `item`-th."""
        epoch, place = divmod(item, len(self.sizes))
        return int(self._order(epoch)[place])

    def _order(self, epoch: int) -> Numbers:
        if epoch != self._epoch:
            generator = np.random.Generator(np.random.PCG64([self.seed, epoch]))
            self._epoch, self._drawn = epoch, generator.permutation(len(self.sizes))
        return self._drawn

    def tokens_before(self, item: int) -> int:
        """How many tokens were seen before the `item`-th item."""
        epochs, place = divmod(item, len(self.sizes))
        return epochs * int(self.sizes.sum()) + int(self.sizes[self._order(epochs)[:place]].sum())


class Batches:
    """The items of each micro-batch, step by step, for one of `processes` that share the work; what a DataLoader draws by.

    Within the batch of a step the longest come first, so that those of like length share a micro-batch and little is filled up.
    That moves nothing: a step's loss is the mean over the whole batch, in whatever order."""

    def __init__(self, order: Order, batch: int, micro_batch: int, process: int = 0, processes: int = 1) -> None:
        self.order, self.batch, self.micro_batch = order, batch, micro_batch
        self.process, self.processes = process, processes

    def __len__(self) -> int:
        return len(self.order) // (self.micro_batch * self.processes)

    def __iter__(self) -> Iterator[list[int]]:
        mine = self.micro_batch * self.processes
        for start in range(0, len(self.order), self.batch):
            numbers = [self.order.number(item) for item in range(start, start + self.batch)]
            numbers.sort(key=lambda number: -int(self.order.sizes[number]))
            for first in range(0, self.batch, mine):
                yield numbers[first + self.process : first + mine : self.processes]
