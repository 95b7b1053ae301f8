"""Rows that belong together: of each step that drops duplicates the largest groups, side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.execute.places import Place, Rows, find, partners, shown_partner, shown_row
from tilth.record import ID
from tilth.store.objects import Store
from tilth.store.tables import read_table

CLUSTERS, MEMBERS = 6, 5


@dataclass(frozen=True)
class Group:
    """The row that was kept, a few of those that fell for it, and how many they are in all."""

    kept: Place
    members: Sequence[Place]
    size: int

    def shown(self, read: Rows) -> dict[str, Any]:
        """As the report shows it."""
        return {"kept": shown_partner(read, self.kept), "members": [shown_row(read, place) for place in self.members], "size": self.size}


def clusters(store: Store, stage: Mapping[str, Any]) -> list[Group]:
    """Of a step that looks at all rows the largest groups, the largest first, equal ones by the kept row's id; of each
    those of the smallest ids that fell."""
    fell = _largest(store, stage["verdicts"])
    if not fell:
        return []
    places: dict[bytes, list[Place]] = {kept: [] for kept in fell}
    for rows, verdict in zip(stage["rows"], stage["verdicts"], strict=True):
        for place in find(store, rows, _members(store, verdict, fell)):
            places[place.told["partner"]].append(place)
    found = partners(store, stage, set(fell))
    members = {kept: sorted(places[kept], key=lambda place: bytes(place.told["id"]))[:MEMBERS] for kept in fell}
    return [Group(found[kept], members[kept], size + 1) for kept, size in fell.items() if kept in found]


def _largest(store: Store, verdicts: Sequence[str]) -> dict[bytes, int]:
    """The kept rows for which most others fell, and how many."""
    named = [read_table(store.path(verdict) / "decisions.parquet", ["partner"]).drop_null() for verdict in verdicts]
    if not any(table.num_rows for table in named):
        return {}
    counted = pa.concat_tables(named).group_by("partner", use_threads=False).aggregate([([], "count_all")])
    least = np.sort(counted["count_all"].to_numpy())[-CLUSTERS:][0]
    largest = counted.filter(pc.greater_equal(counted["count_all"], int(least))).sort_by([("count_all", "descending"), ("partner", "ascending")])
    return dict(zip(largest["partner"][:CLUSTERS].to_pylist(), largest["count_all"][:CLUSTERS].to_pylist(), strict=True))


def _members(store: Store, verdict: str, kept: Collection[bytes]) -> dict[bytes, dict[str, Any]]:
    """Of a shard a few rows that fell for each of these, by id: their lines."""
    table = read_table(store.path(verdict) / "decisions.parquet", ["id", "rule", "value", "limit", "found", "partner"])
    table = table.filter(pc.is_in(table["partner"], pa.array(list(kept), ID))).sort_by("id")
    few = [table.filter(pc.equal(table["partner"], pa.scalar(one, ID))).slice(0, MEMBERS) for one in kept]
    return {line["id"]: {**line, "kept": False} for some in few for line in some.to_pylist()}
