"""What a training step takes, told by its own graph before any weight is there: parameters, operations, memory by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import Adafactor
from transformers.pytorch_utils import Conv1D

from tilth.model import blocks
from tilth.model.foretold import PACKED
from tilth.model.graph import CAUSAL, Tracker, without_content
from tilth.model.objectives import nats, whole_network

Loss = Callable[[Any, dict[str, torch.Tensor]], torch.Tensor]
Optimizer = Literal["adamw", "adamw_8bit", "adafactor", "sgd"]

HALVES = {"bf16": torch.bfloat16, "fp16": torch.float16}
BLOCK, SMALL = 256, 4096
"""8-bit moments share a scale by blocks of 256; tensors of fewer than 4,096 numbers keep moments in fp32 (bitsandbytes 0.50)."""


@dataclass(frozen=True)
class Shape:
    """One optimizer step: `passes` passes of `micro_batch` rows of `length` tokens, of which the share `learned` is learned. `packed`: the
    lengths of the examples in the rows, where several share one."""

    micro_batch: int
    length: int
    learned: float = 1.0
    passes: int = 1
    packed: npt.NDArray[np.int64] | None = None

    @property
    def tokens(self) -> int:
        """Tokens of a pass, filling among them."""
        return self.micro_batch * self.length


@dataclass(frozen=True)
class Regime:
    """How is trained: what moves the weights, in which format matrices are multiplied, whether activations are computed again,
    in how many bits frozen layers lie (null: as they are), and on what."""

    optimizer: Optimizer = "adamw"
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    checkpointing: bool = False
    quantized: Literal[4, 8] | None = None
    device: str = "cpu"


@dataclass(frozen=True)
class Budget:
    """What a training takes. `memory`: bytes of tensors when they are the most, by kind (`tilth.model.graph.KINDS`)."""

    parameters: int
    trainable: int
    flops_per_step: float
    flops_per_token: float
    memory: Mapping[str, int]

    @property
    def peak(self) -> int:
        """The bytes of all tensors when they are the most."""
        return sum(self.memory.values())

    def told(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "parameters": self.parameters,
            "trainable_parameters": self.trainable,
            "flops_per_step": self.flops_per_step,
            "flops_per_token": self.flops_per_token,
            "memory": dict(self.memory),
        }


def measure(build: Callable[[], Any], shape: Shape, regime: Regime, loss: Loss | None = None) -> Budget:
    """Walk two optimizer steps on fake tensors. `build` makes the network, adapters and all; it is called on the meta device.
    `loss`: what is made small, of the network and a batch of `input_ids` and `labels`; the nats of learned tokens by default.

    The second step has states from the first, and its second pass has gradients from its first, as every later one
    has, so the peak is that of any longer training."""
    with torch.device("meta"):
        network = build()
    network.train()
    if regime.checkpointing:
        whole_network(network).activation_checkpointing_enable({"use_reentrant": False, "preserve_rng_state": False})
    _attend(network, shape)
    weights = [weight for weight in network.parameters()]
    with without_content(network, regime.device), Tracker(shape.learned) as tracker:
        passes = min(shape.passes, 2)
        _walk(network, (shape, passes), regime, loss or _nats, tracker)
    flops = tracker.flops / (2 * passes)
    budget = Budget(
        parameters=sum(weight.numel() for weight in weights),
        trainable=sum(weight.numel() for weight in weights if weight.requires_grad),
        flops_per_step=flops * shape.passes,
        flops_per_token=flops / shape.tokens,
        memory=dict(tracker.peak),
    )
    return budget if regime.quantized is None else _quantized(budget, network, regime)


def _attend(network: nn.Module, shape: Shape) -> None:
    way = CAUSAL if shape.packed is None else blocks.foretold(shape.packed)
    for module in network.modules():
        config: Any = getattr(module, "config", None)
        if getattr(config, "_attn_implementation", None) == "sdpa":
            config._attn_implementation = way


def _walk(network: nn.Module, size: tuple[Shape, int], regime: Regime, loss: Loss, tracker: Tracker) -> None:
    shape, passes = size
    for tensor in (*network.parameters(), *network.buffers()):
        tracker.count(tensor, "weights")
    learned = [weight for weight in network.parameters() if weight.requires_grad]
    for weight in learned:
        weight.register_post_accumulate_grad_hook(lambda of: tracker.count(_gradient(of), "gradients"))  # type: ignore[no-untyped-call]
    optimizer = optimizer_for(regime.optimizer, learned)
    for _ in range(2):
        for _ in range(passes):
            _pass(network, shape, regime, loss, tracker)
        _move(optimizer, learned, tracker)


def _gradient(weight: torch.Tensor) -> torch.Tensor:
    assert weight.grad is not None
    return weight.grad


def _pass(network: nn.Module, shape: Shape, regime: Regime, loss: Loss, tracker: Tracker) -> None:
    tracker.making = "activations"
    ids = torch.zeros((shape.micro_batch, shape.length), dtype=torch.int64, device=regime.device)
    with matrix_format(regime):
        found = loss(network, {"input_ids": ids, "labels": ids.clone()})
    tracker.making = "temporaries"
    found.backward()  # type: ignore[no-untyped-call]


def _move(optimizer: torch.optim.Optimizer, learned: list[nn.Parameter], tracker: Tracker) -> None:
    nn.utils.clip_grad_norm_(learned, 1.0)
    optimizer.step()
    for state in optimizer.state.values():
        for value in state.values():
            if isinstance(value, torch.Tensor):
                tracker.count(value, "optimizer")
    optimizer.zero_grad()


def _nats(network: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    return nats(network, batch, apart=True).sum()


def matrix_format(regime: Regime) -> AbstractContextManager[Any]:
    """The format of matrix products in the forward pass."""
    return torch.autocast(regime.device, HALVES[regime.precision]) if regime.precision in HALVES else nullcontext()


def optimizer_for(name: Optimizer, weights: Iterable[nn.Parameter], rate: float = 0.0) -> torch.optim.Optimizer:
    """The optimizer as a training has it; at a rate of 0 it makes its states and leaves the weights as they are."""
    match name:
        case "adamw":
            return torch.optim.AdamW(weights, lr=rate, fused=True)
        case "adamw_8bit":
            return _EightBits(weights, {})
        case "adafactor":
            return Adafactor(weights, lr=rate, scale_parameter=False, relative_step=False)  # type: ignore[no-untyped-call]
    return torch.optim.SGD(weights, lr=rate)


class _EightBits(torch.optim.Optimizer):
    """The states of bitsandbytes' AdamW8bit, whose own kernels need real tensors."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Make the states; the weights stay."""
        for weight in self.param_groups[0]["params"]:
            if weight.grad is not None and not self.state[weight]:
                whole = weight.numel() < SMALL
                for moment in ("first", "second"):
                    self.state[weight][moment] = torch.empty_like(weight, dtype=torch.float32 if whole else torch.uint8)
                    if not whole:
                        self.state[weight][f"{moment} scales"] = torch.empty(-(-weight.numel() // BLOCK), device=weight.device)


def _quantized(budget: Budget, network: nn.Module, regime: Regime) -> Budget:
    """The same with frozen linear layers in few bits, and with one of them at a time in the format of products. What 8-bit
    products keep of their inputs beside this is not counted."""
    assert regime.quantized is not None
    head = whole_network(network).get_output_embeddings()
    frozen = [
        module.weight
        for module in network.modules()
        if isinstance(module, nn.Linear | Conv1D) and module is not head and not module.weight.requires_grad
    ]
    numbers = sum(weight.numel() for weight in frozen)
    saved = sum(weight.numel() * weight.element_size() for weight in frozen) - round(numbers * PACKED[regime.quantized])
    spread = max((weight.numel() for weight in frozen), default=0) * (2 if regime.precision in HALVES else 4)
    memory = {
        **budget.memory,
        "weights": budget.memory["weights"] - saved,
        "temporaries": budget.memory.get("temporaries", 0) + spread,
    }
    return replace(budget, memory=memory)
