"""Kinds of GPUs that can be rented: what fits on which, for how long and for how much. No torch here.

Rates are dense products in 16 bits, as NVIDIA's data sheets give them; prices are in gpus.json, with their date and source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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


TERAFLOPS = {
    "B200": 2250,
    "H200": 989,
    "H100 PCIe": 756,
    "H100 NVL": 835,
    "H100": 989,
    "A100": 312,
    "L40S": 362,
    "L4": 121,
    "A10G": 70,
    "A10": 125,
    "V100": 125,
    "T4": 65,
    "RTX 5090": 209.5,
    "RTX 4090": 165.2,
    "RTX 3090": 71,
}
"""Dense products in 16 bits with sums in fp32, in 10¹² a second, as NVIDIA's data sheets give them; V100 and T4 in fp16 only."""

BEFORE_BF16 = ("V100", "T4")
"""Kinds that multiply fp16 and no bf16."""


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
def peak_rate(name: str, precision: str = "bf16") -> float | None:
    """The products a second that a GPU is built for in a 16-bit format, by the name that CUDA or a provider gives it; None where it is
    not known, and for fp32, whose rate depends on what a library makes of it."""
    words = f" {name.replace('-', ' ')} "
    chip = next((chip for chip in TERAFLOPS if f" {chip} " in words), None)
    if chip is None or precision == "fp32" or (precision == "bf16" and chip in BEFORE_BF16):
        return None
    return TERAFLOPS[chip] * 1e12


def kinds() -> tuple[Gpu, ...]:
    """The kinds of GPUs that are known, from small to large."""
    return tuple(_kind(one) for one in _table()["kinds"])


def _kind(one: Mapping[str, Any]) -> Gpu:
    rate = peak_rate(one["name"], "fp16")
    assert rate is not None, one
    number = "bf16" if peak_rate(one["name"]) else "fp16"
    return Gpu(one["name"], one["memory_gb"] * 1e9, rate, number, one["price"], one["provider"])


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
