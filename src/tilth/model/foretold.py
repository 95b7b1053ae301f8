"""What a training will take, by formulas, before anything is loaded: memory by kind, operations, disk. No torch here.

A rehearsal measures the same on the real network (`tilth.model.rehearsal`), and is to be believed where they differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tilth.model.adapter import Adapter
from tilth.model.fitting import Fitted, fitting, what_helps
from tilth.model.sizes import Sizes
from tilth.model.strategies import share_of
from tilth.work import Launcher

PROCESS = 595_000_000
"""Bytes of a process that has its rows and is about to load a network: 594 to 598 MB with torch 2.13, Transformers 5.23 and PEFT 0.21 on Linux."""

GAPS = 0.8
"""Of the activations, what the C library keeps on a CPU beside them for blocks that were freed (glibc 2.36; `python -m bench.budget`). To have it
give them back at once (`MALLOC_MMAP_THRESHOLD_`) costs 1.5 to 2.2 times the time of a step, since each page is then given out anew."""

PACKED = {4: 0.516, 8: 1.0}
"""Bytes of a quantised weight: NF4 in blocks of 64 with quantised constants (Dettmers et al. 2023: 4.127 bits), or 8 bits."""

STATES = {"adamw": 8.0, "adamw_8bit": 2.03, "adafactor": 0.1, "sgd": 0.0}
"""Bytes of an optimizer's states for each weight that is trained."""

KEPT = {4: (12.0, 57.0), 2: (11.0, 32.0)}
"""Bytes that a block keeps of a token for the way back, for each number of its feed-forward's inner size and of its width, by the bytes of
a number: counted on the graphs of llama, gpt2 and gpt_neox (`tilth.model.budget`); what differs between them is left out."""

AGAIN = 1.33
"""Of a block that is computed again: what it keeps, and the gradients that it makes, over what it keeps."""

LOGITS = 1 << 26
"""Logits that are held at once (`tilth.model.objectives.AT_ONCE`), of 12 bytes: themselves, their log-softmax, their gradient."""

SHORTER = 256
"""No shorter lines than these are proposed where memory is too small."""


@dataclass(frozen=True)
class How:
    """How is trained. `lines`: rows of an item, 2 for a preference pair; `length`: tokens of the longest; `learned`: the share of them that is
    learned; `number`: bytes of a number in matrix products."""

    sizes: Sizes
    length: int
    adapter: Adapter | None = None
    optimizer: Literal["adamw", "adamw_8bit", "adafactor", "sgd"] = "adamw"
    number: Literal[2, 4] = 4
    checkpointing: bool = False
    learned: float = 1.0
    lines: int = 1
    tokens: int = 0
    """New rows of the embedding matrix."""
    launcher: Launcher | None = None
    process: int = 0
    """Bytes of the process itself; on a GPU 0."""
    head: bool = True
    """Whether learned tokens go through an output layer over the vocabulary; a classifier's do not."""

    @property
    def parameters(self) -> int:
        """All weights, an adapter's among them."""
        added = self.tokens * self.sizes.width
        return self.sizes.parameters + added + (self.sizes.adapted(self.adapter) if self.adapter else 0)

    @property
    def trainable(self) -> int:
        """The weights that are trained."""
        return self.parameters if self.adapter is None else self.sizes.adapted(self.adapter) + self.tokens * self.sizes.width

    @property
    def flops_per_token(self) -> float:
        """Operations to train a token: 2 for each weight on the way there and 2 on the way back, 2 more if it is trained, the head included
        and lookups not; and 12 · layers · width · length for attention (Chowdhery et al. 2022, appendix B). Activations that are computed
        again are left out."""
        sizes, head = self.sizes, self.sizes.vocabulary * self.sizes.width * self.head
        attention = 12.0 * sizes.layers * sizes.width * self.length
        if self.adapter is None:
            return 6.0 * (sizes.multiplied + head) + attention
        return 4.0 * (sizes.multiplied + head) + 6.0 * sizes.adapted(self.adapter) + attention

    def memory(self, micro_batch: int) -> dict[str, int]:
        """Bytes in each process, by kind, with so many items at once."""
        kinds = {
            "weights": self._weights(),
            "gradients": 4 * self.trainable,
            "optimizer": round(STATES[self.optimizer] * self.trainable),
            "activations": round(self._activations(micro_batch * self.lines)),
        }
        layer = 4 * self.sizes.multiplied // max(1, self.sizes.layers)
        outside = {"allocator": round(GAPS * kinds["activations"]), "process": self.process} if self.process else {}
        return share_of(kinds, self.launcher, layer) | outside

    def peak(self, micro_batch: int) -> float:
        """Bytes in each process, all kinds together."""
        return float(sum(self.memory(micro_batch).values()))

    def _weights(self) -> int:
        """Trained weights are fp32, and frozen ones where products are; else these lie as in their folder, or their matrices in few bits."""
        sizes = self.sizes
        if self.adapter is None:
            return 4 * self.parameters
        stored = sizes.bytes if self.number == 2 else 4 * sizes.parameters
        if self.adapter.quantized:
            each = sizes.bytes / max(1, sizes.parameters)
            stored = round((sizes.parameters - sizes.multiplied) * each + sizes.multiplied * PACKED[self.adapter.quantized])
        return stored + 4 * self.trainable

    def _activations(self, rows: int) -> float:
        sizes, tokens = self.sizes, rows * self.length
        of_inner, of_width = KEPT[self.number]
        block = tokens * (of_inner * sizes.inner + of_width * sizes.width)
        logits = 12.0 * min(tokens * self.learned * sizes.vocabulary, LOGITS) * self.head
        if self.checkpointing:
            return self.number * tokens * sizes.width * sizes.layers + AGAIN * block + logits
        return sizes.layers * block + logits

    def fit(self, batch: int, memory: float, most: int | None = None) -> Fitted:
        """How a batch is split in so many bytes: as many items at once as fit, at most `most`."""
        found = fitting(self.peak, memory, batch)
        if most is None or found.micro_batch <= most:
            return found
        return Fitted(most, batch // most, self.peak(most), fits=True)

    def helps(self, memory: float) -> list[str]:
        """What would take less, where not even one item fits."""
        shorter = max(SHORTER, self.length // 2)
        changes = {
            "checkpointing: true": replace(self, checkpointing=True),
            f"length: {shorter}": replace(self, length=min(shorter, self.length)),
            "optimizer: adafactor": replace(self, optimizer="adafactor"),
            "adapter: {type: lora}": replace(self, adapter=self.adapter or Adapter()),
            "adapter: {type: qlora}, checkpointing: true": replace(self, adapter=Adapter(type="qlora"), checkpointing=True),
        }
        return what_helps(self.peak(1), {words: how.peak(1) for words, how in changes.items()}, memory)

    def disk(self) -> int:
        """Bytes of the finished model; an adapter's folder holds its base."""
        return 4 * self.parameters if self.adapter is None else self.sizes.bytes + 4 * self.trainable

    def checkpoints(self, keep: int, *, best: bool) -> int:
        """Bytes on disk while it trains: weights that are trained and their states, and the best of them."""
        each = round((4 + STATES[self.optimizer]) * self.trainable)
        return keep * each + (4 * self.trainable if best else 0)
