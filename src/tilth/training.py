"""The shape of a step that trains weights, and the words that every training takes, said once.

A step that declares one of these words again does so for another default; what has no meaning for it, it refuses.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tilth.model.adapter import Adapter
from tilth.model.asked_template import AskedTemplate
from tilth.model.course import Course
from tilth.step import DataName, Fit, ModelName, Settings
from tilth.work import Work

Positive = Annotated[int, Field(ge=1)]
Decay = Annotated[float, Field(ge=0, lt=1)]

ADAPTER_RATE, FULL_RATE = 2e-4, 2e-5
"""The highest learning rates where none is said: adapters begin at nothing and are small, whole weights were learned before."""


class Shorter(Settings):
    """Context is cut, never the answer."""

    truncate_context: Literal["left", "right"]
    """From where text is taken away: `left` keeps what is nearest to the answer."""


class Overlapping(Settings):
    """Plain text becomes windows."""

    window: int = Field(ge=1)
    """Tokens that a window shares with the one before; they are seen again, and learned once."""


class Training(Fit):
    """Datasets and a model → trained weights. It cannot change what it was given.

    An optimizer step learns from a *batch* of items: rows, preference pairs, windows, or packs of rows. The batch is effective: how many
    of them are on the device at once (`machine: {micro_batch: …}`) and how many processes share them does not move the loss.
    """

    data: DataName
    """What to learn from."""
    validation: DataName | None = None
    """What to look at while training; needed for `early_stopping`."""
    model: ModelName | None = None
    """The model that goes on learning."""
    epochs: float | None = Field(default=None, gt=0)
    """How often every item is learned; 1 when `steps` is not given either."""
    steps: int | None = Field(default=None, ge=1)
    """Optimizer steps; give these or `epochs`."""
    batch: int = Field(default=16, ge=1)
    """Items of an optimizer step, whatever fits on the device at once."""
    learning_rate: float | None = Field(default=None, gt=0)
    """The highest learning rate; null: 2e-4 with an adapter, 2e-5 for whole weights."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the learning rate falls after the warm-up; cosine and linear end at zero."""
    warmup: float = Field(default=0.05, ge=0)
    """Steps in which the learning rate rises from zero: below 1 a share of all steps, else their number."""
    weight_decay: float = Field(default=0.0, ge=0)
    """Decoupled weight decay, on matrices and embeddings only."""
    optimizer: Literal["adamw", "adamw_8bit", "adafactor", "sgd"] = "adamw"
    """How weights are moved. `adamw_8bit` keeps its moments in 8 bits (Dettmers et al. 2022), `adafactor` sums of rows and columns
    (Shazeer & Stern 2018)."""
    betas: tuple[Decay, Decay] = (0.9, 0.999)
    """Decay of AdamW's two moments, `adamw_8bit`'s too."""
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
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    """Format of matrix products; `auto`: bf16 where the processor has it natively. Weights that are trained are fp32 in any case."""
    seed: int | None = Field(default=None, ge=0, le=2**32 - 1)
    """Seed of fresh weights and of the order of items; default: the recipe's."""
    adapter: Adapter | None = None
    """Small matrices that are trained in place of the weights; null trains all weights."""
    length: int | None = Field(default=None, ge=2)
    """The most tokens of a row or a window; null: as many as the model sees at once."""
    truncation: Literal["refuse", "drop", "truncate_context", "window"] | Shorter | Overlapping = "refuse"
    """What becomes of rows that are longer: `refuse` the run, `drop` them, `truncate_context` at a sentence or a word (from the
    left) and never the answer, or cut plain text into `window`s that overlap by an eighth, each token learned once."""
    packing: bool = False
    """Several rows in a line of `length` tokens, which must be said, and see nothing of each other; a batch then counts lines."""
    template: AskedTemplate | None = None
    """How a conversation is written: `tokenizer` for the chat template of the model's own tokenizer; `plain`, `question`, `alpaca`,
    `instruction`, `chatml`; or a Jinja chat template. Null: the tokenizer's own where it has one, else the one that belongs to the
    rows' format; texts of prompt and completion are joined as they are."""
    samples: tuple[str, ...] = ()
    """Prompts that the model answers whenever it is looked at, to be read while it trains."""
    new_tokens: tuple[str, ...] = ()
    """Control tokens that the model does not know yet, such as `<|im_end|>`: each begins as the mean of those that it knows."""
    checkpointing: bool = False
    """Compute activations again on the way back in place of keeping them: less memory, about a quarter more time."""
    compile: bool = False
    """Compile the model's layers by torch.compile, which takes a compiler and a minute, and pays on GPUs for long trainings."""

    @model_validator(mode="after")
    def _settled(self) -> Self:
        if self.steps is not None and self.epochs is not None:
            raise ValueError("`steps` and `epochs` both say how long to train; give one of them")
        if self.steps is not None and self.warmup >= 1 and self.warmup > self.steps:
            raise ValueError(f"`warmup` is {self.warmup:g} steps, and there are {self.steps}; the learning rate would never be reached")
        if self.early_stopping is not None and self.validation is None:
            raise ValueError("`early_stopping` needs `validation`")
        if self.optimizer in ("sgd", "adafactor"):
            self.refuse({"betas": f"{self.optimizer} has no such moments"})
        return self

    def refuse(self, meaningless: dict[str, str]) -> None:
        """Raise ValueError for a setting that was given and says nothing here: its name, and why."""
        for name, why in meaningless.items():
            if getattr(self, name) != type(self).model_fields[name].get_default():
                raise ValueError(f"`{name}` has no meaning here: {why}")

    @property
    def shortening(self) -> tuple[Literal["refuse", "drop", "truncate_context", "window"], Literal["left", "right"], int | None]:
        """What becomes of long rows: the way, from where context is cut, and by how much windows overlap."""
        match self.truncation:
            case Shorter(truncate_context=side):
                return "truncate_context", side, None
            case Overlapping(window=overlap):
                return "window", "left", overlap
        return self.truncation, "left", None

    @property
    def course(self) -> Course:
        """For how long, how fast, and when it looks up."""
        return Course.model_validate({**{name: getattr(self, name) for name in Course.model_fields}, "learning_rate": self.rate})

    def settled(self) -> dict[str, Any]:
        """Its identity, with nothing left open: what a checkpoint must share."""
        return {**self.identity(), "learning_rate": self.rate}

    @property
    def rate(self) -> float:
        """The highest learning rate, settled."""
        return self.learning_rate or (FULL_RATE if self.adapter is None else ADAPTER_RATE)

    @abstractmethod
    def rehearse(self, work: Work, rows: int | None) -> dict[str, Any]:
        """Try the training on a few rows and forget it: what their layout is, that masks are proved, what a length limit costs, how
        long a step takes and how much memory. `rows`: about how many the whole dataset has. Returns facts (plain JSON)."""
