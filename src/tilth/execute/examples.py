"""Rows to show: some that were dropped, those at the border of a limit, and some that were edited.

Ids are hashes, so the smallest ids among the dropped rows are a fair sample of them, and the same one
whatever the shards were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.execute.pieces import Piece, positions
from tilth.recipe.resolve import Placed
from tilth.record import Check, as_ids, shown
from tilth.step import Filter
from tilth.store.objects import Store
from tilth.store.tables import read_table

DROPPED, BORDER, EDITED = 5, 3, 3
TEXT = 800
"""Characters of a row's text that are shown."""

LOOKED = 8
"""Shards from which examples are taken; to read more would cost more than it tells."""


@dataclass(frozen=True)
class Place:
    """A row to be shown: its object, its place there, and what was decided."""

    rows: str
    row: int
    told: Mapping[str, Any]
    order: float = 0.0


def examples(store: Store, stages: Sequence[Mapping[str, Any]], steps: Mapping[str, Placed]) -> dict[str, dict[str, list[Any]]]:
    """For each step's address: dropped rows, rows at the border, and edited rows."""
    found: dict[str, dict[str, list[Any]]] = {}
    for stage in stages:
        for address in stage["steps"]:
            found[address] = {"dropped": _dropped(store, stage, address), "border": [], "edited": _edited(store, stage, address)}
            step = steps[address].step
            if isinstance(step, Filter):
                found[address]["border"] = _border(store, stage, step.checks())
    return {address: told for address, told in found.items() if any(told.values())}


def _dropped(store: Store, stage: Mapping[str, Any], address: str) -> list[dict[str, Any]]:
    places: list[Place] = []
    for rows, verdict in list(zip(stage["rows"], stage["verdicts"], strict=False))[:LOOKED]:
        if verdict is None:
            continue
        table = read_table(store.path(verdict) / "decisions.parquet")
        table = table.filter(pc.equal(table["step"].cast(pa.string()), address)).sort_by("id").slice(0, DROPPED)
        lines = [{**line, "kept": False} for line in table.to_pylist()]
        places += _find(store, rows, {line["id"]: line for line in lines})
    places.sort(key=lambda place: place.told["id"])
    partners = _partners(store, stage, {place.told["partner"] for place in places[:DROPPED]} - {None})
    return _shown(store, places[:DROPPED], partners)


def _partners(store: Store, stage: Mapping[str, Any], wanted: set[bytes]) -> dict[bytes, dict[str, Any]]:
    """The rows that dropped ones fell for, wherever they stand."""
    found: dict[bytes, dict[str, Any]] = {}
    for rows in (*stage["rows"], *stage.get("foreign", ())):
        lines = {row_id: {"id": row_id} for row_id in wanted - set(found)}
        places = _find(store, rows, lines)
        told = rows_at(store, rows, [place.row for place in places])
        found |= {place.told["id"]: told[place.row] for place in places}
    return found


def _find(store: Store, rows: str, lines: Mapping[bytes, Mapping[str, Any]]) -> list[Place]:
    if not lines:
        return []
    ids = as_ids(read_table(store.rows(rows), ["id"])["id"])
    wanted = np.array(sorted(lines), "V16")
    places = np.flatnonzero(np.isin(ids.view("S16"), wanted.view("S16")))
    return [Place(rows, int(place), lines[bytes(ids[place])]) for place in places]


def _border(store: Store, stage: Mapping[str, Any], checks: Sequence[Check]) -> list[dict[str, Any]]:
    """The rows nearest to a limit, on both sides, by distance relative to the limit."""
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
    return _shown(store, [*kept, *dropped], {})


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


def _edited(store: Store, stage: Mapping[str, Any], address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for rows in stage["rows"][:LOOKED]:
        told = json.loads((store.path(rows) / "examples.json").read_text())
        found += [
            {"id": shown(bytes.fromhex(one["id"])), "before": _cut(one["before"]), "after": _cut(one["after"])}
            for one in told
            if one["step"] == address
        ]
        if len(found) >= EDITED:
            break
    return found[:EDITED]


def _cut(text: str) -> str:
    return text[:TEXT]


def _shown(store: Store, places: Sequence[Place], partners: Mapping[bytes, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows as the report shows them, in the order of their places."""
    every = {rows: rows_at(store, rows, [place.row for place in places if place.rows == rows]) for rows in {place.rows for place in places}}
    return [_one_shown(every[place.rows][place.row], place.told, partners.get(place.told["partner"])) for place in places]


def _one_shown(row: Mapping[str, Any], told: Mapping[str, Any], partner: Mapping[str, Any] | None) -> dict[str, Any]:
    text = str(row.get("text") or "")
    line = {"id": shown(row["id"]), "rule": told["rule"], "value": _number(told["value"]), "limit": _number(told["limit"]), "found": told["found"]}
    line |= {"text": text[:TEXT], "cut": len(text) > TEXT, "origin": f"{row['origin']['file']}:{row['origin']['record']}", "kept": told["kept"]}
    return {**line, "partner": None if partner is None else {"id": shown(partner["id"]), "text": _cut(str(partner.get("text") or ""))}}


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)


def rows_at(store: Store, rows: str, places: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Some rows of a rows object by their places. Only row groups that hold one are read, each once: one has 64 MB."""
    found: dict[int, dict[str, Any]] = {}
    wanted, first = sorted(set(places)), 0
    with pq.ParquetFile(store.rows(rows)) as file:
        for number in range(file.num_row_groups):
            size = file.metadata.row_group(number).num_rows
            here = [place for place in wanted if first <= place < first + size]
            if here:
                told = file.read_row_group(number).take(pa.array([place - first for place in here])).to_pylist()
                found |= dict(zip(here, told, strict=True))
            first += size
    if len(found) != len(wanted):
        raise IndexError(max(wanted))
    return found
