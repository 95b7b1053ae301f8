"""The outputs of a classifier that was taught other labels, or these in another order, before it learns again.

Transformers keeps a head whose number of outputs is the same, whatever they meant: one that told `pos` from `neg` would begin by saying each for the
other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel


def rearranged(network: PreTrainedModel, before: Mapping[Any, str] | None, labels: Sequence[str], fresh: Sequence[str]) -> list[str]:
    """Put the rows of a classifier's outputs in the order of the labels, by the names that they had `before`; where these were other labels,
    draw the rows anew from torch's generator. `fresh`: the modules that are drawn already.

    Returns the modules that were drawn here."""
    old = [name for _, name in sorted((before or {}).items(), key=lambda one: int(one[0]))]
    if not labels or old == list(labels):
        return []
    found = {name: module for name, module in _outputs(network, len(labels)) if name not in fresh}
    if sorted(old) != sorted(labels):
        for module in found.values():
            _draw(network, module)
        return list(found)
    for module in found.values():
        _reorder(module, [old.index(label) for label in labels])
    return []


def _outputs(network: PreTrainedModel, labels: int) -> Iterator[tuple[str, Any]]:
    """The linear layers beside a network's body that have an output for each label: `score`, `classifier`, `classifier.out_proj`."""
    body = f"{network.base_model_prefix}."
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear) and not name.startswith(body) and module.out_features == labels:
            yield name, module


def _reorder(module: nn.Linear, rows: Sequence[int]) -> None:
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(weight[list(rows)].clone())


def _draw(network: PreTrainedModel, module: nn.Linear) -> None:
    """Fresh weights as the family draws them: Transformers leaves those that were loaded alone, so a new layer is drawn and copied."""
    made = nn.Linear(module.in_features, module.out_features, module.bias is not None)
    network._init_weights(made)  # type: ignore[no-untyped-call]
    module.load_state_dict(made.state_dict())
