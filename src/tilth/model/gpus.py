"""Kinds of GPUs that can be rented: what fits on which, for how long and for how much. No torch here.

Rates are dense products in 16 bits, as NVIDIA's data sheets give them; prices are in gpus.json, with their date and source.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tilth.model.fitting import MARGIN

UTILISATION = 0.3
"""The share of its peak rate that a GPU is planned to do: fine-tuning reaches 25 to 40 % with packing and 10 to 20 % without (a rule of
thumb); pretraining 40 to 50 % on an H100 (nanochat)."""

OUTSIDE = 1e9
"""Bytes that a CUDA process takes beside tensors: its context and the libraries' workspaces, 0.3 to 1.4 GB."""


@dataclass(frozen=True)
class Gpu:
    """A kind of GPU: bytes of memory, products in a second in 16 bits, dollars an hour, and who asks for them."""

    name: str
    memory: float
    rate: float
    format: str
    price: float
    provider: str


@dataclass(frozen=True)
class Offer:
    """What a training would take on a GPU that does the share `utilisation` of its rate: whether it fits, hours, and dollars."""

    gpu: Gpu
    fits: bool
    hours: float
    dollars: float
    utilisation: float

    def told(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "gpu": self.gpu.name,
            "provider": self.gpu.provider,
            "fits": self.fits,
            "hours": self.hours,
            "dollars": self.dollars,
            "dollars_per_hour": self.gpu.price,
            "utilisation": self.utilisation,
            "date": date(),
        }


@cache
def kinds() -> tuple[Gpu, ...]:
    """The kinds of GPUs that are known, from small to large."""
    return tuple(
        Gpu(one["name"], one["memory_gb"] * 1e9, one["teraflops"] * 1e12, one["format"], one["price"], one["provider"]) for one in _table()["kinds"]
    )


def told(flops: float, memory: float, most: int = 8) -> list[dict[str, Any]]:
    """The best of these offers as plain data, for a plan."""
    return [offer.told() for offer in cost(flops, memory)[:most]]


def date() -> str:
    """The month that the prices are of."""
    return str(_table()["date"])


@cache
def _table() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(Path(__file__).with_name("gpus.json").read_text("utf-8"))
    return read


def cost(flops: float, memory: float, utilisation: float = UTILISATION) -> list[Offer]:
    """What so many operations, with so many bytes of tensors at their peak, would take on each kind of GPU.

    Those on which it fits come first, the cheapest first of all."""
    offers = []
    for gpu in kinds():
        hours = flops / (gpu.rate * utilisation) / 3600
        offers.append(Offer(gpu, memory <= gpu.memory * MARGIN - OUTSIDE, hours, hours * gpu.price, utilisation))
    return sorted(offers, key=lambda offer: (not offer.fits, offer.dollars))
