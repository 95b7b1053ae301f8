"""Fine-tuning an encoder and a decoder (the t5 family): rows in any layout with answers become sources and targets, and targets are learned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from tilth.errors import AskedWrong
from tilth.model import reading
from tilth.model.examples import Example
from tilth.model.formats import Conversation, Format, Row
from tilth.model.layouts import FormatSettings, Layout
from tilth.model.load import Tokenizer
from tilth.model.masks import Unproved
from tilth.model.objectives import whole_network
from tilth.model.proving import found, sees
from tilth.model.seq2seq import Answers, Proofs, TargetToken, examples, source, start_of
from tilth.model.shortening import cuttable, with_texts
from tilth.model.truncation import Limit, Strategy
from tilth.model.tuning import Prepared, Room, length_of
from tilth.text.cutting import Side
from tilth.work import Dataset, Window

HERE: tuple[Format, ...] = ("completion", "question", "alpaca", "sharegpt", "messages")
"""The layouts that have a source and a target."""


@dataclass(frozen=True)
class Targets:
    """How rows become examples: one for each answer of a conversation, with all that was said before it as its source."""

    tokenizer: Tokenizer
    proofs: Proofs = field(default_factory=Proofs)
    together: int = 1
    extra: Sequence[str] = ()

    def items(self, row: Row) -> Sequence[Conversation]:
        """The answers of a row, each as a conversation that ends with it."""
        assert isinstance(row, Conversation)
        return [replace(row, messages=row.messages[: number + 1], learned=(number,)) for number in row.learned]

    def examples(self, items: Iterable[tuple[int, Conversation]]) -> Iterator[Example | Unproved]:
        """Each answer as an example."""
        return examples(self.tokenizer, items, self.proofs)

    def contexts(self, item: Conversation) -> Sequence[str]:
        """The texts of a source that may be made shorter."""
        return list(cuttable(item.messages, item.learned[0]).values())

    def changed(self, item: Conversation, texts: Sequence[str]) -> Conversation:
        """The conversation with other texts in their places."""
        places = dict(zip(cuttable(item.messages, item.learned[0]), texts, strict=True))
        return replace(item, messages=with_texts(item.messages, places))

    def told(self) -> Mapping[str, Any]:
        """What was proved."""
        return {"proofs": asdict(self.proofs)}

    def said(self, example: Example) -> str:
        """Its tokens say all."""
        return ""


@dataclass(frozen=True)
class Responding:
    """A model of an encoder and a decoder that learns answers. `shortening`: what becomes of long rows."""

    format: Format | FormatSettings | None
    shortening: tuple[Strategy, Side, int | None]
    task: Literal["seq2seq"] = "seq2seq"

    def prepare(self, data: Dataset, room: Room) -> Prepared:
        """The rows' answers as examples within the length, source and target together.

        Raises DataRefused for rows that cannot be read, proved or cut; AskedWrong for a layout without answers."""
        layout = self._layout(data)
        made = found(data, layout, Targets(room.tokenizer), room, Limit(room.length, *self.shortening), {})
        answers = Answers(made.fitting, room.tokenizer.filling)
        return Prepared(answers, made.facts, asked=partial(source, room.tokenizer), stops=(room.tokenizer.marks.end,))

    def _layout(self, data: Dataset) -> Layout:
        """How a dataset's rows are laid out. Raises AskedWrong for a layout without answers."""
        layout = reading.layout_of(data, self.format)
        if layout.format not in HERE:
            raise _not_here(data, layout)
        return layout

    def sees(self, data: Dataset, folder: Path, length: int | None, first: int, search: str) -> Iterator[Window]:
        """Sources and targets of a dataset as the tuned model in `folder` learned from them."""
        tokenizer = Tokenizer(folder)
        return sees(data, self._layout(data), Targets(tokenizer), Limit(length_of(folder, length), *self.shortening), tokenizer, first, search)

    def labels(self) -> tuple[str, ...]:
        """Nothing is classified."""
        return ()

    def objective(self, network: Any, prepared: Prepared, batch: int) -> TargetToken:
        """The cross-entropy of each token of the targets."""
        return TargetToken(start_of(whole_network(network).config))

    def finish(self, network: Any, taught: Prepared, held: Prepared | None, room: Room) -> dict[str, Any]:
        """The model is its weights; nothing belongs beside them."""
        return {}


def _not_here(data: Dataset, layout: Layout) -> AskedWrong:
    return AskedWrong(
        f"The rows of `{data.name}` are laid out as `{layout.format}` ({layout.why}), from which `train.seq2seq` does not learn.",
        accepted=f"It learns answers, from: {', '.join(HERE)}.",
        remedy="Say another `format`, or take another step.",
    )
