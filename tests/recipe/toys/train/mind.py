"""train.mind: a model with a group of settings of two types."""

from typing import Annotated, Literal

from pydantic import Field

from tilth.step import DataName, Fit, Settings, TokenizerName


class Llama(Settings):
    """One type."""

    type: Literal["llama"]
    """Which."""
    layers: int
    """How many."""


class Gpt2(Settings):
    """The other."""

    type: Literal["gpt2"]
    """Which."""
    layers: int
    """How many."""
    dropout: float = 0.0
    """How much is left out."""


class Mind(Fit):
    """Learn to speak."""

    data: DataName
    """The texts."""
    tokenizer: TokenizerName
    """The words."""
    architecture: Annotated[Llama | Gpt2, Field(discriminator="type")]
    """Its size."""
    learning_rate: float = 1e-3
    """How fast."""

    def fit(self, work):
        return {}

    def estimate(self, known):
        return {}
