"""What is kept of every row of a side while it streams by: what it is known by, a hash of its content, a hash of each cell,
and its part. About 40 bytes a row and four a column; no text is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.execute.aligning import Cells
from tilth.execute.sides import ID, Side
from tilth.record import ID as KEY
from tilth.record import JSON, Ids, as_ids, flat

SAMPLE = 50_000
"""Rows of a side whose values are taken to compare distributions: two shares are then known to about one hundredth."""

READ = 10_000
"""Those of them whose texts are read by every kernel."""

SEED = 7
"""Which rows are drawn depends on it and on how many there are: a side compared with itself has not moved."""

OURS = frozenset(("id", "origin", "parents", "original_id", "original_origin", "original_parents"))
"""Columns that say where a row comes from, and are no content."""

BLANK = r"^\s*$"

Mask = npt.NDArray[np.bool_]
Taken = TypeVar("Taken")
Take = Callable[[pa.Table, Mask, str | None], Taken]
"""Takes what it wants of some rows of the sample, of which the texts of those in the mask may be read; the name is that of
the column with the text."""


@dataclass(frozen=True)
class Common:
    """The columns that both sides have, each with the type in which it is compared; what is only on one side; and columns
    of two types. `text`: whether the content of a row is its text alone."""

    columns: Mapping[str, pa.DataType]
    only_a: Sequence[str]
    only_b: Sequence[str]
    retyped: Mapping[str, tuple[str, str]]

    @property
    def content(self) -> list[str]:
        """The columns that are a row's content: `text` where there is one, else all."""
        return ["text"] if "text" in self.columns else list(self.columns)


def common(a: pa.Schema, b: pa.Schema) -> Common:
    """What can be compared of two schemas. Numbers of two types are compared as float64, all else of two types as texts."""
    left, right = ({field.name: field for field in schema if field.name not in OURS} for schema in (a, b))
    both = [name for name in left if name in right]
    types = {name: _agreed(left[name].type, right[name].type) for name in both}
    told = {name: (type_name(left[name]), type_name(right[name])) for name in both}
    retyped = {name: pair for name, pair in told.items() if pair[0] != pair[1]}
    return Common(types, [name for name in left if name not in right], [name for name in right if name not in left], retyped)


def _agreed(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    if a == b and (pa.types.is_integer(a) or pa.types.is_floating(a) or pa.types.is_boolean(a)):
        return a
    numbers = all(pa.types.is_integer(one) or pa.types.is_floating(one) for one in (a, b))
    return pa.float64() if numbers else pa.large_string()


def type_name(field: pa.Field) -> str:
    """A column's type as people say it."""
    return "json" if (field.metadata or {}).get(b"tilth") == JSON[b"tilth"] else str(field.type).replace("large_", "")


@dataclass(frozen=True)
class Narrow(Generic[Taken]):
    """A side as arrays, a line each. `known_by`: keys of 16 bytes for each way to know a row; `ends`: of each section the
    row after its last; `part`: the number of its part in `parts`; `filled`: by column, rows with a value; `bad`: records
    that could not be read; `taken`: what was taken of the sample, batch by batch, of `sampled` rows."""

    known_by: Mapping[str, Ids]
    content: Ids
    cells: Cells
    part: npt.NDArray[np.int16]
    parts: Sequence[str]
    ends: npt.NDArray[np.int64]
    filled: Mapping[str, int]
    bad: int
    sampled: int
    taken: Sequence[Taken]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.content)


def narrowed(side: Side, common: Common, take: Take[Taken]) -> Narrow[Taken]:
    """Read a side once."""
    gathering = _Gathering(side, common)
    taken, parts, ends, bad, first = list[Taken](), list[str](), list[int](), 0, 0
    chosen, read = _drawn(side.rows)
    part = [np.empty(0, np.int16)]
    for section in side.sections:
        parts += [] if section.part in parts else [section.part]
        for table, unread in section.read():
            bad += unread
            if not table.num_rows:
                continue
            canonical = as_compared(table, common)
            gathering.add(table, canonical)
            part.append(np.full(table.num_rows, parts.index(section.part), np.int16))
            low, high = np.searchsorted(chosen, [first, first + table.num_rows])
            if high > low:
                some = canonical.take(pa.array(chosen[low:high] - first))
                taken.append(take(some, read[low:high], "text" if "text" in common.columns else None))
            first += table.num_rows
        ends.append(first)
    known_by, content, cells = gathering.joined()
    sampled = int(np.searchsorted(chosen, first))
    return Narrow(known_by, content, cells, np.concatenate(part), parts, np.array(ends, np.int64), gathering.filled, bad, sampled, taken)


def _drawn(rows: int) -> tuple[npt.NDArray[np.int64], Mask]:
    """The numbers of the sampled rows, ascending, and which of them are read."""
    order = np.random.Generator(np.random.PCG64(SEED)).choice(rows, min(rows, SAMPLE), replace=False).astype(np.int64)
    places = np.argsort(order, kind="stable")
    return order[places], places < READ


def as_compared(table: pa.Table, common: Common) -> pa.Table:
    """The common columns in the types in which they are compared; −0 is 0."""
    there = set(table.column_names)
    return pa.table(
        {name: _as(flat(table[name]), kind) if name in there else pa.nulls(table.num_rows, kind) for name, kind in common.columns.items()}
    )


def _as(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_fixed_size_binary(column.type):
        return pa.array([None if value is None else repr(value) for value in column.to_pylist()], kind)
    found = column if column.type == kind else pc.cast(column, kind, safe=False)
    return pc.add(found, pa.scalar(0.0, kind)) if pa.types.is_floating(kind) else found


class _Gathering:
    """Hashes batch after batch. DuckDB's MD5 tells rows apart, its `hash` the cells of two rows that are one another."""

    def __init__(self, side: Side, common: Common) -> None:
        self.side, self.common = side, common
        self.ways = [way for way in side.known_by if way != ID]
        self.filled = dict.fromkeys(common.columns, 0)
        self._keys: dict[str, list[Ids]] = {way: [np.empty(0, "V16")] for way in side.known_by}
        self._content = [np.empty(0, "V16")]
        self._cells = [np.empty((0, len(common.columns)), np.uint32)]
        self._duckdb = duckdb.connect(config={"threads": 1})

    def add(self, table: pa.Table, canonical: pa.Table) -> None:
        if ID in self._keys:
            self._keys[ID].append(as_ids(table["id"]))
        for way, key in zip(self.ways, self._hashed(table, canonical), strict=True):
            self._keys[way].append(key)
        for name in self.filled:
            self.filled[name] += _filled(flat(canonical[name]))

    def _hashed(self, table: pa.Table, canonical: pa.Table) -> list[Ids]:
        numbers = {name: f"c{place}" for place, name in enumerate(canonical.column_names)}
        known = {way: self.side.known_by[way].split(".") for way in self.ways}
        keys = [_reached(table, path) for path in known.values()]
        batch = pa.table([*canonical.columns, *keys], names=[*numbers.values(), *(f"k{place}" for place in range(len(keys)))])
        content = " || ".join(f"coalesce(strlen({at}::VARCHAR) || ':' || {at}::VARCHAR, '-')" for at in map(numbers.get, self.common.content))
        asked = [f"unhex(md5({content})) AS content", *(f"unhex(md5(k{place}::VARCHAR)) AS key{place}" for place in range(len(keys)))]
        asked += [f"hash({at}) AS {at}" for at in numbers.values()]
        self._duckdb.register("batch", batch)
        answer = self._duckdb.sql(f"SELECT {', '.join(asked)} FROM batch").to_arrow_table()
        self._content.append(as_ids(answer["content"].cast(KEY)))
        cells = [answer[at].to_numpy() for at in numbers.values()]
        self._cells.append(np.stack([(one ^ one >> np.uint64(32)).astype(np.uint32) for one in cells], axis=1))
        return [as_ids(pc.fill_null(answer[f"key{place}"], bytes(16)).cast(KEY)) for place in range(len(keys))]

    def joined(self) -> tuple[dict[str, Ids], Ids, Cells]:
        self._duckdb.close()
        keys = {way: np.concatenate(parts) for way, parts in self._keys.items()}
        return keys, np.concatenate(self._content), np.concatenate(self._cells)


def _reached(table: pa.Table, path: Sequence[str]) -> pa.Array:
    column = flat(table[path[0]])
    return pc.struct_field(column, path[1:]) if path[1:] else column


def _filled(column: pa.Array) -> int:
    """Rows with a value that is not empty or blank."""
    there = len(column) - int(column.null_count)
    blank = pc.sum(pc.match_substring_regex(column, BLANK)).as_py() if pa.types.is_large_string(column.type) else 0
    return there - int(blank or 0)


def rows_at(side: Side, ends: npt.NDArray[np.int64], numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Some rows of a side, all columns; only the sections in which they stand are read."""
    found: dict[int, dict[str, Any]] = {}
    wanted = np.unique(np.asarray(numbers, np.int64))
    for number in np.unique(np.searchsorted(ends, wanted, "right")).tolist():
        first = int(ends[number - 1]) if number else 0
        inside = wanted[(wanted >= first) & (wanted < ends[number])]
        found |= dict(_rows_in(side, number, first, inside))
    return found


def _rows_in(side: Side, number: int, first: int, wanted: npt.NDArray[np.int64]) -> Iterator[tuple[int, dict[str, Any]]]:
    for table, _ in side.sections[number].read():
        here = wanted[(wanted >= first) & (wanted < first + table.num_rows)]
        rows = table.take(pa.array(here - first)).to_pylist() if len(here) else []
        yield from zip(here.tolist(), rows, strict=True)
        first += table.num_rows
        if first > wanted[-1]:
            return
