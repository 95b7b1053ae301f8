"""How long a training step takes here: a few real ones, timed, of which nothing stays."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tilth.model.budget import Regime, matrix_format, optimizer_for
from tilth.model.material import Batch
from tilth.model.objectives import Objective

Clock = Callable[[], float]

TIMED = 3
"""Steps that are timed, after one that is not: the first one makes the optimizer's states and compiles kernels. It has two passes, as long
batches have, so that the second finds gradients there and takes as much memory as any later one."""


@dataclass(frozen=True)
class Probed:
    """Seconds of a pass (forward and backward) and of moving the weights once, each the median of a few."""

    of_pass: float
    of_move: float

    def step(self, passes: int) -> float:
        """Seconds of an optimizer step of so many passes."""
        return passes * self.of_pass + self.of_move


def probe(network: nn.Module, objective: Objective, batches: Sequence[Batch], regime: Regime, clock: Clock = time.perf_counter) -> Probed:
    """Time real steps on real batches, in turn. Weights, gradients, random numbers and the mode of the network are as they were after it: the
    optimizer is a fresh one, at a rate of 0. 8-bit moments are timed as those of AdamW in fp32."""
    learned = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = optimizer_for("adamw" if regime.optimizer == "adamw_8bit" else regime.optimizer, learned)
    for group in optimizer.param_groups:
        group["weight_decay"] = 0.0
    training, passes, moves = network.training, list[float](), list[float]()
    network.train()
    with torch.random.fork_rng(devices=_devices(regime)):
        for number in range(TIMED + 1):
            batch = {name: tensor.to(regime.device) for name, tensor in batches[number % len(batches)].items()}
            if number == 0:
                _learn(network, objective, batch, regime)
            passes.append(_timed(lambda given=batch: _learn(network, objective, given, regime), regime, clock))  # type: ignore[misc]
            moves.append(_timed(lambda: _move(optimizer, learned), regime, clock))
    network.train(training)
    return Probed(statistics.median(passes[1:]), statistics.median(moves[1:]))


def _devices(regime: Regime) -> list[int]:
    return [torch.cuda.current_device()] if regime.device == "cuda" else []


def _learn(network: Any, objective: Objective, batch: Batch, regime: Regime) -> None:
    with matrix_format(regime):
        loss = objective.sums(network, batch)["loss"]
    loss.backward()  # type: ignore[no-untyped-call]


def _move(optimizer: torch.optim.Optimizer, learned: list[nn.Parameter]) -> None:
    nn.utils.clip_grad_norm_(learned, 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def _timed(do: Callable[[], None], regime: Regime, clock: Clock) -> float:
    _wait(regime)
    begun = clock()
    do()
    _wait(regime)
    return clock() - begun


def _wait(regime: Regime) -> None:
    """What was asked of a GPU is done later than it was asked."""
    if regime.device == "cuda":
        torch.cuda.synchronize()
