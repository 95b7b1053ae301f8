"""The course of a training: for how long, how fast, and when it looks up. No torch here."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tilth.errors import AskedWrong

CPU_TOKENS = 2048
"""Tokens of one forward and backward pass without a GPU. More at once only misses the cache: 4 × 192 llama
on 2 cores did 8,500 tokens a second with 2,048 at a time, 6,800 with 4,096 and 6,000 with 8,192."""
GPU_TOKENS = 16384
"""Tokens of one pass on a GPU."""


class Course(BaseModel):
    """What a training step of a recipe says about the training itself; read off the step by its names."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    steps: int | None
    epochs: float | None
    batch: int
    learning_rate: float
    schedule: Literal["cosine", "linear", "constant"]
    warmup: float
    weight_decay: float
    optimizer: Literal["adamw", "adamw_8bit", "adafactor", "sgd"]
    betas: tuple[float, float]
    clip: float | None
    evaluate_every: int | None
    checkpoint_every: int | None
    keep: int
    early_stopping: int | None
    best: bool
    precision: Literal["auto", "fp32", "bf16", "fp16"]

    def total_steps(self, windows: int) -> int:
        """Optimizer steps: as said, or as many as the epochs need. Raises AskedWrong for fewer than the warm-up has."""
        steps = self.steps or max(1, math.ceil(windows * (self.epochs or 1) / self.batch))
        if self.warmup_steps(steps) > steps:
            raise AskedWrong(
                f"`warmup` is {self.warmup:,g} steps, and {windows:,} items in batches of {self.batch:,} make {steps:,}; the learning rate would"
                " never be reached.",
                where="warmup",
                remedy="Give it as a share of the steps, `warmup: 0.05`, or train longer.",
            )
        return steps

    def warmup_steps(self, steps: int) -> int:
        """Below 1 the warm-up is a share of the steps, from 1 on it is a number of them."""
        return math.ceil(self.warmup * steps) if self.warmup < 1 else int(self.warmup)

    def evaluation_steps(self, steps: int) -> int:
        """Steps between two looks at the validation data."""
        return self.evaluate_every or max(1, steps // 10)

    def checkpoint_steps(self, steps: int) -> int:
        """Steps between two checkpoints."""
        return self.checkpoint_every or max(1, steps // 10)


def micro_batch(batch: int, context: int, tokens: int) -> int:
    """The most windows, dividing the batch, that hold at most `tokens` together; at least one."""
    return max(size for size in range(1, batch + 1) if batch % size == 0 and (size == 1 or size * context <= tokens))
