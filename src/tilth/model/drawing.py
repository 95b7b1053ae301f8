"""Which token comes next: the likeliest, or one that is drawn; and whether rounding could have tipped the choice.

To draw a token takes one number between 0 and 1: tokens lie side by side in the order of their numbers, each as wide as it is likely,
and the one is taken on which the number falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

CLOSE = 1e-4
"""Two logits are as good as equal where they differ by less, in parts of the larger one where that is above 1."""

BORDER = 2e-5
"""A number lies at the border of two tokens, or of those that may be drawn, where it is nearer to it than that."""


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen: always the likeliest (`temperature` 0), or drawn."""

    max_new_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0


@dataclass(frozen=True)
class Ways:
    """How the tokens of a batch are chosen, each row in its own way."""

    temperature: Tensor
    top_p: Tensor
    top_k: Tensor

    @classmethod
    def of(cls, samplings: Sequence[Sampling], device: torch.device) -> Ways:
        """The ways of some rows, on a device."""
        numbers = ([one.temperature for one in samplings], [one.top_p for one in samplings])
        temperature, top_p = (torch.tensor(some, dtype=torch.float64, device=device) for some in numbers)
        return cls(temperature, top_p, torch.tensor([one.top_k for one in samplings], device=device))

    def rows(self, which: Tensor) -> Ways:
        """The ways of some of the rows."""
        return Ways(self.temperature[which], self.top_p[which], self.top_k[which])


def chosen(logits: Tensor, ways: Ways, numbers: Tensor) -> tuple[Tensor, Tensor]:
    """The next token of each row, and whether it would be the same with logits that are a little off. `logits`: rows × vocabulary;
    `numbers`: one for each row, from 0 up to 1."""
    tokens, likeliest = logits.argmax(-1), logits.topk(2).values
    sure = likeliest[:, 0] - likeliest[:, 1] > CLOSE * likeliest[:, 0].abs().clamp(min=1)
    drawn = ways.temperature > 0
    if drawn.any():
        tokens[drawn], sure[drawn] = _drawn(logits[drawn], ways.rows(drawn), numbers[drawn])
    return tokens, sure


def _drawn(logits: Tensor, ways: Ways, numbers: Tensor) -> tuple[Tensor, Tensor]:
    odds = (logits.double() / ways.temperature[:, None]).softmax(-1)
    if bool((ways.top_k > 0).any() | (ways.top_p < 1).any()):
        kept, sure = _kept(odds, ways)
        odds = odds * kept
    else:
        sure = torch.ones_like(numbers, dtype=torch.bool)
    ends = odds.cumsum(-1)
    total = ends[:, -1:]
    place = numbers[:, None] * total
    tokens = torch.searchsorted(ends, place, right=True).clamp(max=odds.shape[1] - 1)
    above = ends.gather(1, tokens)
    below = above - odds.gather(1, tokens)
    inside = ((place - below > BORDER * total) | (below <= 0)) & ((above - place > BORDER * total) | (above >= total))
    return tokens[:, 0], sure & inside[:, 0]


def _kept(odds: Tensor, ways: Ways) -> tuple[Tensor, Tensor]:
    """Which tokens may be drawn: the `top_k` likeliest, cut to the smallest set that has `top_p` of their probability (Holtzman et al.
    2020); and whether a little would not have moved the border between these and the others."""
    ordered, order = odds.sort(dim=-1, descending=True, stable=True)
    size = odds.shape[1]
    places = torch.arange(size, device=odds.device)
    most = torch.where(ways.top_k > 0, ways.top_k.clamp(max=size), size)[:, None]
    share, nucleus = ordered * (places < most), ways.top_p[:, None] < 1
    before = (share.cumsum(-1) - share) / share.sum(-1, keepdim=True)
    kept = (places < most) & (~nucleus | (before < ways.top_p[:, None]))
    count = kept.sum(-1, keepdim=True)
    last, following = count - 1, count.clamp(max=size - 1)
    tied = (count < size) & (ordered.gather(1, last) - ordered.gather(1, following) <= CLOSE * ordered.gather(1, last))
    nearly_out = (count > 1) & (ways.top_p[:, None] - before.gather(1, last) < BORDER)
    nearly_in = (count < most) & (before.gather(1, following) - ways.top_p[:, None] < BORDER)
    sure = ~tied & ~(nucleus & (nearly_out | nearly_in))
    return torch.zeros_like(kept).scatter(1, order, kept), sure[:, 0]
