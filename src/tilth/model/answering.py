"""Fine-tuning on answers: rows in any layout become examples, each proved, cut or packed as was asked, and their answers are learned."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from tilth.errors import AskedWrong, DataRefused, NothingLeft
from tilth.model import checkpoint, examples, masks, packing, reading, templates, truncation
from tilth.model.examples import Example, Examples
from tilth.model.formats import Conversation, Format, Row, Text
from tilth.model.layouts import FormatSettings, Layout
from tilth.model.load import Tokenizer
from tilth.model.masks import Proofs, Turns, Unproved
from tilth.model.material import Packs, Rows
from tilth.model.objectives import NextToken, heads_apart, whole_network
from tilth.model.reading import Refused
from tilth.model.rendering import Renderer
from tilth.model.shortening import cuttable, with_texts
from tilth.model.spelling import Spelling
from tilth.model.tuning import Prepared, Room, length_of
from tilth.record import shown
from tilth.text.cutting import Side
from tilth.work import Dataset, Window

HERE: tuple[Format, ...] = ("text", "completion", "question", "alpaca", "sharegpt", "messages")
"""The layouts that have answers."""

PREPARED = "prepared.json"

LOOKED = 256
"""Rows that are rendered at once to be looked at."""

Read = tuple[int, bytes, Row | Refused]
"""A row: its number, its id, and what it is."""


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
    """A causal model that learns answers."""

    laying: Laying
    packed: bool = False
    task: Literal["causal"] = "causal"

    def prepare(self, data: Dataset, room: Room) -> Prepared:
        """The rows' answers as examples within the length, and how often which proof was needed.

        Raises DataRefused for rows that cannot be read, proved or cut; AskedWrong for a layout without answers."""
        folder = room.folder / f"examples {data.name}"
        found, told = prepared(data, room, self.laying, folder)
        bins = packing.best_fit(found.lengths, room.length) if self.packed else None
        filling = room.tokenizer.filling
        material: Rows | Packs = Rows(found, filling) if bins is None else Packs(found, bins, filling)
        return Prepared(material, told)

    def labels(self) -> tuple[str, ...]:
        """Nothing is classified."""
        return ()

    def objective(self, network: Any, prepared: Prepared, batch: int) -> NextToken:
        """The cross-entropy of each token of the answers."""
        return NextToken(heads_apart(network))

    def finish(self, network: Any, taught: Prepared, held: Prepared | None, room: Room) -> dict[str, Any]:
        """Write the template beside the weights and what ends an answer into them, so that whoever loads the model writes
        conversations as it learned them, and stops where it does."""
        template = templates.Template(taught.facts["template"], taught.facts["template_source"], dict(room.tokenizer.full.special_tokens_map))
        templates.write(room.work.folder, template)
        stops, config = Renderer(room.tokenizer, template).stops, whole_network(network).generation_config
        config.eos_token_id = list(stops) if len(stops) > 1 else stops[0]
        config.save_pretrained(room.work.folder)
        return {}


def prepared(data: Dataset, room: Room, laying: Laying, folder: Path) -> tuple[Examples, dict[str, Any]]:
    """The rows' answers as examples within the length, written below `folder`, and what is told of the way there. What was finished
    before a kill is taken up again."""
    layout = reading.layout_of(data, laying.format)
    if layout.format not in HERE:
        raise _not_here(data, layout)
    renderer = renderer_of(data, room, laying, layout)
    identity = {
        "content": data.content,
        "layout": [layout.format, dict(layout.columns)],
        "renderer": renderer.identity,
        "tokenizer": checkpoint.digest(room.tokenizer.folder / "tokenizer.json"),
        "turns": laying.turns,
        "limit": asdict(laying.limit(room.length)),
    }
    note, fitting = folder / PREPARED, folder / "fitting"
    if note.is_file() and (told := json.loads(note.read_text("utf-8")))["identity"] == json.loads(json.dumps(identity)):
        return Examples(folder / told["at"]), told["facts"]
    room.work.tell({"doing": f"rendering {data.name}", "rows": data.rows})
    proofs, long = Proofs(), _Long(renderer, laying.turns, room.length)
    whole = examples.write(folder / "whole", _proved(reading.rows_of(data, layout), data, layout, renderer, (laying.turns, proofs, long)), identity)
    found, ledger = truncation.apply(whole, laying.limit(room.length), fitting, long)
    facts = {
        "layout": {"format": layout.format, "columns": dict(layout.columns), "why": layout.why},
        "template": renderer.template.name,
        "template_source": renderer.template.source,
        "proofs": asdict(proofs),
        "truncation": ledger.told(),
        "rows": len(found),
        "tokens": int(found.lengths.sum()),
        "learned_tokens": int(found.learned_counts.sum()),
    }
    note.write_text(json.dumps({"identity": identity, "at": found.folder.name, "facts": facts}), encoding="utf-8")
    return found, facts


def renderer_of(data: Dataset, room: Room, laying: Laying, layout: Layout) -> Renderer:
    """What writes a dataset's conversations for this model."""
    first = next((one for _, _, one in reading.rows_of(data, layout) if not isinstance(one, Refused)), None)
    plain = isinstance(first, Conversation) and first.plain
    return Renderer(room.tokenizer, templates.choose(laying.template, room.tokenizer, layout.format, plain))


def _not_here(data: Dataset, layout: Layout) -> AskedWrong:
    steps = {"preference": "train.preference", "judged": "train.preference", "classification": "train.classify"}
    return AskedWrong(
        f"The rows of `{data.name}` are laid out as `{layout.format}` ({layout.why}), from which `train.sft` does not learn.",
        accepted=f"It learns answers, from: {', '.join(HERE)}.",
        remedy=f"Take `{steps[layout.format]}`, or say another `format`.",
    )


class _Long:
    """The conversations that are too long, kept aside while all go by, to be written anew with less context."""

    def __init__(self, renderer: Renderer, turns: Turns, length: int) -> None:
        self.renderer, self.turns, self.length = renderer, turns, length
        self.kept: dict[int, Conversation] = {}

    def keep(self, example: Example, conversation: Conversation | Text) -> None:
        """Keep a conversation if its example is too long."""
        if len(example.ids) > self.length and isinstance(conversation, Conversation):
            self.kept[example.row] = conversation

    def _cuttable(self, row: int) -> Mapping[int, str]:
        conversation = self.kept[row]
        return cuttable(conversation.messages, min(conversation.learned))

    def contexts(self, row: int) -> Sequence[str]:
        """The texts of a row that may be made shorter."""
        return list(self._cuttable(row).values()) if row in self.kept else []

    def again(self, row: int, contexts: Sequence[str]) -> Sequence[Example]:
        """The row with other texts in their places."""
        texts = dict(zip(self._cuttable(row), contexts, strict=True))
        conversation = replace(self.kept[row], messages=with_texts(self.kept[row].messages, texts))
        return [one for one in masks.examples(self.renderer, [(row, conversation)], self.turns) if isinstance(one, Example)]


def _proved(rows: Iterable[Read], data: Dataset, layout: Layout, renderer: Renderer, way: tuple[Turns, Proofs, _Long]) -> Iterator[Example]:
    """The examples of rows. Raises DataRefused at the end if there is a row that is none."""
    (turns, proofs, long), refused = way, list[Refused]()
    ids: dict[int, bytes] = {}
    waiting: dict[int, Conversation | Text] = {}

    def readable() -> Iterator[tuple[int, Conversation | Text]]:
        for number, row_id, one in rows:
            if isinstance(one, Refused):
                refused.append(one)
            elif isinstance(one, Conversation | Text):
                waiting[number], ids[number] = one, row_id
                yield number, one

    unproved: list[Unproved] = []
    for one in masks.examples(renderer, readable(), turns, proofs):
        if isinstance(one, Unproved):
            unproved.append(one)
        else:
            long.keep(one, waiting.pop(one.row))
            del ids[one.row]
            yield one
    reading.refuse(refused, data, layout)
    if unproved:
        raise _unproved(unproved, data, ids)


def _unproved(unproved: Sequence[Unproved], data: Dataset, ids: Mapping[int, bytes]) -> DataRefused:
    return masks.refuse(unproved, data.rows, data.name, {one.row: shown(ids[one.row]) for one in unproved})


def sees(laying: Laying, length: int | None, data: Dataset, folder: Path, first: int, search: str) -> Iterator[Window]:
    """The rows of a dataset as the tuned model in `folder` learned them, in their order. No more are rendered than are asked for."""
    tokenizer = Tokenizer(folder)
    layout, room = reading.layout_of(data, laying.format), length_of(folder, length)
    renderer = Renderer(tokenizer, templates.read(folder, tokenizer))
    spelling, begin, places = Spelling(tokenizer.fast), tokenizer.full.bos_token_id, data.numbered()
    rows, number, place = reading.rows_of(data, layout), 0, next(places)
    while some := list(islice(rows, LOOKED)):
        for example in _fitting(some, (data, layout), renderer, laying, room):
            while place.number <= example.row:
                place = next(places)
            number += 1
            window = replace(masks.see(example, place, spelling, begin), number=number) if number >= first else None
            if window is not None and (not search or search.casefold() in window.text.casefold()):
                yield window


def _fitting(rows: Sequence[Read], of: tuple[Dataset, Layout], renderer: Renderer, laying: Laying, length: int) -> list[Example]:
    """The examples of some rows, within the length."""
    long = _Long(renderer, laying.turns, length)
    with TemporaryDirectory() as place:
        whole = examples.write(Path(place) / "whole", _proved(rows, *of, renderer, (laying.turns, Proofs(), long)), {})
        try:
            found, _ = truncation.apply(whole, laying.limit(length), Path(place) / "fitting", long)
        except NothingLeft:
            return []
        return [replace(one, ids=one.ids.copy(), learned=one.learned.copy()) for one in found]
