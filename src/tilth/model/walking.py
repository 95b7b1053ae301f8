"""The budget of a training that is about to begin: its own network, without its weights, walked by its own graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.functional import cross_entropy

from tilth.model import fitting
from tilth.model.adapter import Adapter
from tilth.model.budget import Budget, Optimizer, Regime, Shape, measure
from tilth.model.families import CLASSES, Task
from tilth.model.gpus import OUTSIDE
from tilth.model.load import CPU, NAMES, adapters, configuration_of, own_dtype, quiet
from tilth.model.material import Batch, Material
from tilth.model.pack import IGNORED
from tilth.model.strategies import share_of
from tilth.work import Launcher

DTYPES = {name: dtype for dtype, name in NAMES.items()}


@dataclass(frozen=True)
class Walk:
    """A training as it is walked. `folder`: of the whole weights, or of a configuration alone; `labels`: how many a classifier tells apart."""

    folder: Path
    task: Task
    optimizer: Optimizer
    precision: Literal["fp32", "bf16", "fp16"]
    adapter: Adapter | None = None
    checkpointing: bool = False
    labels: int = 0
    config: Any = None
    """The configuration of fresh weights."""
    launcher: Launcher | None = None
    """Who shares the batch; what is told is of one process."""

    @property
    def _as_in_folder(self) -> bool:
        """Whether frozen weights lie as in their folder: not where products are of fp32, unless they are quantised."""
        return self.adapter is not None and (self.adapter.quantized is not None or self.precision != "fp32")

    def budget(self, batch: Batch, passes: int = 1) -> Budget:
        """What optimizer steps on batches of this shape take."""
        lines, length = batch["input_ids"].shape
        labels = batch.get("labels")
        learned = 1.0 if labels is None else float((labels != IGNORED).sum()) / max(1, labels.numel())
        target = length if labels is None else int(labels.shape[1])
        regime = Regime(self.optimizer, self.precision, self.checkpointing, self.adapter.quantized if self.adapter else None)
        loss = None if self.task == "causal" else lambda network, given: _loss(network, given, self.task, target)
        found = measure(self._network, Shape(int(lines), int(length), learned, passes, _packed(batch)), regime, loss)
        return replace(found, memory=share_of(found.memory, self.launcher))

    def _network(self) -> Any:
        config = configuration_of(self.folder) if self.config is None else self.config
        if self.labels:
            config.num_labels = self.labels
        dtype = own_dtype(config) if self._as_in_folder else torch.float32
        with quiet():
            made = CLASSES[self.task].from_config(config, dtype=dtype)
            if self.adapter is None:
                return made
            peft = adapters()
            return peft.adapt(made, self.adapter, peft.Fitting(self.task))


def _packed(batch: Batch) -> npt.NDArray[np.int64] | None:
    """The lengths of the examples in the lines of a batch, filling among them; None where each has a line of its own."""
    if "position_ids" not in batch:
        return None
    begins = np.flatnonzero(batch["position_ids"].flatten().numpy() == 0)
    return np.diff(np.append(begins, batch["position_ids"].numel()))


def _loss(network: Any, batch: Batch, task: Task, target: int) -> torch.Tensor:
    """The loss of a classifier, or of an encoder and a decoder that writes so many tokens."""
    ids = batch["input_ids"]
    if task == "classification":
        made: torch.Tensor = network(input_ids=ids).logits.float().sum()
        return made
    heard = ids[:, :1].expand(-1, target).contiguous()
    logits = network(input_ids=ids, decoder_input_ids=heard, use_cache=False).logits.float()
    return cross_entropy(logits.flatten(0, 1), heard.flatten(), reduction="sum")


def heaviest(material: Material, many: int) -> Batch:
    """So many of the largest items, which take the most memory; over again where there are fewer."""
    order: Sequence[int] = material.sizes.argsort(kind="stable")[::-1].tolist()
    return material.batch([order[number % len(order)] for number in range(many)])


def that_fits(walk: Walk, material: Material, share: int, place: torch.device, most: int) -> int:
    """The items at once that fit into the free memory of a GPU: a divisor of `share`, at most `most`. Weights that are on the GPU already
    are in what is walked."""
    free, _ = torch.cuda.mem_get_info(place)
    room = free + torch.cuda.memory_allocated(place) - OUTSIDE / 2  # the process's context is there already, libraries' workspaces come yet
    found = fitting.fitting(lambda many: walk.budget(heaviest(material, many), 2).peak, room, share)
    return min(most, found.micro_batch)


def free_memory(place: torch.device, here: int) -> float:
    """The bytes that a training may take: of a GPU those that are free, else those of the machine."""
    return float(here) if place == CPU else float(torch.cuda.mem_get_info(place)[0] + torch.cuda.memory_allocated(place))
