"""Finding rows in a finished run: by the letters of an id, by a prefix of them, or by an id column's value."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.errors import NotThere, StoreDamaged, UsageError
from tilth.execute.pieces import Piece, positions
from tilth.record import ID, Ids, as_ids, ids_of_values, shown
from tilth.store.runs import Run
from tilth.store.tables import read_table

PREFIX = re.compile(r"[a-z2-7]{6,26}")
"""What may be the beginning of an id: at least six of its letters."""

TOLD = 5
"""How many ids are named where a prefix means several."""


@dataclass(frozen=True)
class Spot:
    """Where a row stands: the number of its shard, its rows object, and its place in it."""

    shard: int
    rows: str
    row: int


class Archive:
    """A run's objects, each column of ids read at most once."""

    def __init__(self, run: Run) -> None:
        self.run, self.record = run, run.record()
        self.store = run.store()
        self._ids: dict[Path, Ids] = {}
        self._group: tuple[str, int, pa.Table] = ("", 0, pa.table({}))

    def file(self, content: str, name: str) -> Path:
        """A file of an object. Raises StoreDamaged when it is not there, and RowsLetGo where rows were removed on purpose."""
        path = self.store.rows(content) if name == "rows.parquet" else self.store.path(content) / name
        if not path.exists():
            raise StoreDamaged(
                f"The object {content} of the run {self.run.name}/{self.run.number} is not in the store.",
                where=str(self.store.root),
                remedy=f"`tilth run` makes it again. Until then {self.run.folder / 'decisions'} tells what was decided.",
            )
        return path

    def ids(self, content: str, name: str = "rows.parquet") -> Ids:
        """The column of ids of an object's table."""
        return self.ids_of(self.file(content, name))

    def ids_of(self, path: Path) -> Ids:
        """The column of ids of a file."""
        if path not in self._ids:
            self._ids[path] = as_ids(read_table(path, ["id"])["id"])
        return self._ids[path]

    def lines(self, content: str, name: str, row_id: bytes) -> list[dict[str, Any]]:
        """The lines of an object's table that are about a row."""
        places = places_of(self.ids(content, name), row_id)
        return read_table(self.file(content, name)).take(pa.array(places)).to_pylist() if len(places) else []

    def spots(self, contents: Sequence[str], row_id: bytes, shard: int | None = None) -> Iterator[Spot]:
        """Where a row stands in the shards of a stage; `shard` if it is known. Parts of one dataset that meet
        again in another share their rows objects, so there may be several."""
        for number in range(len(contents)) if shard is None else (shard,):
            places = places_of(self.ids(contents[number]), row_id)
            if len(places):
                yield Spot(number, contents[number], int(places[0]))

    def row(self, spot: Spot) -> dict[str, Any]:
        """All columns of a row. Rows that are told together mostly stand together, so the last row group is kept."""
        with pq.ParquetFile(self.file(spot.rows, "rows.parquet")) as file:
            sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
            ends = np.cumsum(sizes)
            number = int(np.searchsorted(ends, spot.row, side="right"))
            if self._group[:2] != (spot.rows, number):
                self._group = (spot.rows, number, file.read_row_group(number))
        return dict(self._group[2].slice(spot.row - int(ends[number]) + sizes[number], 1).to_pylist()[0])

    def places(self, piece: Sequence[Any]) -> npt.NDArray[np.int64] | None:
        """The places in its rows object of the rows of a piece; None for all."""
        if piece[1] is not None:
            self.file(piece[1], "keep.parquet")
        return positions(self.store, Piece(*piece))

    def beginnings(self, data: Mapping[str, Any]) -> list[str]:
        """The rows objects that a dataset begins with."""
        return list(data["stages"][0]["rows"]) if data["stages"] else [piece[0] for piece in data["pieces"]]

    def all_rows(self) -> tuple[list[str], list[str]]:
        """Every rows object of the run, each once: those that datasets begin with, and the later ones."""
        every = self.record["data"].values()
        first = dict.fromkeys(content for data in every for content in self.beginnings(data))
        later = dict.fromkeys(content for data in every for stage in data["stages"] for content in stage["rows"])
        return list(first), [content for content in later if content not in first]


def places_of(ids: Ids, row_id: bytes) -> npt.NDArray[np.int64]:
    """Where an id stands in a column of ids."""
    halves, wanted = _halves(ids), np.frombuffer(row_id, ">u8")
    return np.flatnonzero((halves[:, 0] == wanted[0]) & (halves[:, 1] == wanted[1]))


def _halves(ids: Ids) -> npt.NDArray[np.uint64]:
    """Each id as two numbers, whose order is that of its letters."""
    return np.ascontiguousarray(ids).view(">u8").reshape(-1, 2)


def favoured(table: pa.Table, row_id: bytes) -> pa.Table:
    """The decisions that name a row as the one kept in their stead."""
    return table.filter(pc.fill_null(pc.equal(table["partner"], pa.scalar(row_id, ID)), False))


def find_id(archive: Archive, said: str) -> bytes:
    """The id that is meant: all its letters, a prefix that only one row has, or the value of an id column.

    Raises: NotThere when no row of the run has it; UsageError when several have."""
    exact = ids_of_values([said])[0]
    letters = said.strip().lower()
    found: dict[bytes, None] = {}
    for contents in archive.all_rows():
        for ids in [] if found else _columns(archive, contents):
            if len(places_of(ids, exact)):
                return exact
            if PREFIX.fullmatch(letters):
                found.update(dict.fromkeys(_beginning(ids, letters)))
    if len(found) == 1:
        return next(iter(found))
    if found:
        named = ", ".join(shown(one) for one in list(found)[:TOLD]) + (" …" if len(found) > TOLD else "")
        raise UsageError(f"{len(found):,} rows have ids that begin with `{letters}`.", accepted=f"They are: {named}", remedy="Give more letters.")
    raise _unknown(archive.run, said)


def _columns(archive: Archive, contents: Sequence[str]) -> Iterator[Ids]:
    for content in contents:
        yield archive.ids(content)
        yield archive.ids(content, "quarantine.parquet")


def _beginning(ids: Ids, letters: str) -> list[bytes]:
    """The ids that begin with these letters. Twelve of them fill 60 of the first 64 bits, which are compared at once."""
    few = letters[:12]
    low, high = (int.from_bytes(base64.b32decode(few.upper().ljust(16, end))[:8], "big") for end in "A7")
    first = _halves(ids)[:, 0]
    near = [bytes(one) for one in ids[np.flatnonzero((first >= low) & (first <= high))]]
    return [one for one in near if shown(one).startswith(letters)]


def _unknown(run: Run, said: str) -> NotThere:
    accepted = "An id is 26 letters and digits, as a report or `tilth look` shows them; its first six are enough where they mean one row."
    return NotThere(
        f"No row of {run.name}/{run.number} has the id `{said}`.",
        accepted=accepted if PREFIX.fullmatch(said.strip().lower()) else f"{accepted} With `id: column`, the column's value is an id too.",
        remedy=f"`tilth look {run.name}/{run.number}:DATASET` shows rows with their ids; all decisions lie in {run.folder / 'decisions'}. "
        "Another run is named with `--run`.",
    )
