"""What a model learns from preferences: DPO, ORPO and KTO, each as sums that do not depend on how a batch is divided.

A batch holds sequences: for DPO and ORPO pairs, the chosen one before the rejected. Each is a line of its own, or several
share a line and the tensor `sequence` numbers them (`tilth.model.material`). Where an objective compares with the model as
it was before the training, the batch brings what that model said of each sequence (`reference`, measured once by
`tilth.model.reference`): no second copy of the weights is held, and no adapter is switched off and on in the loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from tilth.model.material import Batch
from tilth.model.objectives import nats
from tilth.model.pack import IGNORED

CERTAIN = -1e-6
"""A mean log-probability nearer to zero counts as this one: the odds of what is certain are not finite."""


def sequence_logps(network: Any, batch: Batch, *, apart: bool) -> tuple[Tensor, Tensor]:
    """The summed log-probability of the learned tokens of each sequence, and how many they are. `apart` is as `NextToken` has it."""
    learned, places = batch["labels"] != IGNORED, _places(batch)
    number = int(places.max()) + 1
    found = nats(network, batch, apart=apart)
    sums = torch.zeros(number, device=found.device).index_add(0, places[learned], -found)
    return sums, torch.bincount(places[learned], minlength=number)


def _places(batch: Batch) -> Tensor:
    """The number of the sequence that each token belongs to."""
    labels = batch["labels"]
    return batch["sequence"] if "sequence" in batch else torch.arange(len(labels), device=labels.device).unsqueeze(1).expand_as(labels)


def _pairs(batch: Batch) -> float:
    return float((int(_places(batch).max()) + 1) // 2)


def _told(loss: Tensor, chosen: Tensor, rejected: Tensor) -> dict[str, Tensor]:
    """The sums over the pairs: the loss, and of the rewards how often and by how much the chosen one's is higher."""
    chosen, rejected = chosen.detach(), rejected.detach()
    return {
        "loss": loss.sum(),
        "accuracy": (chosen > rejected).float().sum(),
        "margin": (chosen - rejected).sum(),
        "chosen_reward": chosen.sum(),
        "rejected_reward": rejected.sum(),
    }


@dataclass(frozen=True)
class DPO:
    """Direct preference optimisation (Rafailov et al. 2023, equation 7): −log σ(β · (how much likelier than before the
    chosen answer is, less the same of the rejected one)), a mean over pairs. Rewards are β times these log-ratios."""

    beta: float = 0.1
    apart: bool = True

    def weight(self, batch: Batch) -> float:
        """The pairs in the batch."""
        return _pairs(batch)

    def sums(self, network: Any, batch: Batch) -> dict[str, Tensor]:
        """Over the pairs: loss, accuracy, margin and rewards."""
        logps, _ = sequence_logps(network, batch, apart=self.apart)
        chosen, rejected = (self.beta * (logps - batch["reference"])).view(-1, 2).unbind(1)
        return _told(-logsigmoid(chosen - rejected), chosen, rejected)


@dataclass(frozen=True)
class ORPO:
    """Odds ratio preference optimisation (Hong et al. 2024, equations 6 and 7), without a reference: the mean negative
    log-likelihood of the chosen answer's tokens, and λ times −log σ(log of the odds of the chosen answer over those of the
    rejected one), where the probability of an answer is the geometric mean of its tokens'. A mean over pairs.

    Rewards are λ times the mean log-probabilities. As in the paper, the likelihood is the answer's, and a mean over its
    tokens; TRL 1.16 takes it over the tokens of the prompt as well, as one mean over all tokens of a micro-batch."""

    odds_weight: float = 0.1
    apart: bool = True

    def weight(self, batch: Batch) -> float:
        """The pairs in the batch."""
        return _pairs(batch)

    def sums(self, network: Any, batch: Batch) -> dict[str, Tensor]:
        """Over the pairs: loss, accuracy, margin, rewards, and the part of the loss that is the chosen answers' likelihood."""
        logps, counts = sequence_logps(network, batch, apart=self.apart)
        chosen, rejected = (logps / counts).view(-1, 2).unbind(1)
        odds = -logsigmoid(_log_odds(chosen) - _log_odds(rejected))
        told = _told(self.odds_weight * odds - chosen, self.odds_weight * chosen, self.odds_weight * rejected)
        return {**told, "likelihood": -chosen.detach().sum()}


def _log_odds(mean: Tensor) -> Tensor:
    """log(p / (1 − p)) from log p."""
    mean = mean.clamp(max=CERTAIN)
    return mean - torch.log(-torch.expm1(mean))


@dataclass(frozen=True)
class KTO:
    """Kahneman–Tversky optimisation (Ethayarajh et al. 2024, equations 7 and 8): for a good answer
    `desirable` · (1 − σ(β · (r − z))), for a bad one `undesirable` · (1 − σ(β · (z − r))), where r is the log-ratio of an
    answer to the model before the training. A mean over examples.

    z, the point that answers are compared with, is the mean log-ratio of answers to prompts that are not theirs, at
    least zero, and is not learned from. It is estimated within groups that are fixed with the data
    (`tilth.model.judgements`), so that the micro-batch does not move it; TRL 1.16 estimates it within each micro-batch,
    and agrees where that is such a group.

    The lines of a batch are examples and their mismatches by turns, or lines that examples share before those that mismatches
    share (`tilth.model.judgements`); `good` is 1 or 0; `group` numbers the groups."""

    beta: float = 0.1
    desirable: float = 1.0
    undesirable: float = 1.0
    apart: bool = True

    def weight(self, batch: Batch) -> float:
        """The examples in the batch."""
        return float(len(batch["good"]) // 2)

    def sums(self, network: Any, batch: Batch) -> dict[str, Tensor]:
        """Over the examples: loss, accuracy (how many are on their side of z), how far they are on it, and z."""
        examples, mismatches = _apart(batch)
        with torch.no_grad():
            middle = _means(self._ratios(network, mismatches), mismatches["group"], examples["group"]).clamp(min=0)
        ratios, good = self._ratios(network, examples), examples["good"] == 1
        side = self.beta * torch.where(good, ratios - middle, middle - ratios)
        loss = (1 - torch.sigmoid(side)) * torch.where(good, self.desirable, self.undesirable)
        side = side.detach()
        return {"loss": loss.sum(), "accuracy": (side > 0).float().sum(), "margin": side.sum(), "kl": middle.sum()}

    def _ratios(self, network: Any, batch: Batch) -> Tensor:
        ratios: Tensor = sequence_logps(network, batch, apart=self.apart)[0] - batch["reference"]
        return ratios


def _apart(batch: Batch) -> tuple[Batch, Batch]:
    """The examples of a batch, and their mismatches."""
    if "sequence" not in batch:
        examples, mismatches = ({name: tensor[first::2] for name, tensor in batch.items()} for first in (0, 1))
        return examples, mismatches
    number = len(batch["good"]) // 2
    lines = int((batch["sequence"][:, 0] < number).sum())
    halves = {name: (tensor[:at], tensor[at:]) for name, tensor in batch.items() for at in [lines if tensor.dim() == 2 else number]}
    examples, mismatches = ({name: both[half] for name, both in halves.items()} for half in (0, 1))
    return examples, mismatches | {"sequence": mismatches["sequence"] - number}


def _means(values: Tensor, groups: Tensor, wanted: Tensor) -> Tensor:
    """For each wanted group the mean of the values in it."""
    known, places, sizes = torch.unique(groups, return_inverse=True, return_counts=True)
    means: Tensor = torch.zeros(len(sizes), device=values.device).index_add(0, places, values) / sizes
    return means[torch.searchsorted(known, wanted.contiguous())]
