"""train.words: a tokenizer made of data alone."""

from typing import ClassVar, Literal

from tilth.step import DataName, Fit


class Words(Fit):
    """Learn the words."""

    makes: ClassVar[Literal["tokenizer", "model"]] = "tokenizer"

    data: DataName
    """The texts."""
    size: int = 100
    """How many."""

    def fit(self, work):
        return {}

    def estimate(self, known):
        return {}
