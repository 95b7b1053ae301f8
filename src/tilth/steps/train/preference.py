"""A model that learns which answers are preferred."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

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
    from tilth.model.preferring import Preferring

ADAPTER_RATE, FULL_RATE = 1e-5, 1e-6
"""The highest learning rates where none is said: a model that answers already is moved a little."""

OWN = {"dpo": ("beta",), "orpo": ("odds_weight",), "kto": ("beta", "desirable", "undesirable", "group")}
"""The settings of each method."""


class Preference(Training):
    """Learn from preferences: of two answers the better one (`dpo`, `orpo`), or of single answers whether they are good (`kto`).

    `dpo` makes the chosen answer likelier than the rejected one, beside what the model said before (Rafailov et al. 2023). `orpo` learns
    the chosen answer and raises its odds over the rejected one's, without a reference (Hong et al. 2024). `kto` learns from
    judged answers one by one (Ethayarajh et al. 2024), and takes a pair as two of them. What the model said before is
    measured once, before the first step, so no second copy of the weights is held. Answers are written, proved and cut as
    `train.sft` does. Accuracy and margin of the rewards are told beside the loss. With `dpo` and `kto` nothing is dropped out, whatever the
    model's configuration says: noise would pass for what was learned.
    """

    model: ModelName
    """The model that goes on learning; most often one that was tuned to answer."""
    method: Literal["dpo", "orpo", "kto"] = "dpo"
    """What is made small."""
    beta: float = Field(default=0.1, gt=0)
    """How much a change of log-probability is worth (`dpo`, `kto`): the greater, the nearer the model stays to what it was."""
    odds_weight: float = Field(default=0.1, gt=0)
    """How much the odds count beside the likelihood of chosen answers (`orpo`)."""
    desirable: float = Field(default=1.0, gt=0)
    """How much a good answer counts (`kto`)."""
    undesirable: float = Field(default=1.0, gt=0)
    """How much a bad answer counts (`kto`)."""
    group: int = Field(default=4, ge=2)
    """Examples that are an item together (`kto`): with each other's answers it is estimated how far the model has moved. A batch of
    16 holds 64 examples."""
    learning_rate: float | None = Field(default=None, gt=0)
    """The highest learning rate; null: 1e-5 with an adapter, 1e-6 for whole weights."""
    packing: bool = False
    """Several pairs in a line of twice `length` tokens, which see nothing of each other; a batch then counts lines. With `kto`, the examples of
    the groups that are computed at once in lines of `length` tokens; a batch counts groups, packed or not."""
    format: Format | FormatSettings | None = None
    """How the rows are laid out: `preference` (`chosen`, `rejected`, and `prompt` where they do not begin with it), or for `kto` also
    `judged` (`prompt`, `completion`, `label`); null: found by the columns and the first rows."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for method, names in OWN.items():
            strange = [name for name in names if name not in OWN[self.method]]
            self.refuse({name: f"it belongs to `method: {method}`" for name in strange})
        if self.shortening[0] == "window":
            raise ValueError("`truncation: window` has no meaning here: an answer belongs to its whole prompt")
        if self.method != "orpo" and self.adapter is not None and self.adapter.dropout > 0:
            raise ValueError(f"an adapter's `dropout` has no meaning with `method: {self.method}`: noise would pass for what was learned")
        if self.packing and self.length is None:
            raise ValueError("`packing` needs `length`, by which the lines are measured")
        return self

    @property
    def rate(self) -> float:
        return self.learning_rate or (FULL_RATE if self.adapter is None else ADAPTER_RATE)

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
        groups = Lines(rows=self.group / 2, lines=2 * self.group, level=self.packing)
        lines = groups if self.method == "kto" else Lines(lines=2, full=self.packing)
        return estimated(self, known, self.model, lines)

    def _subject(self) -> Preferring:
        with training_packages():
            from tilth.model.preferring import Preferring
        strengths = {name: float(getattr(self, name)) for name in OWN[self.method] if name != "group"}
        return Preferring(
            self.method, strengths, self.format, self.template, self.shortening, self.group, packed=self.packing, precision=self.precision
        )
