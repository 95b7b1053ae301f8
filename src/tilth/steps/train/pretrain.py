"""A decoder that learns text: from nothing, or going on from what it knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from tilth.model.architecture import Architecture
from tilth.model.extra import training_packages
from tilth.step import TokenizerName
from tilth.steps.train._estimated import Lines, estimated
from tilth.steps.train._rehearsed import rehearsed
from tilth.steps.train._wanted import FRESH_RATE, one_origin, trained, wanted
from tilth.training import Training
from tilth.work import Known, Window, Work

if TYPE_CHECKING:
    from tilth.model.pretraining import Reading


class Pretrain(Training):
    """Train a decoder-only language model on plain text: from fresh weights (`architecture`, `tokenizer`), or a `model` that goes on.

    Documents are tokenised, joined by the end-of-text token, which is learned, and cut into windows of
    `length` tokens; every token is learned exactly once an epoch (`tilth.model.pack`). A window may
    hold the end of one document and the beginning of the next, and sees both. The loss is the mean
    cross-entropy over the tokens of the whole batch, whatever the micro-batch. Weights, gradients and
    moments are fp32; bf16 is for matrix products only.
    """

    tokenizer: TokenizerName | None = None
    """The tokenizer, or a model whose tokenizer is taken; a `model` has its own."""
    architecture: Architecture | None = None
    """Type and sizes of a model with fresh weights."""
    learning_rate: float | None = Field(default=None, gt=0)
    """The highest learning rate; null: 1e-3 for fresh weights, 2e-4 with an adapter, 2e-5 for a model that goes on."""
    weight_decay: float = Field(default=0.1, ge=0)
    """Decoupled weight decay, on matrices and embeddings only."""
    betas: tuple[float, float] = (0.9, 0.95)
    """Decay of AdamW's two moments."""
    truncation: Literal["window"] = "window"
    """Long texts go on in the next window."""
    packing: Literal[True] = True
    """Windows are full of text."""
    length: int | None = Field(default=None, ge=2)
    """Tokens of a window; null: the context of the model."""
    field: str = "text"
    """The column that holds the text."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.architecture is not None and self.architecture.kind != "decoder":
            step = "train.classify" if self.architecture.kind == "encoder" else "train.seq2seq"
            raise ValueError(f"`type: {self.architecture.type}` does not go on with texts; take a decoder (llama, gpt2, gpt_neox), or {step}")
        one_origin(self, self.tokenizer, self.architecture, ("decoder",))
        self.refuse({"template": "plain text is learned as it is"})
        if self.architecture is not None and self.length is not None and self.length > self.architecture.context:
            raise ValueError(f"`length` is {self.length}, and the `context` of the architecture {self.architecture.context}")
        return self

    @property
    def rate(self) -> float:
        return super().rate if self.architecture is None else self.learning_rate or FRESH_RATE

    def fit(self, work: Work) -> dict[str, Any]:
        """Train, and return sizes, curve, validation, speed and the digest of the weights."""
        return trained(self, work, self._subject(), self.tokenizer, self.architecture)

    def sees(self, work: Work, first: int = 1, search: str = "") -> Iterator[Window]:
        with training_packages():
            from tilth.model.pretraining import see
        length = self.length or (self.architecture.context if self.architecture else None)
        return see(work.datasets[self.data], self.field, work.folder, length, first, search)

    def rehearse(self, work: Work, rows: int | None) -> dict[str, Any]:
        return rehearsed(wanted(self, work, self.tokenizer, self.architecture), self._subject(), work, rows)

    def _subject(self) -> Reading:
        with training_packages():
            from tilth.model.pretraining import Reading
        return Reading(self.field)

    def estimate(self, known: Known) -> dict[str, Any]:
        """Sizes, tokens from the data's bytes, time from the machine's rate; and what rented GPUs would take."""
        return estimated(self, known, str(self.model or self.tokenizer), Lines(full=True), self.architecture)
