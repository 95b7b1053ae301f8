"""A decoder learned from nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from tilth.errors import RecipeError
from tilth.model.architecture import Architecture
from tilth.model.course import CPU_TOKENS, Course, micro_batch
from tilth.model.extra import training_packages
from tilth.step import DataName, Fit, TokenizerName
from tilth.work import Known, Window, Work

if TYPE_CHECKING:
    from tilth.model.pretraining import Wanted

EFFICIENCY = 0.7
"""Training's share of the rate of an fp32 matrix product: 0.6 in fp32 and 0.9 in bf16 for 4 × 192 llama on 2 cores."""


class Pretrain(Fit):
    """Train a decoder-only language model from fresh weights on plain text.

    Documents are tokenised, joined by the end-of-text token, which is learned, and cut into windows of
    `context` tokens; every token is learned exactly once an epoch (`tilth.model.pack`). A window may
    hold the end of one document and the beginning of the next, and sees both. The loss is the mean
    cross-entropy over the tokens of the whole batch, whatever the micro-batch. Weights, gradients and
    moments are fp32; bf16 is for matrix products only.
    """

    data: DataName
    """The texts to learn from."""
    validation: DataName | None = None
    """Texts to look at while training; needed for `early_stopping`."""
    tokenizer: TokenizerName
    """The tokenizer, or a model whose tokenizer is taken."""
    architecture: Architecture
    """Type and sizes of the model."""
    steps: int | None = Field(default=None, ge=1)
    """Optimizer steps; give these or `epochs`."""
    epochs: float | None = Field(default=None, gt=0)
    """How often every token is learned; 1 when `steps` is not given either."""
    batch: int = Field(default=16, ge=1)
    """Windows in an optimizer step."""
    learning_rate: float = Field(default=1e-3, gt=0)
    """The highest learning rate."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls after the warm-up; cosine and linear end at zero."""
    warmup: float = Field(default=0.05, ge=0)
    """Steps in which the learning rate rises from zero: below 1 a share of all steps, else their number."""
    weight_decay: float = Field(default=0.1, ge=0)
    """Decoupled weight decay, on matrices and embeddings only."""
    optimizer: Literal["adamw", "adafactor", "sgd"] = "adamw"
    """How weights are moved."""
    betas: tuple[float, float] = (0.9, 0.95)
    """Decay of AdamW's two moments."""
    clip: float | None = Field(default=1.0, gt=0)
    """The longest gradient (2-norm over all weights); null does not clip."""
    evaluate_every: int | None = Field(default=None, ge=1)
    """Steps between two looks at `validation`; default: a tenth of all steps. The last step is always looked at."""
    checkpoint_every: int | None = Field(default=None, ge=1)
    """Steps between two checkpoints; default: a tenth of all steps."""
    keep: int = Field(default=2, ge=1)
    """How many checkpoints are kept while training."""
    early_stopping: int | None = Field(default=None, ge=1)
    """Stop after so many looks at `validation` without a lower loss."""
    best: bool = True
    """Take the weights of the step with the lowest validation loss, not those of the last; without `validation` always the last."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Format of matrix products; `auto`: bf16 where the processor has it natively."""
    seed: int | None = None
    """Seed of fresh weights and of the order of windows; default: the recipe's."""
    field: str = "text"
    """The column that holds the text."""

    @model_validator(mode="after")
    def _settled(self) -> Self:
        if self.steps is not None and self.epochs is not None:
            raise ValueError("`steps` and `epochs` both say how long to train; give one of them")
        if self.early_stopping is not None and self.validation is None:
            raise ValueError("`early_stopping` needs `validation`")
        if self.architecture.kind != "decoder":
            step = "train.classify" if self.architecture.kind == "encoder" else "train.seq2seq"
            raise ValueError(f"`type: {self.architecture.type}` does not go on with texts; take a decoder (llama, gpt2, gpt_neox), or {step}")
        return self

    def fit(self, work: Work) -> dict[str, Any]:
        """Train, and return sizes, curve, validation, speed and the digest of the weights."""
        with training_packages():
            from tilth.model.pretraining import pretrain
        return pretrain(self._wanted(work), work)

    def sees(self, work: Work, first: int = 1, search: str = "") -> Iterator[Window]:
        with training_packages():
            from tilth.model.pretraining import see
        return see(self._wanted(work), first, search)

    def _wanted(self, work: Work) -> Wanted:
        with training_packages():
            from tilth.model.pretraining import Wanted
        return Wanted(
            data=work.datasets[self.data],
            validation=work.datasets[self.validation] if self.validation else None,
            field=self.field,
            tokenizer=work.models[self.tokenizer],
            architecture=self.architecture,
            course=Course.model_validate(self),
            seed=work.seed if self.seed is None else self.seed,
            settings=self.identity(),
        )

    def estimate(self, known: Known) -> dict[str, float]:
        """Sizes from the architecture, tokens from the data's bytes, time from the machine's rate."""
        words = known.models.get(self.tokenizer, {})
        vocabulary = self._vocabulary(int(words["vocab_size"])) if "vocab_size" in words else self.architecture.vocabulary
        if vocabulary is None:
            return {}
        parameters = self.architecture.parameters(vocabulary)
        at_once = micro_batch(self.batch, self.architecture.context, CPU_TOKENS) * self.architecture.context
        told: dict[str, float] = {
            "parameters": parameters,
            "vocab_size": vocabulary,
            "context": self.architecture.context,
            "flops_per_token": self.architecture.flops_per_token(vocabulary),
            "memory_bytes": self.architecture.training_memory(vocabulary, at_once),
            "disk_bytes": parameters * (12.0 * self.keep + 4.0 * (2 if self.validation and self.best else 1)),
        }
        if "bytes_per_token" in words:
            told["bytes_per_token"] = float(words["bytes_per_token"])
        tokens = self._tokens(known)
        if tokens is not None:
            told["tokens"] = tokens
            told["flops"] = told["flops_per_token"] * tokens
            told["seconds"] = told["flops"] / known.flops_per_second / EFFICIENCY
        return told

    def _vocabulary(self, tokens: int) -> int:
        try:
            return self.architecture.vocabulary_for(tokens)
        except ValueError as error:
            raise RecipeError(f"{error}.", remedy="Leave `vocabulary` out to take the tokenizer's size.") from error

    def _tokens(self, known: Known) -> float | None:
        """How many tokens are learned: steps say it, epochs need the size of the data."""
        if self.steps is not None:
            return float(self.steps * self.batch * self.architecture.context)
        size, rate = known.bytes.get(self.data), known.models.get(self.tokenizer, {}).get("bytes_per_token")
        return None if size is None or not rate else size / rate * (self.epochs or 1.0)
