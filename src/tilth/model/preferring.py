"""Fine-tuning on preferences: rows with two answers, or with one that was judged, become proved examples, and DPO, ORPO or KTO is made small."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tilth.errors import AskedWrong, NothingLeft
from tilth.model import device, examples, masks, packing, reading, templates
from tilth.model.answering import Answering, Laying
from tilth.model.course import CPU_TOKENS, GPU_TOKENS
from tilth.model.examples import Example, Examples
from tilth.model.formats import Conversation, Format, Judged, Pair, Row
from tilth.model.judgements import Judgements, with_mismatches
from tilth.model.launching import first
from tilth.model.layouts import FormatSettings, Layout
from tilth.model.load import Tokenizer
from tilth.model.masks import Proofs, Unproved
from tilth.model.material import Packs, Rows
from tilth.model.objectives import Objective, heads_apart
from tilth.model.preference import DPO, KTO, ORPO
from tilth.model.proving import Found, found, sees, sees_packed, sequences_of
from tilth.model.reference import measured, turn_off_dropout
from tilth.model.rendering import Renderer
from tilth.model.settled_template import SettledTemplate
from tilth.model.shortening import cuttable, with_texts
from tilth.model.truncation import Limit, Strategy
from tilth.model.tuning import Prepared, Room, length_of
from tilth.text.cutting import Side
from tilth.work import Dataset, Window

Method = Literal["dpo", "orpo", "kto"]

OBJECTIVES: Mapping[Method, Any] = {"dpo": DPO, "orpo": ORPO, "kto": KTO}
"""What each method makes small."""

FEWEST = 3
"""Pairs that KTO needs: of two, half of the answers would be set beside their own prompts."""

Item = tuple[Conversation, float]
"""A conversation whose last answer is learned, and whether that is a good one (1 or 0)."""


@dataclass(frozen=True)
class Answers:
    """How rows with preferences become examples: a pair gives two, the chosen one first; a judged answer gives one."""

    renderer: Renderer
    pairs: bool
    proofs: Proofs = field(default_factory=Proofs)
    extra: Sequence[str] = ("good",)

    @property
    def together(self) -> int:
        """The examples of a row."""
        return 2 if self.pairs else 1

    def items(self, row: Row) -> Sequence[Item]:
        """The conversations of a row."""
        if isinstance(row, Pair):
            return [(_with_answer(row, row.chosen, row.unlearned[0]), 1.0), (_with_answer(row, row.rejected, row.unlearned[1]), 0.0)]
        assert isinstance(row, Judged)
        return [(row.conversation, float(row.good))]

    def examples(self, items: Iterable[tuple[int, Item]]) -> Iterator[Example | Unproved]:
        """Each conversation as an example of its last part."""
        good: list[float] = []

        def conversations() -> Iterator[tuple[int, Conversation]]:
            for row, (conversation, is_good) in items:
                good.append(is_good)
                yield row, conversation

        for number, one in enumerate(masks.examples(self.renderer, conversations(), "all", self.proofs)):
            yield one if isinstance(one, Unproved) else replace(one, extra={"good": good[number]})

    def contexts(self, item: Item) -> Sequence[str]:
        """The texts before the answer that may be made shorter: of both conversations of a pair the same."""
        return list(cuttable(item[0].messages, min(item[0].learned)).values())

    def changed(self, item: Item, texts: Sequence[str]) -> Item:
        """The conversation with other texts in their places."""
        numbers = cuttable(item[0].messages, min(item[0].learned))
        return replace(item[0], messages=with_texts(item[0].messages, dict(zip(numbers, texts, strict=True)))), item[1]

    def told(self) -> Mapping[str, Any]:
        """The template, and how often which proof was needed."""
        template = self.renderer.template
        return {"template": template.name, "template_source": template.source, "proofs": asdict(self.proofs)}

    def said(self, example: Example) -> str:
        """Which answer of a pair it is, or how one was judged."""
        good = bool(example.extra["good"])
        return ("chosen" if good else "rejected") if self.pairs else ("good" if good else "bad")


def _with_answer(pair: Pair, answer: Sequence[Any], unlearned: Sequence[int]) -> Conversation:
    said = [number for number, message in enumerate(answer) if message["role"] == "assistant" and number not in unlearned]
    learned = tuple(len(pair.prompt) + number for number in said)
    return Conversation((*pair.prompt, *answer), learned, pair.tools, pair.plain)


@dataclass
class Preferring:
    """A causal model that learns what is preferred.

    `strengths`: the settings of the method's objective, by name; `group`: how many examples KTO compares with each other;
    `compared`: the examples that the network is to be asked of before it moves, and where the answers are kept."""

    method: Method
    strengths: Mapping[str, float]
    format: Format | FormatSettings | None
    template: str | None
    shortening: tuple[Strategy, Side, int | None]
    group: int = 4
    packed: bool = False
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    task: Literal["causal"] = "causal"
    compared: list[tuple[Examples, Path]] = field(default_factory=list)
    settled: SettledTemplate = field(default_factory=SettledTemplate)

    def prepare(self, data: Dataset, room: Room) -> Prepared:
        """The rows as pairs of examples, or for KTO as groups of examples and mismatches; of a pair it takes each answer by itself.

        Raises DataRefused for rows that cannot be read, proved or cut; AskedWrong for a layout without preferences."""
        layout, kto = self._layout(data), self.method == "kto"
        way = Answers(self.settled.renderer(self.template, data, room.tokenizer, layout), layout.format == "preference")
        identity = {"renderer": way.renderer.identity, "kto": self.group if kto else None}
        made = found(data, layout, way, room, Limit(room.length, *self.shortening), identity)
        folder = room.folder / f"examples {data.name}"
        fitting = self._judged(made.fitting, folder, way.pairs, room.length) if kto else made.fitting
        self.compared.append((fitting, folder / "reference.npy"))
        material = self._material(fitting, room)
        return Prepared(
            material,
            {**made.facts, **self.settled.warned(self.template, data, room)},
            lambda batch, at_once: self._sequences((made, way.together), room, material, (batch, at_once)),
            lambda text: way.renderer.prompt([{"role": "user", "content": text}]),
            way.renderer.stops,
        )

    def _layout(self, data: Dataset) -> Layout:
        """How a dataset's rows are laid out. Raises AskedWrong for a layout without preferences."""
        layout, kto = reading.layout_of(data, self.format), self.method == "kto"
        if layout.format != "preference" and not (kto and layout.format == "judged"):
            raise _not_here(data, layout, kto=kto)
        return layout

    def sees(self, data: Dataset, folder: Path, length: int | None, number: int, search: str) -> Iterator[Window]:
        """The answers of a dataset as the tuned model in `folder` learned from them, from `number` on."""
        tokenizer, layout = Tokenizer(folder), self._layout(data)
        way = Answers(Renderer(tokenizer, templates.read(folder, tokenizer)), layout.format == "preference")
        look = sees_packed if self.packed and self.method != "kto" else sees
        return look(data, layout, way, Limit(length_of(folder, length), *self.shortening), tokenizer, number, search)

    def _judged(self, fitting: Examples, folder: Path, pairs: bool, length: int) -> Examples:  # noqa: FBT001
        """The examples with their mismatches."""
        if pairs and len(fitting) // 2 < FEWEST:
            raise NothingLeft(f"KTO sets answers beside the prompts of other pairs, and there are fewer than {FEWEST} pairs.")
        order = taken_apart(len(fitting) // 2) if pairs else list(range(len(fitting)))
        identity = {"of": fitting.identity, "group": self.group}
        known = examples.known(folder / "judged", identity)
        return known or examples.write(folder / "judged", with_mismatches(fitting, order, self.group, length), identity, ("good", "group"))

    def _material(self, fitting: Examples, room: Room) -> Rows | Packs | Judgements:
        filling = room.tokenizer.filling
        if self.method == "kto":
            return Judgements(fitting, filling, room.length if self.packed else None)
        if not self.packed:
            return Rows(fitting, filling, together=2)
        return Packs(fitting, packing.best_fit(fitting.lengths, 2 * room.length, together=2), filling)

    def _sequences(self, made: tuple[Found, int], room: Room, material: Rows | Packs | Judgements, batches: tuple[int, int]) -> dict[str, Any]:
        """What lengths cost. A batch of KTO holds groups, each of as many rows as `group` says, or pairs with so many answers."""
        (rows, together), (batch, at_once) = made, batches
        if not isinstance(material, Judgements):
            return sequences_of(rows, room, batches, packed=self.packed, together=together)
        each = self.group / together
        told = sequences_of(rows, room, (math.ceil(batch * each), math.ceil(at_once * each)), packed=self.packed, together=together)
        return {**told, "padded": material.padded(batch, at_once)} if told else {}

    def labels(self) -> tuple[str, ...]:
        """Nothing is classified."""
        return ()

    def objective(self, network: Any, prepared: Prepared, batch: int) -> Objective:
        """What is made small. Where that is a comparison with the network as it is, it is asked here of all examples, those that it
        is looked at by among them."""
        apart = heads_apart(network)
        if self.method != "orpo":
            turn_off_dropout(network)
            with first():
                for one, file in self.compared:
                    one.extra["reference"] = self._reference(network, one, file, apart=apart)
        made: Objective = OBJECTIVES[self.method](**self.strengths, apart=apart)
        return made

    def _reference(self, network: Any, of: Examples, file: Path, *, apart: bool) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Measured once, and read where a killed process left it."""
        if file.is_file() and len(kept := np.load(file)) == len(of):
            return kept  # type: ignore[no-any-return]
        tokens = GPU_TOKENS if network.device.type == "cuda" else CPU_TOKENS
        said = measured(network, of, device.precision(self.precision, network.device), tokens, apart=apart)
        half = file.with_suffix(".half.npy")
        np.save(half, said)
        half.rename(file)
        return said

    def finish(self, network: Any, taught: Prepared, held: Prepared | None, room: Room) -> dict[str, Any]:
        """Write the template beside the weights, and what ends an answer into them."""
        return Answering(Laying(self.format, self.template)).finish(network, taught, held, room)


def taken_apart(pairs: int) -> list[int]:
    """The numbers of the examples of three pairs or more, so that good and bad ones stand by turns and the two of a pair not beside each other, where
    an answer would be mismatched with its own prompt: after each chosen answer comes the rejected one of the pair after the next."""
    return [number for pair in range(pairs) for number in (2 * pair, 2 * ((pair + 2) % pairs) + 1)]


def _not_here(data: Dataset, layout: Layout, *, kto: bool) -> AskedWrong:
    return AskedWrong(
        f"The rows of `{data.name}` are laid out as `{layout.format}` ({layout.why}), and hold no {'preferences' if kto else 'pairs of answers'}.",
        accepted="Pairs have the columns `chosen` and `rejected`, and `prompt` where these do not begin with it"
        + ("; judged answers `prompt`, `completion` and a `label` that is true or false." if kto else "."),
        remedy="Judged answers are learned by `method: kto`." if layout.format == "judged" else "Say another `format`, or take another step.",
    )
