"""A model that learns to tell texts apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from tilth.model.architecture import Architecture
from tilth.model.extra import training_packages
from tilth.model.layouts import Format, FormatSettings, columns_named
from tilth.model.reading import check_rows
from tilth.step import TokenizerName
from tilth.steps.train._estimated import Lines, estimated
from tilth.steps.train._rehearsed import rehearsed
from tilth.steps.train._wanted import FRESH_RATE, one_origin, trained, wanted
from tilth.training import Training
from tilth.work import Dataset, Known, Window, Work

if TYPE_CHECKING:
    from tilth.model.labelling import Labelling


class Classify(Training):
    """Learn to give texts one label each: an encoder (the bert family) or a decoder, with a head of its own.

    The labels are those of the data, sorted. A text becomes tokens exactly as `filter.classifier` will give it to the model, which
    takes the folder as it is. With `validation`, accuracy with its 95 % interval, macro-F1, and for each label precision, recall and
    F1 are measured on it with the weights that are kept.
    """

    tokenizer: TokenizerName | None = None
    """The tokenizer of fresh weights, or a model whose tokenizer is taken; a `model` has its own."""
    architecture: Architecture | None = None
    """Type and sizes of a model with fresh weights."""
    learning_rate: float | None = Field(default=None, gt=0)
    """The highest learning rate; null: 1e-3 for fresh weights, 2e-4 with an adapter, 2e-5 for a model that goes on."""
    class_weights: Literal["balanced"] | None = None
    """`balanced`: each label counts the same in all, however many rows have it; null: each row does."""
    format: Format | FormatSettings | None = None
    """How the rows are laid out, `{type: classification, text: …, label: …}`; null: found by the columns and the first rows."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        one_origin(self, self.tokenizer, self.architecture, ("encoder", "decoder"))
        self.refuse({"packing": "each text is judged by itself", "template": "texts are read as they stand", "samples": "labels are not written"})
        if self.shortening[0] == "window":
            raise ValueError("`truncation: window` has no meaning here: a text has one label")
        return self

    @property
    def rate(self) -> float:
        return super().rate if self.architecture is None else self.learning_rate or FRESH_RATE

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """The columns that `format` names."""
        return columns_named(self.format, self.data, self.validation)

    def check_rows(self, data: Mapping[str, Dataset]) -> None:
        """The rows are of a format that is known. Raises AskedWrong."""
        check_rows(data, self.format)

    def fit(self, work: Work) -> dict[str, Any]:
        return trained(self, work, self._subject(), self.tokenizer, self.architecture)

    def sees(self, work: Work, first: int = 1, search: str = "") -> Iterator[Window]:
        return self._subject().sees(work.datasets[self.data], work.folder, self.length, first, search)

    def rehearse(self, work: Work, rows: int | None) -> dict[str, Any]:
        return rehearsed(wanted(self, work, self.tokenizer, self.architecture), self._subject(), work, rows)

    def estimate(self, known: Known) -> dict[str, Any]:
        return estimated(self, known, str(self.model or self.tokenizer), Lines(head=False), self.architecture)

    def _subject(self) -> Labelling:
        with training_packages():
            from tilth.model.labelling import Labelling
        strategy, side, overlap = self.shortening
        # `filter.classifier` reads the beginning of a long text, so that is what is learned from where no side is named
        kept: Literal["left", "right"] = "right" if isinstance(self.truncation, str) else side
        return Labelling(self.format, (strategy, kept, overlap), self.class_weights)
