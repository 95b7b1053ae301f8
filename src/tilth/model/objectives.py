"""What a training makes small: sums over a batch, and what they are means over. The loss of a causal language model.

An objective gives sums and a weight, never a mean: whoever trains divides by the weight of a whole step, so that neither the size
of a micro-batch nor the number of processes moves the loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from tilth.model.material import Batch
from tilth.model.pack import IGNORED

AT_ONCE = 1 << 26
"""Logits held at once (256 MB in fp32, three times that with their gradient). What is more is computed in pieces, and again on the way back."""

ENLARGED = 1000.0
"""By how much states are made larger to see whether logits are capped: fresh ones give logits of about 0.1, and caps are at 15 to 50."""

SEEN = ("input_ids", "position_ids", "attention_mask", "token_type_ids")
"""What of a batch a model's body is given."""


class Objective(Protocol):
    """What is made small."""

    def weight(self, batch: Batch) -> float:
        """What the loss is a mean over: learned tokens, pairs, rows."""

    def sums(self, network: Any, batch: Batch) -> dict[str, Tensor]:
        """Sums over the batch, `loss` first; whatever else is told is a sum over the same weight."""


class Lesson(nn.Module):
    """A network together with what it is to learn: a batch comes in, sums come out. So whatever a library wraps around
    `forward` (number formats, other processes) goes around the loss as well."""

    def __init__(self, network: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.network, self.objective = network, objective

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The objective's sums."""
        return self.objective.sums(self.network, batch)


@dataclass(frozen=True)
class NextToken:
    """The cross-entropy of each learned token, given all before it.

    `apart`: whether the head may be used by itself, so that only places that are learned are projected onto the vocabulary
    (`heads_apart` tells)."""

    apart: bool = True

    def weight(self, batch: Batch) -> float:
        """The learned tokens."""
        return float((batch["labels"] != IGNORED).sum())

    def sums(self, network: Any, batch: Batch) -> dict[str, Tensor]:
        """The sum of their nats."""
        return {"loss": nats(network, batch, apart=self.apart).sum()}


def nats(network: Any, batch: Batch, *, apart: bool) -> Tensor:
    """The nats of each learned token of a batch, in the order of its lines, in fp32."""
    learned = batch["labels"] != IGNORED
    targets = batch["labels"][learned]
    if not apart:
        logits = network(**seen(batch), use_cache=False).logits
        return cross_entropy(logits[learned].float(), targets, reduction="none")
    whole = whole_network(network)
    hidden = whole.base_model(**seen(batch), use_cache=False).last_hidden_state[learned]
    return _projected(whole.get_output_embeddings(), hidden, targets)


def seen(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What the body is given of a batch."""
    return {name: batch[name] for name in SEEN if name in batch}


def whole_network(network: Any) -> Any:
    """The Transformers model inside an adapter's wrapping, its layers adapted in place; a model without one as it is."""
    return network if isinstance(network, PreTrainedModel) else network.get_base_model()


def _projected(head: nn.Module, hidden: Tensor, targets: Tensor) -> Tensor:
    rows = max(1, AT_ONCE // vocabulary_of(head))
    if len(targets) <= rows:
        return _crossed(head, hidden, targets)
    pieces = zip(torch.split(hidden, rows), torch.split(targets, rows), strict=True)
    return torch.cat([checkpoint(_crossed, head, some, wanted, use_reentrant=False) for some, wanted in pieces])


def _crossed(head: nn.Module, hidden: Tensor, targets: Tensor) -> Tensor:
    return cross_entropy(head(hidden).float(), targets, reduction="none")


def vocabulary_of(head: Any) -> int:
    """How many tokens a head chooses from."""
    return int(head.weight.shape[0])


def heads_apart(network: Any) -> bool:
    """Whether a model's logits are its head's work on its body's last state and nothing besides (no cap, no scale), tried on a few tokens: with
    states that are made large for it, since a cap says nothing of small logits."""
    whole = whole_network(network)
    head = whole.get_output_embeddings()
    if head is None or whole.base_model is whole:
        return False
    tokens = torch.arange(4, device=whole.device)[None]
    given = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens), "use_cache": False}  # without a mask, Transformers warns of filling
    training = network.training
    network.train(False)
    enlarged = whole.base_model.register_forward_hook(_enlarged)
    try:
        with torch.no_grad():
            wanted = network(**given).logits.float()
            found = head(whole.base_model(**given).last_hidden_state).float()
    finally:
        enlarged.remove()
        network.train(training)
    return found.shape == wanted.shape and bool(torch.allclose(found, wanted, rtol=1e-4, atol=1e-5))


def _enlarged(_: nn.Module, __: Any, made: Any) -> Any:
    made["last_hidden_state"] = made["last_hidden_state"] * ENLARGED
    return made
