"""A model that learns to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import model_validator

from tilth.model.extra import training_packages
from tilth.model.layouts import Format, FormatSettings, columns_named
from tilth.model.reading import check_rows
from tilth.step import ModelName
from tilth.steps.train._estimated import Lines, estimated
from tilth.steps.train._rehearsed import rehearsed
from tilth.steps.train._wanted import trained, wanted
from tilth.training import Training
from tilth.work import Dataset, Known, Window, Work

if TYPE_CHECKING:
    from tilth.model.answering import Answering


class Sft(Training):
    """Supervised fine-tuning: a model learns the answers of its rows, and to stop after them.

    Rows may be laid out as prompt and completion, question and answer, Alpaca's instruction, input and output, ShareGPT's
    conversations, messages (with tools), or plain text. A conversation is written once, by the template; the tokens of each answer and
    the control token that ends it are learned, and nothing else is. Before the first step it is proved of every row that the
    tokens before an answer are those that a prompt will have, that the learned tokens decode to the answer and its end, that
    there are some, and that no text holds a control token of its own. The loss is the mean over the learned tokens of a whole batch.
    """

    model: ModelName
    """The model that goes on learning."""
    format: Format | FormatSettings | None = None
    """How the rows are laid out: a name, or a name with the columns of its parts, `{type: question, question: frage}`; null: found by the
    columns and the first rows."""
    turns: Literal["all", "last"] = "all"
    """Which answers of a conversation are learned."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.packing and self.length is None:
            raise ValueError("`packing` needs `length`, the tokens of a line")
        return self

    def needs(self) -> Mapping[str, tuple[str, ...]]:
        """The columns that `format` names."""
        return columns_named(self.format, self.data, self.validation)

    def check_rows(self, data: Mapping[str, Dataset]) -> None:
        """The rows are of a format that is known. Raises AskedWrong."""
        check_rows(data, self.format)

    def fit(self, work: Work) -> dict[str, Any]:
        return trained(self, work, self._subject())

    def sees(self, work: Work, first: int = 1, search: str = "") -> Iterator[Window]:
        return self._subject().sees(work.datasets[self.data], work.folder, self.length, first, search)

    def rehearse(self, work: Work, rows: int | None) -> dict[str, Any]:
        return rehearsed(wanted(self, work), self._subject(), work, rows)

    def estimate(self, known: Known) -> dict[str, Any]:
        return estimated(self, known, self.model, Lines(full=self.packing))

    def _subject(self) -> Answering:
        with training_packages():
            from tilth.model.answering import Answering, Laying
        return Answering(Laying(self.format, self.template, self.turns, *self.shortening), self.packing)
