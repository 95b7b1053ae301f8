"""Fine-tuning on answers: rows in any layout become examples, each proved, cut or packed as was asked, and their answers are learned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from tilth.errors import AskedWrong
from tilth.model import masks, packing, reading, templates, truncation
from tilth.model.adapted import stop_at
from tilth.model.examples import Example
from tilth.model.formats import Conversation, Format, Row, Text
from tilth.model.layouts import FormatSettings, Layout
from tilth.model.load import Tokenizer
from tilth.model.masks import Proofs, Turns, Unproved
from tilth.model.material import Packs, Rows
from tilth.model.objectives import NextToken, heads_apart, whole_network
from tilth.model.proving import found, sees, sees_packed, sequences_of
from tilth.model.rendering import Renderer
from tilth.model.settled_template import SettledTemplate, learned_by, stays
from tilth.model.shortening import cuttable, with_texts
from tilth.model.tuning import Prepared, Room, length_of
from tilth.text.cutting import Side
from tilth.work import Dataset, Window

HERE: tuple[Format, ...] = ("text", "completion", "question", "alpaca", "sharegpt", "messages")
"""The layouts that have answers."""


@dataclass(frozen=True)
class Laying:
    """How rows become examples: their layout (null: found), the template, which turns are learned, and what becomes of long ones."""

    format: Format | FormatSettings | None = None
    template: str | None = None
    turns: Turns = "all"
    strategy: truncation.Strategy = "refuse"
    side: Side = "left"
    overlap: int | None = None

    def limit(self, length: int) -> truncation.Limit:
        """The most tokens of a row, and what becomes of longer ones."""
        return truncation.Limit(length, self.strategy, self.side, self.overlap)


@dataclass(frozen=True)
class Answering:
    """A causal model that learns answers. `settled`: the template, once data is prepared."""

    laying: Laying
    packed: bool = False
    task: Literal["causal"] = "causal"
    settled: SettledTemplate = field(default_factory=SettledTemplate)

    def prepare(self, data: Dataset, room: Room) -> Prepared:
        """The rows' answers as examples within the length, and how often which proof was needed.

        Raises DataRefused for rows that cannot be read, proved or cut; AskedWrong for a layout without answers."""
        layout = laid_out(data, self.laying.format)
        way = Turned(self.settled.renderer(self.laying.template, data, room.tokenizer, layout), self.laying.turns)
        made = found(data, layout, way, room, self.laying.limit(room.length), {"renderer": way.renderer.identity, "turns": self.laying.turns})
        filling, fitting = room.tokenizer.filling, made.fitting
        material = Packs(fitting, packing.best_fit(fitting.lengths, room.length), filling) if self.packed else Rows(fitting, filling)
        lengths = partial(sequences_of, made, room, packed=self.packed)
        facts = {**made.facts, **self.settled.warned(self.laying.template, data, room)}
        return Prepared(material, facts, lambda batch, at_once: lengths((batch, at_once)), way.asked, way.renderer.stops)

    def sees(self, data: Dataset, folder: Path, length: int | None, first: int, search: str) -> Iterator[Window]:
        """The rows of a dataset as the tuned model in `folder` learned them."""
        tokenizer, layout = Tokenizer(folder), laid_out(data, self.laying.format)
        way = Turned(Renderer(tokenizer, learned_by(folder, tokenizer, layout)), self.laying.turns)
        look = sees_packed if self.packed else sees
        return look(data, layout, way, self.laying.limit(length_of(folder, length)), tokenizer, first, search)

    def labels(self) -> tuple[str, ...]:
        """Nothing is classified."""
        return ()

    def objective(self, network: Any, prepared: Prepared, batch: int) -> NextToken:
        """The cross-entropy of each token of the answers."""
        return NextToken(heads_apart(network))

    def finish(self, network: Any, taught: Prepared, held: Prepared | None, room: Room) -> dict[str, Any]:
        """Write the template beside the weights and what ends an answer into them, so that whoever loads the model writes
        conversations as it learned them, and stops where it does. A model that learned plain texts keeps the tokenizer's own."""
        learned = templates.Template(taught.facts["template"], taught.facts["template_source"], dict(room.tokenizer.full.special_tokens_map))
        template = stays(room.tokenizer, taught.facts["layout"]["format"], learned)
        templates.write(room.work.folder, template)
        stops, config = Renderer(room.tokenizer, template).stops, whole_network(network).generation_config
        config.eos_token_id = list(stops) if len(stops) > 1 else stops[0]
        config.save_pretrained(room.work.folder)
        stop_at(room.work.folder, stops)
        return {}


@dataclass(frozen=True)
class Turned:
    """How a conversation, or a text, becomes an example."""

    renderer: Renderer
    turns: Turns
    proofs: Proofs = field(default_factory=Proofs)
    together: Literal[1] = 1
    extra: tuple[str, ...] = ()

    def items(self, row: Row) -> Sequence[Conversation | Text]:
        """The row itself."""
        assert isinstance(row, Conversation | Text)
        return [row]

    def examples(self, items: Iterable[tuple[int, Conversation | Text]]) -> Iterator[Example | Unproved]:
        """Each conversation as an example."""
        return masks.examples(self.renderer, items, self.turns, self.proofs)

    def contexts(self, item: Conversation | Text) -> Sequence[str]:
        """The texts before the first answer that may be made shorter; a plain text has none."""
        return list(_cuttable(item).values()) if isinstance(item, Conversation) else []

    def changed(self, item: Conversation | Text, texts: Sequence[str]) -> Conversation:
        """The conversation with other texts in their places."""
        assert isinstance(item, Conversation)
        return replace(item, messages=with_texts(item.messages, dict(zip(_cuttable(item), texts, strict=True))))

    def asked(self, text: str) -> list[int]:
        """The tokens of a prompt."""
        return self.renderer.prompt([{"role": "user", "content": text}])

    def told(self) -> Mapping[str, Any]:
        """The template, and how often which proof was needed."""
        template = self.renderer.template
        return {"template": template.name, "template_source": template.source, "proofs": asdict(self.proofs)}

    def said(self, example: Example) -> str:
        """Its tokens say all."""
        return ""


def _cuttable(conversation: Conversation) -> Mapping[int, str]:
    return cuttable(conversation.messages, min(conversation.learned))


def laid_out(data: Dataset, asked: Format | FormatSettings | None) -> Layout:
    """How a dataset's rows are laid out. Raises AskedWrong for a layout without answers."""
    layout = reading.layout_of(data, asked)
    if layout.format in HERE:
        return layout
    step = "train.classify" if layout.format == "classification" else "train.preference"
    raise AskedWrong(
        f"The rows of `{data.name}` are laid out as `{layout.format}` ({layout.why}), from which `train.sft` does not learn.",
        accepted=f"It learns answers, from: {', '.join(HERE)}.",
        remedy=f"Take `{step}`, or say another `format`.",
    )
