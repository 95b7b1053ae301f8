"""A model of an encoder and a decoder that learns to answer one text with another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from tilth.model.architecture import Architecture
from tilth.model.extra import training_packages
from tilth.model.layouts import Format, FormatSettings, columns_named
from tilth.model.reading import check_rows
from tilth.step import TokenizerName
from tilth.steps.train._estimated import estimated
from tilth.steps.train._rehearsed import rehearsed
from tilth.steps.train._wanted import FRESH_RATE, one_origin, trained, wanted
from tilth.training import Training
from tilth.work import Dataset, Known, Window, Work

if TYPE_CHECKING:
    from tilth.model.responding import Responding

ADAPTER_RATE, FULL_RATE = 1e-3, 3e-4
"""The highest learning rates where none is said."""


class Seq2seq(Training):
    """Learn to answer one text with another, by an encoder and a decoder (the t5 family).

    The encoder sees all that stands before an answer, messages parted by a blank line, as the tokenizer closes a text; the decoder
    learns every token of the answer and its end. Each answer of a conversation is an example of its own. Prefixes such as
    `translate: ` are part of the text: write them with `format.*` or a template of the source.

    Before the first step it is proved of every row that the tokens of each answer, decoded, are the answer, to the letter or in the
    tokenizer's normal form (T5's writes a line break as a blank), and that none of them is unknown, or a control token of the
    text's own. A row that is not proved stops the run (exit 3), as does one with tools, calls or an answer's reasoning, which stand in no
    text. Rows learned in the normal form, and rows with letters before an answer that the tokenizer does not know, are counted.
    """

    revision = 2

    tokenizer: TokenizerName | None = None
    """The tokenizer of fresh weights, or a model whose tokenizer is taken; a `model` has its own."""
    architecture: Architecture | None = None
    """Type and sizes of a model with fresh weights."""
    learning_rate: float | None = Field(default=None, gt=0)
    """The highest learning rate; null: 1e-3 for fresh weights and with an adapter, 3e-4 for a model that goes on."""
    length: int | None = Field(default=512, ge=2)
    """The most tokens of a source and its target together. The t5 family has no limit of its own."""
    format: Format | FormatSettings | None = None
    """How the rows are laid out: any layout with answers; null: found by the columns and the first rows."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        one_origin(self, self.tokenizer, self.architecture, ("encoder_decoder",))
        self.refuse({"packing": "each source is read by itself", "template": "a source has no roles"})
        if self.shortening[0] == "window":
            raise ValueError("`truncation: window` has no meaning here: a target belongs to its whole source")
        if self.length is None:
            raise ValueError("`length` is needed: the t5 family has no limit of its own")
        return self

    @property
    def rate(self) -> float:
        usual = FRESH_RATE if self.architecture else FULL_RATE if self.adapter is None else ADAPTER_RATE
        return self.learning_rate or usual

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
        return estimated(self, known, str(self.model or self.tokenizer), architecture=self.architecture)

    def _subject(self) -> Responding:
        with training_packages():
            from tilth.model.responding import Responding
        return Responding(self.format, self.shortening)
