"""Pieces: where the rows of a shard stand, and which of them are still in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import BooksDoNotBalance
from tilth.record import Ids, as_ids, shown
from tilth.store.objects import Store
from tilth.store.tables import read_batches, read_table

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """A shard on its way: the object with its rows, and the verdict that says which are still in.

    `keep`: None when all are in. `part`: the one part of a split that is meant, None for all.
    """

    rows: str
    keep: str | None
    count: int
    part: int | None = None

    def identity(self) -> list[str | int | None]:
        """What the rows of the piece depend on."""
        return [self.rows, self.keep, self.part]


def positions(store: Store, piece: Piece) -> Rows | None:
    """The places in the rows object of the rows that are in, ascending; None for all."""
    if piece.keep is None:
        return None
    kept = read_table(store.path(piece.keep) / "keep.parquet")
    places: Rows = kept["row"].to_numpy().astype(np.int64)
    return places if piece.part is None else places[kept["part"].to_numpy() == piece.part]


def parts(store: Store, piece: Piece) -> npt.NDArray[np.int16]:
    """For each row that is in, the number of its part."""
    kept = read_table(store.path(str(piece.keep)) / "keep.parquet")
    return np.asarray(kept["part"].to_numpy(), np.int16)


def entering(store: Store, piece: Piece, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The rows that are in, in order, at most `rows` at a time."""
    path = store.rows(piece.rows)
    places = positions(store, piece)
    if places is None:
        yield from read_batches(path, rows, columns)
        return
    first = 0
    for table in read_batches(path, rows, columns):
        low, high = np.searchsorted(places, [first, first + table.num_rows])
        if high > low:
            yield table.take(pa.array(places[low:high] - first))
        first += table.num_rows


def ids(store: Store, piece: Piece) -> Ids:
    """The ids of the rows that are in, in order."""
    path = store.rows(piece.rows)
    every = as_ids(read_table(path, ["id"])["id"])
    places = positions(store, piece)
    return every if places is None else every[places]


def size(store: Store, piece: Piece) -> int:
    """How many rows are in; told by the verdict alone, for the rows themselves may have been let go."""
    return piece.count if piece.part is None else int((parts(store, piece) == piece.part).sum())


def schema(store: Store, piece: Piece) -> pa.Schema:
    """The columns of the piece's rows."""
    return pq.read_schema(store.rows(piece.rows))


def balance(where: str, entered: Ids, *outcomes: Ids) -> None:
    """The books of a step: every id that entered is in exactly one of the outcomes, and no other is.

    Raises BooksDoNotBalance, naming the first id that is missing, double or foreign."""
    came = np.sort(entered.view("S16") if len(entered) else np.empty(0, "S16"))
    went = np.sort(np.concatenate([ids.view("S16") for ids in outcomes if len(ids)] or [np.empty(0, "S16")]))
    if len(came) == len(went) and bool((came == went).all()):
        return
    raise BooksDoNotBalance(
        f"{len(came)} rows entered and {len(went)} are accounted for{_first_difference(came, went)}.",
        where=where,
        accepted="Each row must be in exactly one of kept, dropped and quarantined.",
        remedy="This is a mistake in the step, not in your data: nothing of this shard was stored.",
    )


def _first_difference(came: npt.NDArray[np.bytes_], went: npt.NDArray[np.bytes_]) -> str:
    for what, here, there in (("is missing", came, went), ("came from nowhere", went, came)):
        only = np.setdiff1d(here, there)
        if len(only):
            return f"; {shown(bytes(only[0]).ljust(16, bytes(1)))} {what}"
    twice = went[:-1][went[1:] == went[:-1]]
    return f"; {shown(bytes(twice[0]).ljust(16, bytes(1)))} is there twice" if len(twice) else ""
