"""What a model said of each sequence before it was trained: the reference of DPO and KTO, measured once.

As the weights have not moved yet, the model itself is its reference, with an adapter or without: a fresh adapter changes
nothing, and one that is trained further starts from what it was. Dropout is off, so a number depends on its sequence alone; it
stays off while the model learns, or its own noise would pass for what was learned (TRL does so for the same reason, `disable_dropout`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from tilth.model.device import Precision
from tilth.model.examples import Examples
from tilth.model.material import Rows
from tilth.model.padding import groups
from tilth.model.preference import sequence_logps

FORMATS = {"bf16": torch.bfloat16, "fp16": torch.float16}
"""What matrix products are computed in, where that is not fp32."""


def measured(network: Any, examples: Examples, precision: Precision, tokens: int, *, apart: bool) -> npt.NDArray[np.float64]:
    """The summed log-probability of the learned tokens of each example, by the network as it is; about `tokens` tokens at a
    time, in the number format of the training."""
    found, rows = np.zeros(len(examples)), Rows(examples, filling=0)
    longest, place = int(rows.sizes.max(initial=1)), network.device
    training = network.training
    network.train(False)
    with torch.no_grad(), torch.autocast(place.type, FORMATS.get(precision), enabled=precision in FORMATS):
        for numbers, _, _ in groups(rows.sizes.tolist(), tokens, longest):
            batch = {name: tensor.to(place) for name, tensor in rows.batch(numbers).items()}
            found[numbers] = sequence_logps(network, batch, apart=apart)[0].double().cpu().numpy()
    network.train(training)
    return found


def turn_off_dropout(network: nn.Module) -> None:
    """Have the network drop nothing from now on. Attention has its rate as a number, other layers have a module for it."""
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        for name, value in list(vars(module).items()):
            if "drop" in name and isinstance(value, float):
                setattr(module, name, 0.0)
