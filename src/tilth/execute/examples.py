"""Rows to show: some that were dropped, those at the border of a limit, and some that were edited.

Ids are hashes, so the smallest ids among the dropped rows are a fair sample of them: of the first few
shards, for to read more would cost more than it tells.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.execute.clusters import Group, clusters
from tilth.execute.pieces import Piece, positions
from tilth.execute.places import TEXT, Place, Rows, find, partners, read_places, shown_row
from tilth.execute.veils import Veil
from tilth.recipe.resolve import Placed
from tilth.record import Check, shown
from tilth.step import Filter
from tilth.store.objects import Store
from tilth.store.tables import read_table

DROPPED, BORDER, EDITED = 5, 3, 3

LOOKED = 8
"""Shards from which examples are taken, the first ones."""


@dataclass
class Chosen:
    """The rows to show of a step: places of those that were dropped, of those at the border and in groups of duplicates, and
    edits with their texts."""

    dropped: list[Place] = field(default_factory=list)
    border: list[Place] = field(default_factory=list)
    edited: list[dict[str, Any]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def places(self) -> Iterable[Place]:
        """All rows that are to be read."""
        return (*self.dropped, *self.border, *(place for group in self.groups for place in (group.kept, *group.members)))

    def shown(self, read: Rows) -> dict[str, list[Any]]:
        """As the report shows them."""
        rows = {name: [shown_row(read, place) for place in places] for name, places in (("dropped", self.dropped), ("border", self.border))}
        return {**rows, "edited": self.edited, "clusters": [group.shown(read) for group in self.groups]}


def examples(store: Store, stages: Sequence[Mapping[str, Any]], steps: Mapping[str, Placed], veil: Veil) -> dict[str, dict[str, list[Any]]]:
    """For each step's address: dropped rows, rows at the border, edited rows, groups of duplicates; shown through the veil."""
    chosen: dict[str, Chosen] = {}
    for stage in stages:
        for address in stage["steps"]:
            step = steps[address].step
            if stage["kind"] == "applied":
                continue
            border = _border(store, stage, step.checks()) if isinstance(step, Filter) else []
            groups = clusters(store, stage) if stage["kind"] == "gather" else []
            chosen[address] = Chosen(_dropped(store, stage, address), border, _edited(store, stage, address, veil), groups)
    read = read_places(store, [place for one in chosen.values() for place in one.places()], veil)
    found = {address: one.shown(read) for address, one in chosen.items()}
    return {address: told for address, told in found.items() if any(told.values())}


def _dropped(store: Store, stage: Mapping[str, Any], address: str) -> list[Place]:
    places: list[Place] = []
    for rows, verdict in list(zip(stage["rows"], stage["verdicts"], strict=False))[:LOOKED]:
        if verdict is None:
            continue
        table = read_table(store.path(verdict) / "decisions.parquet")
        table = table.filter(pc.equal(table["step"].cast(pa.string()), address)).sort_by("id").slice(0, DROPPED)
        places += find(store, rows, {line["id"]: {**line, "kept": False} for line in table.to_pylist()})
    few = sorted(places, key=lambda place: bytes(place.told["id"]))[:DROPPED]
    favoured = partners(store, stage, {place.told["partner"] for place in few} - {None})
    return [replace(place, partner=favoured.get(place.told["partner"])) for place in few]


def _border(store: Store, stage: Mapping[str, Any], checks: Sequence[Check]) -> list[Place]:
    """Rows next to a limit, on both sides: of the nearest one of each limit and shard those at the smallest distances, relative to
    their limits."""
    places: list[Place] = []
    for number, (rows, measured) in enumerate(list(zip(stage["rows"], stage["measures"], strict=True))[:LOOKED]):
        if measured is None:
            continue
        values = read_table(store.path(measured) / "measures.parquet")
        where = _entered(store, stage, number, values.num_rows)
        for check in checks:
            places += _nearest(rows, where, values[check.measure.column], check)
    kept = sorted((place for place in places if place.told["kept"]), key=lambda place: place.order)[:BORDER]
    dropped = sorted((place for place in places if not place.told["kept"]), key=lambda place: place.order)[:BORDER]
    return [*kept, *dropped]


def _entered(store: Store, stage: Mapping[str, Any], number: int, rows: int) -> npt.NDArray[np.int64]:
    """The places in the rows object of the rows that were measured."""
    before = stage.get("before")
    if before is None or before[number][0] != stage["rows"][number]:
        return np.arange(rows)
    found = positions(store, Piece(*before[number]))
    return np.arange(rows) if found is None else found


def _nearest(rows: str, where: npt.NDArray[np.int64], column: pa.ChunkedArray, check: Check) -> Iterable[Place]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return
    values = pc.fill_null(pc.cast(column, pa.float64()), np.nan).to_numpy()
    for limit, sign in ((check.at_least, 1.0), (check.at_most, -1.0)):
        if limit is None:
            continue
        over = (values - limit) * sign
        for kept, side in ((True, over >= 0), (False, over < 0)):
            some = np.flatnonzero(side)
            for place in some[np.argsort(np.abs(over[some]), kind="stable")[:1]]:
                told = {"rule": check.rule, "value": float(values[place]), "limit": float(limit), "kept": kept, "found": None, "partner": None}
                yield Place(rows, int(where[place]), told, abs(float(over[place])) / max(abs(limit), 1e-9))


def _edited(store: Store, stage: Mapping[str, Any], address: str, veil: Veil) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for rows in stage["rows"][:LOOKED]:
        told = json.loads((store.path(rows) / "examples.json").read_text())
        found += [
            {"id": shown(bytes.fromhex(one["id"])), "before": _cut(veil.excerpt(one["before"])), "after": _cut(veil.excerpt(one["after"]))}
            for one in told
            if one["step"] == address
        ]
        if len(found) >= EDITED:
            break
    return found[:EDITED]


def _cut(text: str) -> str:
    return text[:TEXT]
