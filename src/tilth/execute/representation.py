"""Whom each step kept: of every filter and deduplication the share of rows that stayed, by language, domain, source and whatever
else the recipe asks for.

A group is marked by the four-fifths rule (Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4 D): its share is
less than four fifths of the greatest share of any group of its kind. With few rows that happens by chance, so a group is marked
only where the whole interval of the ratio lies below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.execute.pieces import Piece, positions
from tilth.execute.veils import Veil
from tilth.intervals import ratio, wilson
from tilth.record import Ids, as_ids, flat
from tilth.store.objects import Store
from tilth.store.tables import read_table

FOUR_FIFTHS = 0.8
LEAST = 30
"""Rows that a group has at least, to be one with which others are compared."""

SHOWN = 12
"""Groups that are told of each kind, the largest; all others are one."""

MOST = 50
"""Values that a source's files may have, to be told one by one: a corpus in a thousand files is no thousand groups."""

OTHERS, NOTHING = "all others", "no value"

LANGUAGE, DOMAIN, SOURCE = "language", "domain", "source"
URL = "url"
HOST = r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?(?:www\.)?(?P<host>[^/?#:]+)"

Mask = npt.NDArray[np.bool_]
Counts = dict[tuple[str, str], dict[str, tuple[int, int]]]
"""By step and kind of group: of each group the rows that came, and those that stayed."""


@dataclass(frozen=True)
class Asked:
    """What is told of a dataset: its name, the addresses of its filters and deduplications, the columns that the recipe names, and
    what nobody must read. A balance is there to keep some less often than others."""

    dataset: str
    steps: frozenset[str]
    columns: tuple[str, ...]
    veil: Veil


def representation(store: Store, asked: Asked, stages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each step that dropped rows and each kind of group: the groups, largest first, and whether one is marked."""
    counts: Counts = {}
    for stage in stages:
        told = [store.manifest(verdict)["dropped"] for verdict in stage["verdicts"] if verdict is not None]
        dropping = {step for dropped in told for step, reasons in dropped.items() if reasons and step in asked.steps}
        for number in range(len(stage["verdicts"])) if dropping else ():
            _count(store, stage, number, (asked.columns, dropping), counts)
    lines = [_told(asked, step, by, groups) for (step, by), groups in counts.items()]
    return [line for line in lines if len(line["groups"]) > 1]


def _count(store: Store, stage: Mapping[str, Any], number: int, wanted: tuple[Sequence[str], set[str]], counts: Counts) -> None:
    """Add a shard: its rows pass one step after another. `wanted`: columns, and the steps that are told of."""
    rows, verdict = stage["rows"][number], stage["verdicts"][number]
    before = stage["before"][number] if stage["before"] else None
    came = positions(store, Piece(*before)) if before is not None and before[0] == rows else None
    groups = dict(_groups(store, rows, came, wanted[0]))
    ids = as_ids(read_table(store.rows(rows), ["id"])["id"])
    ids = ids if came is None else ids[came]
    decided = read_table(store.path(verdict) / "decisions.parquet", ["id", "step"])
    stay = np.ones(len(ids), np.bool_)
    for step in stage["steps"]:
        if step not in wanted[1]:
            continue
        kept = stay.copy()
        kept[_places(ids, as_ids(decided.filter(pc.equal(decided["step"].cast(pa.string()), step))["id"]))] = False
        for by, (codes, names) in groups.items():
            both = (np.bincount(codes[some], minlength=len(names)) for some in (stay, kept))
            _add(counts.setdefault((step, by), {}), names, *both)
        stay = kept


def _add(groups: dict[str, tuple[int, int]], names: Sequence[str], came: npt.NDArray[np.int64], stayed: npt.NDArray[np.int64]) -> None:
    for place in np.flatnonzero(came).tolist():
        one = groups.get(names[place], (0, 0))
        groups[names[place]] = (one[0] + int(came[place]), one[1] + int(stayed[place]))


def _places(ids: Ids, some: Ids) -> npt.NDArray[np.int64]:
    """Where some of the ids stand."""
    if not len(some):
        return np.empty(0, np.int64)
    return np.flatnonzero(np.isin(ids.view("S16"), some.view("S16")))


def _groups(
    store: Store, rows: str, came: npt.NDArray[np.int64] | None, columns: Sequence[str]
) -> Iterator[tuple[str, tuple[npt.NDArray[np.int64], list[str]]]]:
    """For each kind of group the number of each row's group, and the names of the groups."""
    path = store.rows(rows)
    there = pq.read_schema(path).names
    wanted = [name for name in dict.fromkeys((LANGUAGE, URL, "origin", *columns)) if name in there]
    table = read_table(path, wanted)
    table = table if came is None else table.take(pa.array(came))
    for name in wanted:
        column = flat(table[name])
        if name == URL:
            yield DOMAIN, _coded(pc.struct_field(pc.extract_regex(column.cast(pa.large_string()), HOST), "host"))
        elif name == "origin":
            yield SOURCE, _coded(pc.struct_field(column, "file"))
        elif not pa.types.is_nested(column.type):
            yield name, _coded(column)


def _coded(column: pa.Array) -> tuple[npt.NDArray[np.int64], list[str]]:
    coded = pc.dictionary_encode(pc.fill_null(column.cast(pa.large_string()), NOTHING))
    return np.asarray(coded.indices, np.int64), coded.dictionary.to_pylist()


def _told(asked: Asked, step: str, by: str, groups: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """The groups of one kind at one step."""
    if by == SOURCE and len(groups) > MOST:
        groups = _by_folder(groups)
    ordered = sorted(groups.items(), key=lambda entry: (-entry[1][0], entry[0]))
    shown, rest = ordered[:SHOWN], ordered[SHOWN:]
    compared = [entry for entry in shown if entry[1][0] >= LEAST] or shown[:1]
    best = max(compared, key=lambda entry: entry[1][1] / entry[1][0])
    if rest:
        shown.append((OTHERS, (sum(came for _, (came, _) in rest), sum(stayed for _, (_, stayed) in rest))))
    names = asked.veil.texts([name for name, _ in shown])
    lines = [_line(str(name), entry[1], None if entry is best else best[1]) for name, entry in zip(names, shown, strict=True)]
    told = {"dataset": asked.dataset, "step": step, "by": by, "groups": lines, "best": str(asked.veil.texts([best[0]])[0])}
    return {**told, "of": len(groups), "marked": sum(line["marked"] for line in lines)}


def _by_folder(groups: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for name, (came, stayed) in groups.items():
        folder = name.rpartition("/")[0] or name
        one = found.get(folder, (0, 0))
        found[folder] = (one[0] + came, one[1] + stayed)
    return found


def _line(name: str, rows: tuple[int, int], best: tuple[int, int] | None) -> dict[str, Any]:
    """A group: its share with an interval, and that share over the greatest one; None: it is that one."""
    came, stayed = rows
    low, high = wilson(stayed, came)
    line = {"value": name, "came": came, "stayed": stayed, "share": stayed / came, "low": low, "high": high}
    if best is None or not best[1]:
        return {**line, "ratio": None, "ratio_low": None, "ratio_high": None, "marked": False}
    least, most = ratio(stayed, came, best[1], best[0])
    over = (stayed / came) / (best[1] / best[0])
    return {**line, "ratio": over, "ratio_low": least, "ratio_high": most, "marked": bool(over < FOUR_FIFTHS and most < FOUR_FIFTHS)}
