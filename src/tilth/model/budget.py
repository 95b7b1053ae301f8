"""What a training step takes, told by its own graph before any weight is there: parameters, operations, memory by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn
from torch.nn import functional
from transformers import Adafactor

from tilth.model.graph import CAUSAL, Tracker, without_content

Loss = Callable[[Any, Mapping[str, torch.Tensor]], torch.Tensor]
Optimizer = Literal["adamw", "adafactor", "sgd"]


@dataclass(frozen=True)
class Shape:
    """One optimizer step: `passes` passes of `micro_batch` rows of `length` tokens, of which the share `learned` is learned."""

    micro_batch: int
    length: int
    learned: float = 1.0
    passes: int = 1

    @property
    def tokens(self) -> int:
        """Tokens of a pass, padding among them."""
        return self.micro_batch * self.length


@dataclass(frozen=True)
class Regime:
    """How is trained: what moves the weights, in which format, and whether activations are computed again."""

    optimizer: Optimizer = "adamw"
    precision: Literal["fp32", "bf16"] = "fp32"
    checkpointing: bool = False
    device: str = "cpu"


@dataclass(frozen=True)
class Budget:
    """What a training takes. `memory`: bytes of tensors when they are the most, by kind."""

    parameters: int
    trainable: int
    flops_per_step: float
    flops_per_token: float
    memory: Mapping[str, int]

    @property
    def peak(self) -> int:
        """The bytes of all tensors when they are the most."""
        return sum(self.memory.values())


def measure(build: Callable[[], nn.Module], shape: Shape, regime: Regime, loss: Loss | None = None) -> Budget:
    """Walk two optimizer steps on fake tensors. `build` makes the network, adapters and all; it is called on the meta device.

    The second step has gradients and states from the first, and two passes are enough to see what a further one
    adds to gradients that are there, so the peak is that of any longer training."""
    with torch.device("meta"):
        network = build()
    network.train()
    if regime.checkpointing:
        network.activation_checkpointing_enable({"use_reentrant": False, "preserve_rng_state": False})  # type: ignore[operator]
    _attend(network)
    with without_content(network, regime.device), Tracker(shape.learned) as tracker:
        weights = list(network.parameters())
        for tensor in (*weights, *network.buffers()):
            tracker.count(tensor, "weights")
        learned = [weight for weight in weights if weight.requires_grad]
        for weight in learned:
            weight.register_post_accumulate_grad_hook(lambda of: tracker.count(_gradient(of), "gradients"))
        optimizer, passes = optimizer_for(regime.optimizer, learned), min(shape.passes, 2)
        for _ in range(2):
            for _ in range(passes):
                _pass(network, shape, regime, loss or token_loss, tracker)
            _move(optimizer, learned, tracker)
    flops = tracker.flops / (2 * passes)
    return Budget(
        parameters=sum(weight.numel() for weight in weights),
        trainable=sum(weight.numel() for weight in learned),
        flops_per_step=flops * shape.passes,
        flops_per_token=flops / shape.tokens,
        memory=dict(tracker.peak),
    )


def _attend(network: nn.Module) -> None:
    for module in network.modules():
        config: Any = getattr(module, "config", None)
        if config is not None and getattr(config, "_attn_implementation", None) == "sdpa":
            config._attn_implementation = CAUSAL


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


def matrix_format(regime: Regime) -> AbstractContextManager[Any]:
    """The format of matrix products in the forward pass."""
    return torch.autocast(regime.device, torch.bfloat16) if regime.precision == "bf16" else nullcontext()


def optimizer_for(name: Optimizer, weights: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """The optimizer as a training has it, at a rate that does not matter."""
    if name == "adamw":
        return torch.optim.AdamW(weights, lr=1e-4, fused=True)
    if name == "adafactor":
        return Adafactor(weights, lr=1e-4, scale_parameter=False, relative_step=False)  # type: ignore[no-untyped-call]
    return torch.optim.SGD(weights, lr=1e-4)


def token_loss(network: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """The cross-entropy of the learned positions, in fp32; only they go through the head."""
    hidden = network.base_model(input_ids=batch["input_ids"], use_cache=False).last_hidden_state
    learned = batch["labels"] >= 0
    logits = network.get_output_embeddings()(hidden[learned])
    return functional.cross_entropy(logits.float(), batch["labels"][learned])
