"""The sketches of a dataset's shards, and of those that it is held against: what a Whole decides from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.execute.pieces import Piece
from tilth.recipe.resolve import Placed
from tilth.store.objects import Made, Store
from tilth.store.tables import read_table


@dataclass(frozen=True)
class Gathering:
    """All that a Whole is to decide: a sketch for each shard, in order; and those of other datasets, whose rows stay."""

    placed: Placed
    sketches: tuple[Made, ...]
    pieces: tuple[Piece, ...]
    foreign: tuple[Made, ...] = ()
    foreign_pieces: tuple[Piece, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows are to be decided."""
        return _rows(self.sketches)

    @property
    def foreign_rows(self) -> int:
        """How many rows of other datasets come before them."""
        return _rows(self.foreign)

    def columns(self, store: Store) -> Sketches:
        """The columns of all sketches, those of other datasets first."""
        return Sketches([store.path(made.content) / "sketch.parquet" for made in (*self.foreign, *self.sketches)])

    def identity(self) -> list[list[Any]]:
        """The contents of all sketches, and the rows that they were taken of."""
        every = zip((*self.foreign, *self.sketches), (*self.foreign_pieces, *self.pieces), strict=True)
        return [[made.content, *piece.identity()] for made, piece in every]


class Sketches:
    """The columns of all sketches, one below the other, each read from disk when it is asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self.num_rows = sum(pq.read_metadata(path).num_rows for path in paths)
        self.column_names: Sequence[str] = pq.read_schema(self._paths[0]).names if self._paths else ()

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        """One column of all rows."""
        return pa.concat_tables([read_table(path, [name]) for path in self._paths])[name]


def _rows(sketches: Sequence[Made]) -> int:
    return sum(int(made.manifest["rows"]) for made in sketches)
