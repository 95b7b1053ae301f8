"""Fine-tuning a classifier: rows of a text and a label become examples, and the labels are learned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tilth.errors import AskedWrong
from tilth.model import reading
from tilth.model.classification import Label, Texts, balanced, examples, judged, labels_among
from tilth.model.course import CPU_TOKENS, GPU_TOKENS
from tilth.model.examples import Example
from tilth.model.formats import Format, Labelled, Row
from tilth.model.layouts import FormatSettings, Layout
from tilth.model.load import Tokenizer
from tilth.model.proving import found, sees
from tilth.model.truncation import Limit, Strategy
from tilth.model.tuning import Prepared, Room, length_of
from tilth.text.cutting import Side
from tilth.work import Dataset, Window


@dataclass(frozen=True)
class Told:
    """How rows become examples: each is its text and the number of its label."""

    tokenizer: Tokenizer
    labels: Sequence[str]
    together: int = 1
    extra: Sequence[str] = ("label",)

    def items(self, row: Row) -> Sequence[Labelled]:
        """The row itself."""
        assert isinstance(row, Labelled)
        return [row]

    def examples(self, items: Iterable[tuple[int, Labelled]]) -> Iterator[Example]:
        """Each text as an example."""
        return examples(self.tokenizer, items, self.labels)

    def contexts(self, item: Labelled) -> Sequence[str]:
        """The text, which may be made shorter."""
        return [item.text]

    def changed(self, item: Labelled, texts: Sequence[str]) -> Labelled:
        """The label with another text."""
        [text] = texts
        return replace(item, text=text)

    def told(self) -> Mapping[str, Any]:
        """The labels."""
        return {"labels": list(self.labels)}

    def said(self, example: Example) -> str:
        """Its label."""
        return self.labels[int(example.extra["label"])]


@dataclass
class Labelling:
    """A classifier that learns labels. `shortening`: what becomes of long rows; `weights`: how much a row of each label counts; `known`: the
    labels, once data is prepared."""

    format: Format | FormatSettings | None
    shortening: tuple[Strategy, Side, int | None]
    weights: Literal["balanced"] | None = None
    task: Literal["classification"] = "classification"
    known: list[str] = field(default_factory=list)

    def prepare(self, data: Dataset, room: Room) -> Prepared:
        """The rows as examples within the length. The labels are those of the dataset that is prepared first.

        Raises DataRefused for rows that cannot be read or cut, or have a label of their own; AskedWrong for a layout without labels."""
        layout = self._learned(data)
        way = Told(room.tokenizer, self.known)
        made = found(data, layout, way, room, Limit(room.length, *self.shortening), {"labels": self.known})
        numbers = made.fitting.extra["label"].astype(np.int64)
        rows = dict(zip(self.known, np.bincount(numbers, minlength=len(self.known)).tolist(), strict=True))
        return Prepared(Texts(made.fitting, room.tokenizer.filling), {**made.facts, "rows_by_label": rows})

    def _learned(self, data: Dataset) -> Layout:
        """How a dataset's rows are laid out; the labels of the first one that is looked at are those that are told apart."""
        layout = reading.layout_of(data, self.format)
        if layout.format != "classification":
            raise _not_here(data, layout)
        if not self.known:
            self.known += labels_among(one.label for _, _, one in reading.rows_of(data, layout) if isinstance(one, Labelled))
        return layout

    def sees(self, data: Dataset, folder: Path, length: int | None, first: int, search: str) -> Iterator[Window]:
        """The texts of a dataset as the tuned model in `folder` learned from them: all of their tokens are context."""
        tokenizer, layout = Tokenizer(folder), self._learned(data)
        limit = Limit(length_of(folder, length), *self.shortening)
        return sees(data, layout, Told(tokenizer, self.known), limit, tokenizer, first, search)

    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the outputs."""
        return tuple(self.known)

    def objective(self, network: Any, prepared: Prepared, batch: int) -> Label:
        """The cross-entropy of each label. Raises AskedWrong where a label is to be weighted and no row that fits has it."""
        if self.weights is None:
            return Label()
        rows = prepared.facts["rows_by_label"]
        if missing := [label for label, number in rows.items() if not number]:
            raise AskedWrong(f"No row that fits has the label {missing[0]!r}, so it cannot be balanced.", remedy="Leave `class_weights` out.")
        return Label(balanced(list(rows.values())))

    def finish(self, network: Any, taught: Prepared, held: Prepared | None, room: Room) -> dict[str, Any]:
        """How well the tuned network tells the validation data apart; nothing where there is none."""
        if held is None:
            return {}
        assert isinstance(held.material, Texts)
        return {"judged": judged(network, held.material, self.known, GPU_TOKENS if network.device.type == "cuda" else CPU_TOKENS)}


def _not_here(data: Dataset, layout: Layout) -> AskedWrong:
    return AskedWrong(
        f"The rows of `{data.name}` are laid out as `{layout.format}` ({layout.why}), and hold no labels.",
        accepted="Rows to be told apart have a text and a label: the columns `text` and `label`.",
        remedy="Name them: `format: {type: classification, text: …, label: …}`.",
    )
