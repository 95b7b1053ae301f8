"""The rows of a dataset as what is learned of them: their layout found once, then each row read by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from tilth.errors import DataRefused, NothingLeft
from tilth.model.conversations import RowRefused
from tilth.model.formats import Format, Row, read
from tilth.model.layouts import FormatSettings, Layout, layout
from tilth.record import shown
from tilth.work import Dataset, look_at

FIRST = 100
"""Rows by which a layout is found."""

BLANK = re.compile(r"`(\w+)` is (?:null|blank)")
"""A reason for which a row can be left out by its column."""

NAMED = 5
"""Rows that are named where some are refused."""


@dataclass(frozen=True)
class Refused:
    """A row that cannot be read: its number, from 0, its id, and a short reason."""

    row: int
    id: bytes
    reason: str


def layout_of(data: Dataset, asked: Format | FormatSettings | None) -> Layout:
    """The layout of a dataset's rows: the one that is asked for, else the one that its columns and first rows show.

    Raises AskedWrong where none fits or several do, NothingLeft where there is no row."""
    if not data.rows:
        raise NothingLeft(f"`{data.name}` has no rows.", remedy=look_at(data.name))
    columns = columns_of(data)
    first = next(iter(data.batches(columns, FIRST)))
    return layout(asked, columns, first.table.to_pylist())


def check_rows(data: Mapping[str, Dataset], asked: Format | FormatSettings | None) -> None:
    """The rows of these datasets are of a format that is known; of one without rows that cannot be said. Raises AskedWrong."""
    for one in data.values():
        if one.rows:
            layout_of(one, asked)


def columns_of(data: Dataset) -> list[str]:
    """The columns that rows have of their own."""
    return [name for name in pq.read_schema(data.files[0]).names if name not in ("id", "origin", "parents")]


def rows_of(data: Dataset, found: Layout) -> Iterator[tuple[int, bytes, Row | Refused]]:
    """Each row, by number from 0 and id, as what is learned of it, or refused."""
    wanted, number = list(dict.fromkeys(found.columns.values())), 0
    for batch in data.batches(wanted):
        for row in batch.table.select(["id", *wanted]).to_pylist():
            yield number, row["id"], _read(found, number, row)
            number += 1


def _read(found: Layout, number: int, row: dict[str, Any]) -> Row | Refused:
    try:
        return read(found, row)
    except RowRefused as error:
        return Refused(number, row["id"], str(error))


def refuse(refused: Sequence[Refused], data: Dataset, found: Layout) -> None:
    """Raise DataRefused where there are rows that cannot be read; name the first of them."""
    if not refused:
        return
    named = "; ".join(f"row {one.row + 1:,} ({shown(one.id)}): {one.reason}" for one in refused[:NAMED])
    more = f"; and {len(refused) - NAMED:,} more" if len(refused) > NAMED else ""
    blank = [BLANK.fullmatch(one.reason) for one in refused]
    filled = " and ".join(f"trim({name}) <> ''" for name in sorted({match[1] for match in blank if match}))
    way = f"before by `filter.where: {filled}`" if all(blank) else "before (`filter.where`), or mend them"
    raise DataRefused(
        f"{len(refused):,} of {data.rows:,} rows of `{data.name}` cannot be read as `{found.format}`: {named}{more}.",
        remedy=f"Leave them out {way}; or say another `format`.",
    )
