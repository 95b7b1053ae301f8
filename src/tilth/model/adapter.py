"""Adapters as settings and as folders: what is asked for, and how a tuned model that has one lies on disk. No torch here.

The folder of a model with an adapter holds `adapter_config.json` and `adapter_model.safetensors` as PEFT writes them, the
tokenizer's files, `adapter.json` (what else is needed to put it together again), and in `base/` the model that the
adapter was trained on: it stands by itself, and moves as one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

CONFIG = "adapter_config.json"
"""The file by which PEFT knows an adapter."""

NOTE = "adapter.json"
"""Our file beside it: how the base was quantised, and the labels of a classifier."""

ALL = "all-linear"
"""Every linear layer but the output layer and a classifier's head."""


class Adapter(BaseModel):
    """Small matrices that are trained beside frozen weights.

    `lora` (Hu et al. 2021); `dora` learns the length of each column of weights apart from its direction (Liu et al.
    2024); `rslora` scales by alpha / √rank in place of alpha / rank (Kalajdzievski 2023); `qlora` freezes the
    weights in 4 or 8 bits (Dettmers et al. 2023).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    type: Literal["lora", "dora", "rslora", "qlora"] = "lora"
    """The kind of adapter."""
    rank: int = Field(default=8, ge=1)
    """Inner size of the pairs of matrices."""
    alpha: float | None = Field(default=None, gt=0)
    """What their product is scaled by, over the rank; default: twice the rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """The share of an adapter's inputs that is left out while training."""
    targets: str | tuple[str, ...] = ALL
    """The layers that get a pair: `all-linear`, a list of names such as `q_proj`, or a regular expression that a whole name fits."""
    save: tuple[str, ...] = ()
    """Further modules that are trained and saved whole, such as `embed_tokens`."""
    bits: Literal[4, 8] | None = None
    """Bits of a frozen weight (qlora); default 4: NF4 with quantised constants."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.bits is not None and self.type != "qlora":
            raise ValueError(f"{self.type} has no `bits`; leave it out, or take `type: qlora`")
        if not self.targets:
            raise ValueError("`targets` is empty; leave it out to take every linear layer")
        return self

    @property
    def scale(self) -> float:
        """What the product is scaled by, over the rank."""
        return 2.0 * self.rank if self.alpha is None else self.alpha

    @property
    def quantized(self) -> Literal[4, 8] | None:
        """Bits of a frozen weight; None where they stay as they are."""
        return (self.bits or 4) if self.type == "qlora" else None


def has_adapter(folder: Path) -> bool:
    """Whether a model's folder holds an adapter on a base."""
    return (folder / CONFIG).is_file()


def base_of(folder: Path) -> Path:
    """The folder of whole weights: the base of an adapter, else the folder itself."""
    return folder / "base" if has_adapter(folder) else folder


def write_note(folder: Path, note: Mapping[str, Any]) -> None:
    """Write down what else is needed to put the model together again: `quantized` and `labels`."""
    (folder / NOTE).write_text(json.dumps(dict(note), indent=1), encoding="utf-8")


def read_note(folder: Path) -> Mapping[str, Any]:
    """The note of a folder with an adapter; of one that others made, nothing."""
    file = folder / NOTE
    found: Mapping[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return found
