"""The story of a row, both ways: what became of it at every step, and what fell in its favour.

Everything is read from the objects that the run's record names; nothing is computed again. A text as
it was read is known only where a few examples were kept: the store begins with rows as they stood
when they were first judged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from tilth.errors import StoreDamaged
from tilth.execute.rows import Archive, Spot, favoured, find_id, places_of
from tilth.execute.veils import Veil, veil_of_run
from tilth.recipe.addresses import numbered, step_key
from tilth.recipe.nodes import parse, plain
from tilth.record import OWN, shown
from tilth.store.runs import Run
from tilth.store.tables import read_table

FELL = 20
"""How many of the rows that fell in a row's favour are told with their text; all are counted and named."""


EDITING = ("Map", "Redaction")
"""The shapes of steps that edit rows in a pass."""


@dataclass(frozen=True)
class Measured:
    """A value beside the limits of one rule."""

    step: str
    rule: str
    measure: str
    value: Any
    at_least: float | None
    at_most: float | None

    @property
    def within(self) -> bool:
        """Whether the value passes; one that is no number was judged by its label, and null is not judged."""
        if not isinstance(self.value, int | float) or self.value != self.value:
            return True
        return (self.at_least is None or self.value >= self.at_least) and (self.at_most is None or self.value <= self.at_most)


@dataclass(frozen=True)
class Edit:
    """A column that a step changed, by how many characters; both texts where they are known. Of a redaction: the kind that it
    hid, and how many spans of it."""

    column: str
    characters: float | None
    before: str | None = None
    after: str | None = None
    hidden: int | None = None


@dataclass(frozen=True)
class Event:
    """What a step did with the row: `read`, `quarantined`, `edited`, `unchanged`, `kept`, `copied` or `dropped`."""

    step: str
    what: str
    asked: Any = None
    """The step's settings as the recipe has them."""
    edits: Sequence[Edit] = ()
    measures: Sequence[Measured] = ()
    rule: str | None = None
    value: float | None = None
    limit: float | None = None
    found: str | None = None
    partner: str | None = None
    partner_text: str | None = None
    partner_fate: str | None = None


@dataclass(frozen=True)
class Fell:
    """A row that was dropped in this row's favour."""

    id: str
    step: str
    rule: str
    value: float | None
    limit: float | None
    origin: str | None = None
    text: str | None = None


@dataclass
class Story:
    """A row's way through one dataset."""

    id: str
    dataset: str
    origin: Mapping[str, Any]
    fate: str = "kept"
    events: list[Event] = field(default_factory=list)
    part: str | None = None
    file: str | None = None
    row: int | None = None
    text: str | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    fell: list[Fell] = field(default_factory=list)


def stories(run: Run, said: str) -> list[Story]:
    """The row's story in each dataset of the run that it came to.

    Raises: NotThere when no row has the id, StoreDamaged when what it stands in is gone."""
    archive, veil = Archive(run), veil_of_run(run)
    row_id = find_id(archive, said)
    tellers = [_Teller(archive, name, row_id) for name in archive.record["data"]]
    found = [teller.tell() for teller in tellers]
    found += [teller.tell_copy() for teller, story in zip(tellers, found, strict=True) if story is None]
    asked = settings(run)
    for story in found:
        if story is not None:
            story.events = [_veiled(replace(event, asked=asked.get(event.step)), veil) for event in story.events]
            story.text, story.columns = None if story.text is None else veil.text(story.text), veil.row(story.columns)
            story.fell = [replace(one, text=None if one.text is None else veil.text(one.text)) for one in story.fell]
    return [story for story in found if story is not None]


def _veiled(event: Event, veil: Veil) -> Event:
    """The event with everything hidden that nobody must read."""

    def hidden(text: str | None) -> str | None:
        return None if text is None else veil.excerpt(text)

    edits = [replace(edit, before=hidden(edit.before), after=hidden(edit.after)) for edit in event.edits]
    return replace(
        event, edits=edits, partner_text=hidden(event.partner_text), rule=hidden(event.rule) if event.what == "quarantined" else event.rule
    )


def settings(run: Run) -> dict[str, Any]:
    """What the run's recipe says at each step of its datasets, by address."""
    sections = parse((run.folder / "recipe.yaml").read_text("utf-8"), "recipe.yaml").fields()
    found: dict[str, Any] = {}
    for name, dataset in sections["data"].fields().items() if "data" in sections else ():
        keys = [step_key(entry) for entry in dataset.items()]
        for key, shown_key, entry in zip(keys, numbered(keys), dataset.items(), strict=True):
            inner = entry.fields().get(key)
            found[f"{name}.{shown_key}"] = None if inner is None else plain(inner, shown=True)
    return found


class _Teller:
    """Follows one row through one dataset."""

    def __init__(self, archive: Archive, dataset: str, row_id: bytes) -> None:
        self.archive, self.dataset, self.id = archive, dataset, row_id
        self.data = archive.record["data"][dataset]
        lines = archive.record["result"]["steps"]
        self.lines = {line["step"]: line for line in lines if line["dataset"] == dataset}

    def tell(self) -> Story | None:
        contents = self.archive.beginnings(self.data)
        spots = list(self.archive.spots(contents, self.id))
        spot = next((one for one in spots if self._came(one)), None)
        if spot is None:
            return None if spots else self._unread(contents)
        row = self.archive.row(spot)
        story = Story(shown(self.id), self.dataset, row["origin"])
        sources = [address for address, line in self.lines.items() if line["shape"] == "Source"]
        if sources:
            story.events.append(Event(" or ".join(sources), "read"))
        self._walk(story, spot)
        return story

    def tell_copy(self) -> Story | None:
        """The story of a row that was made from another one: that row's, up to where it was copied, and its own from there on."""
        for stage in [stage for stage in self.data["stages"] if stage["kind"] == "applied"]:
            for spot in self.archive.spots(stage["rows"], self.id):
                row = self.archive.row(spot)
                if not row.get("parents"):
                    continue
                story = Story(shown(self.id), self.dataset, row["origin"])
                story.events.append(Event(stage["steps"][0], "copied", partner=shown(row["parents"][0]), partner_fate="copied"))
                self._walk(story, spot, self.data["stages"].index(stage) + 1)
                return story
        return None

    def _unread(self, contents: Sequence[str]) -> Story | None:
        """The story of a record that could not be read."""
        for content in contents:
            for line in self.archive.lines(content, "quarantine.parquet", self.id):
                story = Story(shown(self.id), self.dataset, line["origin"], "quarantined")
                sources = [address for address, told in self.lines.items() if told["shape"] == "Source"]
                if not sources:
                    return None
                story.events.append(Event(" or ".join(sources), "quarantined", rule=line["reason"]))
                story.text = line["raw"].decode("utf-8", "backslashreplace")
                return story
        return None

    def _came(self, spot: Spot) -> bool:
        """Whether the row is among those that the dataset begins with: of its source's rows it may take one part only."""
        stage = self.data["stages"][0] if self.data["stages"] else None
        piece = self.data["pieces"][spot.shard] if stage is None else (stage["before"] or [None] * (spot.shard + 1))[spot.shard]
        return piece is None or piece[0] != spot.rows or self._stands_in(piece, spot)

    def _stands_in(self, piece: Sequence[Any], spot: Spot) -> bool:
        places = self.archive.places(piece)
        return places is None or spot.row in places

    def _walk(self, story: Story, spot: Spot, first: int = 0) -> None:
        """Follow the row through the stages from number `first` on."""
        before: Mapping[str, Any] | None = None
        for stage in self.data["stages"][first:]:
            here = next(self.archive.spots(stage["rows"], self.id, spot.shard), None)
            if here is None:
                raise StoreDamaged(f"The row left {self.dataset} without a decision.", where=", ".join(stage["steps"]), remedy="Run `tilth verify`.")
            spot, row = here, self.archive.row(here)
            story.events += self._mapped(stage, spot, before, row)
            story.events += self._judged(stage, spot)
            before = row
            if story.events and story.events[-1].what == "dropped":
                story.fate = "dropped"
                break
        last = before if before is not None else self.archive.row(spot)
        story.text = last.get("text")
        story.columns = {name: value for name, value in last.items() if name not in OWN}
        if story.fate == "kept":
            self._arrive(story, spot)
        story.fell = list(self._fallen())

    def _shape(self, address: str) -> str:
        return str(self.lines[address]["shape"])

    # ── maps ──────────────────────────────────────────────────────────────────────────────────

    def _mapped(self, stage: Mapping[str, Any], spot: Spot, before: Mapping[str, Any] | None, row: Mapping[str, Any]) -> Iterator[Event]:
        maps = [address for address in stage["steps"] if self._shape(address) in EDITING or stage["kind"] == "applied"]
        if not maps:
            return
        edits = self.archive.lines(spot.rows, "edits.parquet", self.id)
        shown_before = json.loads(self.archive.file(spot.rows, "examples.json").read_bytes())
        kept = {(one["step"], one["field"]): one for one in shown_before if one["id"] == self.id.hex()}
        for address in maps:
            mine = [line for line in edits if line["step"] == address and line["action"] == "edited"]
            if self._shape(address) == "Redaction":
                changed = [Edit(line["rule"], None, hidden=int(line["value"])) for line in mine]
            else:
                changed = [_edit(line, kept, _around(line, edits, before, row)) for line in mine]
            if mine or stage["kind"] != "applied":
                yield Event(address, "edited" if mine else "unchanged", edits=changed)
            yield from (Event(address, "copied", value=line["value"]) for line in edits if line["step"] == address and line["action"] == "copied")

    # ── filters and wholes ────────────────────────────────────────────────────────────────────

    def _judged(self, stage: Mapping[str, Any], spot: Spot) -> Iterator[Event]:
        verdict = stage["verdicts"][spot.shard]
        if verdict is None:
            return
        measures = self._measures(stage, spot)
        lines = self.archive.lines(verdict, "decisions.parquet", self.id)
        for address in stage["steps"]:
            if self._shape(address) in EDITING:
                continue
            mine = [one for one in measures if one.step == address]
            dropped = next((line for line in lines if line["step"] == address), None)
            if dropped is not None:
                yield self._dropped(stage, address, mine, dropped)
                return
            yield Event(address, "kept", measures=mine)

    def _measures(self, stage: Mapping[str, Any], spot: Spot) -> list[Measured]:
        """The row's values beside the limits, rule by rule."""
        measured = stage["measures"][spot.shard] if stage["measures"] else None
        if measured is None:
            return []
        place = spot.row
        before = stage["before"][spot.shard] if stage["before"] else None
        if before is not None and before[0] == spot.rows:
            places = self.archive.places(before)
            place = place if places is None else int(np.searchsorted(places, place))
        values = read_table(self.archive.file(measured, "measures.parquet")).slice(place, 1).to_pylist()[0]
        rules = [one for one in self._facts() if one["step"] in stage["steps"] and one["measure"] in values]
        told = [Measured(one["step"], one["rule"], one["measure"], values[one["measure"]], one["at_least"], one["at_most"]) for one in rules]
        known = {one["measure"] for one in rules}
        return told + [Measured(stage["steps"][-1], name, name, value, None, None) for name, value in values.items() if name not in known]

    def _facts(self) -> list[dict[str, Any]]:
        return list(self.archive.run.facts()["measures"])

    def _dropped(self, stage: Mapping[str, Any], address: str, measures: Sequence[Measured], line: Mapping[str, Any]) -> Event:
        told = {name: line[name] for name in ("rule", "value", "limit", "found")}
        partner = line["partner"]
        if partner is None:
            return Event(address, "dropped", measures=measures, **told)
        spot = next(self.archive.spots(stage["rows"], partner), None)
        fate = f"a row of {' and '.join(stage['against'])}" if spot is None else _Teller(self.archive, self.dataset, partner).fate()
        spot = spot or next(self.archive.spots(stage["foreign"], partner), None)
        text = None if spot is None else self.archive.row(spot).get("text")
        return Event(address, "dropped", measures=measures, **told, partner=shown(partner), partner_text=text, partner_fate=fate)

    def fate(self) -> str:
        """What became of the row in the end, in a few words."""
        for stage in self.data["stages"]:
            for verdict in stage["verdicts"]:
                for line in self.archive.lines(verdict, "decisions.parquet", self.id) if verdict else ():
                    return f"dropped later by {line['step']}, rule {line['rule']}"
        return "kept"

    # ── arrival ───────────────────────────────────────────────────────────────────────────────

    def _arrive(self, story: Story, spot: Spot) -> None:
        """In which part and file the row stands, and as which row of it, from 1."""
        rows, keep, _, part = self.data["pieces"][spot.shard]
        names = self.data["part_names"]
        if names and keep is not None:
            kept = read_table(self.archive.file(keep, "keep.parquet"))
            place = int(np.searchsorted(kept["row"].to_numpy(), spot.row))
            story.part = names[int(kept["part"][place].as_py())]
        content = self.data["parts"].get(story.part or "all")
        if content is None:
            return
        files = sorted(self.archive.store.path(content).glob("*.parquet"))
        for number, path in enumerate(files):
            places = places_of(self.archive.ids_of(path), self.id)
            if len(places):
                story.file = f"data/{self.dataset}/{story.part or 'all'}-{number:05}-of-{len(files):05}.parquet"
                story.row = int(places[0]) + 1

    def _fallen(self) -> Iterator[Fell]:
        told = 0
        for stage in [stage for data in self.archive.record["data"].values() for stage in data["stages"] if stage["kind"] == "gather"]:
            for number, verdict in enumerate(stage["verdicts"]):
                path = self.archive.file(verdict, "decisions.parquet")
                lines: pa.Table = favoured(read_table(path, ["id", "step", "rule", "value", "limit", "partner"]), self.id)
                for line in lines.to_pylist():
                    spot = next(self.archive.spots(stage["rows"], line["id"], number), None) if told < FELL else None
                    yield self._one_fallen(line, spot)
                    told += 1

    def _one_fallen(self, line: Mapping[str, Any], spot: Spot | None) -> Fell:
        origin = text = None
        if spot is not None:
            row = self.archive.row(spot)
            origin, text = f"{row['origin']['file']}:{row['origin']['record']}", row.get("text")
        return Fell(shown(line["id"]), line["step"], line["rule"], line["value"], line["limit"], origin, text)


def _around(line: Mapping[str, Any], edits: Sequence[Mapping[str, Any]], before: Mapping[str, Any] | None, row: Mapping[str, Any]) -> tuple[Any, Any]:
    """The column before and after a segment, where this edit is the only one of it there: else its own share is not known."""
    column = line["rule"]
    alone = sum(other["rule"] == column for other in edits) == 1
    return (before.get(column) if before else None, row.get(column)) if alone else (None, None)


def _edit(line: Mapping[str, Any], kept: Mapping[tuple[str, str], Mapping[str, Any]], around: tuple[Any, Any]) -> Edit:
    example = kept.get((line["step"], line["rule"]))
    before, after = (example["before"], example["after"]) if example else around
    return Edit(line["rule"], line["value"], None if before is None else str(before), None if after is None else str(after))
