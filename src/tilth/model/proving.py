"""The rows of a dataset as examples on disk, each read, proved and within the length, whatever is learned of them.

What is learned of a row is its *items*: two conversations of a preference pair, one of an answer, a text with its label. How
items are made and become examples is a `Way`. Rows that are too long are kept while all go by, so that their texts can be made
shorter and come back through the same way. What was finished before a kill is taken up again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from tilth.errors import NothingLeft, TilthError
from tilth.model import examples, masks, packing, reading, sequences, truncation
from tilth.model.examples import Example, Examples
from tilth.model.formats import Row
from tilth.model.layouts import Layout
from tilth.model.load import Tokenizer, configuration_of, places
from tilth.model.masks import Unproved
from tilth.model.reading import Refused
from tilth.model.spelling import Spelling
from tilth.model.tuning import Room
from tilth.record import shown
from tilth.work import Dataset, Token, Window

PREPARED = "prepared.json"
"""Written last: what is told of the examples beside it."""

LOOKED = 256
"""Rows that are made examples at once to be looked at."""

Read = tuple[int, bytes, Row | Refused]
"""A row: its number, its id, and what it is."""


class Way(Protocol):
    """How a row becomes examples."""

    @property
    def together(self) -> int:
        """How many examples a row becomes."""

    @property
    def extra(self) -> Sequence[str]:
        """The names of their extra values."""

    def items(self, row: Row) -> Sequence[Any]:
        """What is learned of a row."""

    def examples(self, items: Iterable[tuple[int, Any]]) -> Iterator[Example | Unproved]:
        """Each item, which comes with the number of its row, as examples, in their order."""

    def contexts(self, item: Any) -> Sequence[str]:
        """The texts of an item that may be made shorter."""

    def changed(self, item: Any, texts: Sequence[str]) -> Any:
        """The item with other texts in their places."""

    def told(self) -> Mapping[str, Any]:
        """What is told of the way, once all rows went by."""

    def said(self, example: Example) -> str:
        """What is known of an example beside its tokens: `chosen`, a label; empty where they say all."""


@dataclass
class _Long:
    """The rows that are too long, to be made examples anew with shorter texts (`tilth.model.shortening.Source`)."""

    way: Way
    length: int
    kept: dict[int, Sequence[Any]] = field(default_factory=dict)

    def contexts(self, row: int) -> Sequence[str]:
        """The texts of a row that may be made shorter; none of a row that becomes more examples than belong together."""
        items = self.kept[row]
        return self.way.contexts(items[0]) if len(items) == self.way.together else []

    def again(self, row: int, contexts: Sequence[str]) -> Sequence[Example]:
        """The examples of a row with other texts in their places."""
        changed = [(row, self.way.changed(item, contexts)) for item in self.kept[row]]
        return [one for one in self.way.examples(changed) if isinstance(one, Example)]


@dataclass(frozen=True)
class Found:
    """The examples of a dataset as they came and those that fit, and what is told of the way there."""

    whole: Examples
    fitting: Examples
    facts: Mapping[str, Any]


def found(data: Dataset, layout: Layout, way: Way, room: Room, limit: truncation.Limit, identity: Mapping[str, Any]) -> Found:
    """The examples of a dataset. `identity`: what the way depends on beside data, layout, tokenizer and limit.

    Raises DataRefused for rows that cannot be read, proved or made to fit."""
    folder = room.folder / f"examples {data.name}"
    known = {
        "content": data.content,
        "layout": [layout.format, dict(layout.columns)],
        "tokenizer": room.tokenizer.content,
        "limit": asdict(limit),
        **identity,
    }
    note, limit = folder / PREPARED, replace(limit, seen=_seen(room))
    if note.is_file() and (told := json.loads(note.read_text("utf-8")))["identity"] == json.loads(json.dumps(known)):
        return Found(Examples(folder / "whole"), Examples(folder / told["at"]), told["facts"])
    note.unlink(missing_ok=True)  # a kill on the way would leave it beside examples that it does not tell of
    room.work.tell({"doing": f"reading {data.name}", "rows": data.rows})
    long = _Long(way, limit.length)
    whole = examples.write(folder / "whole", _proved(reading.rows_of(data, layout), data, layout, long), known, way.extra)
    told = way.told()  # of the rows as they came: those that are made shorter go the same way again, and would be counted twice
    try:
        fitting, ledger = truncation.apply(whole, limit, folder / "fitting", long, way.together)
    except TilthError as error:
        error.where = f"`{data.name}`"
        raise
    facts = {
        "layout": {"format": layout.format, "columns": dict(layout.columns), "why": layout.why},
        "truncation": ledger.told(),
        "rows": len(fitting) // way.together,
        "tokens": int(fitting.lengths.sum()),
        "learned_tokens": int(fitting.learned_counts.sum()),
        **told,
    }
    note.write_text(json.dumps({"identity": known, "at": fitting.folder.name, "facts": facts}), encoding="utf-8")
    return Found(whole, fitting, facts)


def _seen(room: Room) -> int:
    """The most tokens that the model sees; of one that has no weights yet, as many as its rows may have."""
    folder = room.tokenizer.folder
    return places(configuration_of(folder)) if (folder / "config.json").is_file() else room.length


def sequences_of(made: Found, room: Room, batches: tuple[int, int], *, packed: bool, together: int = 1) -> dict[str, Any]:
    """What lengths cost, where `batches` are the items of an optimizer step and those at once."""
    setting = sequences.Setting(room.length, batches[0], packed, batches[1], places(configuration_of(room.tokenizer.folder)), together)
    return sequences.of_examples(made.whole, made.fitting, setting)


def sees(data: Dataset, layout: Layout, way: Way, limit: truncation.Limit, tokenizer: Tokenizer, first: int, search: str) -> Iterator[Window]:
    """The examples of a dataset as they were learned from, in the order of their rows, from number `first` on, those in which `search`
    occurs. No more are made than are asked for."""
    spelling, begin, places = Spelling(tokenizer.fast), tokenizer.full.bos_token_id, data.numbered()
    rows, number, place = reading.rows_of(data, layout), 0, next(places)
    while some := list(islice(rows, LOOKED)):
        for example in _fitting(some, (data, layout), way, limit):
            while place.number <= example.row:
                place = next(places)
            number += 1
            window = replace(masks.see(example, place, spelling, begin), number=number, told=(way.said(example),))
            if number >= first and search.casefold() in window.text.casefold():
                yield window


def sees_packed(data: Dataset, layout: Layout, way: Way, limit: truncation.Limit, tokenizer: Tokenizer, first: int, search: str) -> Iterator[Window]:
    """The lines into which the examples of a dataset are packed, each filled up to the length, from number `first` on, those in which
    `search` occurs. What stands in a line depends on all lengths, so every row is read."""
    spelling, begin, places = Spelling(tokenizer.fast), tokenizer.full.bos_token_id, list(data.numbered())
    long, width = _Long(way, limit.length), limit.length * way.together
    with TemporaryDirectory() as place:
        whole = examples.write(Path(place) / "whole", _proved(reading.rows_of(data, layout), data, layout, long), {}, way.extra)
        fitting, _ = truncation.apply(whole, limit, Path(place) / "fitting", long, way.together)
        for number, line in enumerate(packing.best_fit(fitting.lengths, width, way.together), 1):
            if number < first:
                continue
            found = [fitting[one] for one in line]
            window = _joined([masks.see(one, places[one.row], spelling, begin) for one in found], number, width, [way.said(one) for one in found])
            if search.casefold() in window.text.casefold():
                yield window


def _joined(parts: Sequence[Window], number: int, width: int, told: Sequence[str]) -> Window:
    """Examples as one line."""
    tokens = [token for part in parts for token in part.tokens]
    filling = [Token(0, "", "filling")] * (width - len(tokens))
    rows = tuple(dict.fromkeys(row for part in parts for row in part.rows))
    return Window(number, (*tokens, *filling), rows, "".join(one.text for one in parts), "".join(one.trained_text for one in parts), tuple(told))


def _fitting(rows: Sequence[Read], of: tuple[Dataset, Layout], way: Way, limit: truncation.Limit) -> list[Example]:
    """The examples of some rows, within the length."""
    long = _Long(way, limit.length)
    with TemporaryDirectory() as place:
        whole = examples.write(Path(place) / "whole", _proved(rows, *of, long), {}, way.extra)
        try:
            fitting, _ = truncation.apply(whole, limit, Path(place) / "fitting", long, way.together)
        except NothingLeft:
            return []
        return [replace(one, ids=one.ids.copy(), learned=one.learned.copy()) for one in fitting]


def _proved(rows: Iterable[Read], data: Dataset, layout: Layout, long: _Long) -> Iterator[Example]:
    """The examples of rows. Raises DataRefused at the end if there is a row that is none."""
    refused, unproved, named = list[Refused](), list[Unproved](), dict[int, str]()
    ids: dict[int, bytes] = {}
    waiting: dict[int, Sequence[Any]] = {}

    def items() -> Iterator[tuple[int, Any]]:
        for number, row_id, one in rows:
            if isinstance(one, Refused):
                refused.append(one)
                continue
            waiting[number], ids[number] = long.way.items(one), row_id
            yield from ((number, item) for item in waiting[number])

    for one in long.way.examples(items()):
        for number in [number for number in waiting if number < one.row]:
            del waiting[number], ids[number]
        if isinstance(one, Unproved):
            unproved.append(one)
            named[one.row] = shown(ids[one.row])
            continue
        if len(one.ids) > long.length:
            long.kept[one.row] = waiting[one.row]
        yield one
    reading.refuse(refused, data, layout)
    if unproved:
        raise masks.refuse(unproved, data.rows, data.name, named)
