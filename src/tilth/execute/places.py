"""Rows to be shown: where they stand, and the rows themselves, read once for all that is shown of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.execute.veils import Veil
from tilth.record import as_ids, shown
from tilth.store.objects import Store
from tilth.store.tables import read_table

TEXT = 800
"""Characters of a row's text that are shown."""

COLUMNS = ("id", "origin", "text")
"""What is shown of a row."""


@dataclass(frozen=True)
class Place:
    """A row to be shown: its object, its place there, what was decided, and the row that it fell for, if it fell for one."""

    rows: str
    row: int
    told: Mapping[str, Any]
    order: float = 0.0
    partner: Place | None = None


Rows = Mapping[tuple[str, int], Mapping[str, Any]]
"""Rows by their object and place."""


def find(store: Store, rows: str, lines: Mapping[bytes, Mapping[str, Any]]) -> list[Place]:
    """The places of rows in a rows object by their ids, each with its line; those that are not there are left out."""
    if not lines:
        return []
    ids = as_ids(read_table(store.rows(rows), ["id"])["id"])
    wanted = np.array(sorted(lines), "V16")
    places = np.flatnonzero(np.isin(ids.view("S16"), wanted.view("S16")))
    return [Place(rows, int(place), lines[bytes(ids[place])]) for place in places]


def partners(store: Store, stage: Mapping[str, Any], wanted: set[bytes]) -> dict[bytes, Place]:
    """The rows that dropped ones fell for, by id, wherever they stand."""
    found: dict[bytes, Place] = {}
    for rows in (*stage["rows"], *stage.get("foreign", ())):
        found |= {place.told["id"]: place for place in find(store, rows, {row_id: {"id": row_id} for row_id in wanted - set(found)})}
    return found


def read_places(store: Store, places: Iterable[Place], veil: Veil) -> Rows:
    """The rows at these places and those that they fell for, with everything hidden that nobody must read."""
    wanted: dict[str, set[int]] = {}
    for place in places:
        for one in (place, *([place.partner] if place.partner else [])):
            wanted.setdefault(one.rows, set()).add(one.row)
    found = {(rows, row): told for rows, some in wanted.items() for row, told in rows_at(store, rows, sorted(some), COLUMNS).items()}
    bare: dict[str, list[int]] = {}
    for rows, row in (place for place, told in found.items() if told["text"] is None):
        bare.setdefault(rows, []).append(row)
    for rows, some in bare.items():
        for row, told in rows_at(store, rows, some).items():
            found[rows, row] = {**found[rows, row], "text": _written(told)}
    shown = veil.texts([told["text"] for told in found.values()])
    return {place: {**told, "text": text} for (place, told), text in zip(found.items(), shown, strict=True)}


def _written(row: Mapping[str, Any]) -> str | None:
    """A row that has no text by what its other columns say, such as question and answer."""
    return "\n".join(f"{name}: {value}" for name, value in row.items() if isinstance(value, str)) or None


def rows_at(store: Store, rows: str, places: Sequence[int], columns: Sequence[str] | None = None) -> dict[int, dict[str, Any]]:
    """Some rows of a rows object by their places. Only row groups that hold one are read, each once: one has 64 MB."""
    found: dict[int, dict[str, Any]] = {}
    wanted, first = sorted(set(places)), 0
    with pq.ParquetFile(store.rows(rows)) as file:
        for number in range(file.num_row_groups):
            size = file.metadata.row_group(number).num_rows
            here = [place for place in wanted if first <= place < first + size]
            if here:
                told = file.read_row_group(number, columns=columns).take(pa.array([place - first for place in here])).to_pylist()
                found |= dict(zip(here, told, strict=True))
            first += size
    if len(found) != len(wanted):
        raise IndexError(max(wanted))
    return found


def shown_row(read: Rows, place: Place) -> dict[str, Any]:
    """A row as the report shows it, with what decided about it, beside the row that it fell for."""
    row, told = read[place.rows, place.row], place.told
    text = str(row.get("text") or "")
    line = {"id": shown(row["id"]), "rule": told["rule"], "value": _number(told["value"]), "limit": _number(told["limit"]), "found": told["found"]}
    line |= {"text": text[:TEXT], "cut": len(text) > TEXT, "origin": f"{row['origin']['file']}:{row['origin']['record']}", "kept": told["kept"]}
    return {**line, "partner": None if place.partner is None else shown_partner(read, place.partner)}


def shown_partner(read: Rows, place: Place) -> dict[str, Any]:
    """A kept row as it is shown beside those that fell for it."""
    row = read[place.rows, place.row]
    return {"id": shown(row["id"]), "text": str(row.get("text") or "")[:TEXT]}


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)
