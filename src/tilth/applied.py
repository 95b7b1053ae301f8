"""What a Whole decided, done to a table: rows go to their parts, spans out of texts, columns are set, copies made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import BooksDoNotBalance
from tilth.record import CUTS, ID, TEXT, Batch, Outcome, flat

PARENTS = pa.list_(ID)
"""The type of the column `parents`."""


def apply(outcome: Outcome, batch: Batch) -> dict[str, Batch]:
    """The rows of each part. Raises BooksDoNotBalance when not every row was decided once."""
    if len(outcome.part) != len(batch):
        raise BooksDoNotBalance(f"{len(batch)} rows went in and {len(outcome.part)} were decided.")
    table = with_columns(without(batch.table, outcome.cuts), outcome.columns)
    found = {}
    for number, part in enumerate(outcome.parts):
        mask = outcome.part == number
        kept = table.filter(pa.array(mask))
        found[part] = Batch(kept if outcome.copies is None else multiplied(kept, outcome.copies[mask]))
    return found


def with_columns(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    """The table with these columns set."""
    return Batch(table).with_columns(columns).table if columns else table


def without(table: pa.Table, cuts: pa.Table | None) -> pa.Table:
    """The table without the spans of `cuts` (`tilth.record.CUTS`), whose rows are numbered as the table's."""
    if cuts is None:
        return table
    for name in pc.unique(cuts["column"]).to_pylist():
        mine = cuts.filter(pc.equal(cuts["column"], name))
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(place).with_type(TEXT), _cut(pc.cast(flat(table[name]), TEXT), mine))
    return table


def _cut(texts: pa.Array, cuts: pa.Table) -> pa.Array:
    """The texts without the spans. Only those that have one are made anew."""
    rows, starts, stops = (np.asarray(flat(cuts[name])) for name in ("row", "start", "stop"))
    _check(rows, starts, stops)
    touched, firsts = np.unique(rows, return_index=True)
    some = pc.cast(texts.take(pa.array(touched)), pa.large_binary()).to_pylist()
    ends = np.append(firsts[1:], len(rows))
    left = [_left(text, starts[low:high], stops[low:high]) for text, low, high in zip(some, firsts, ends, strict=True)]
    mask = np.zeros(len(texts), np.bool_)
    mask[touched] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(left, TEXT))


def _left(text: bytes, starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64]) -> str:
    begins, ends = [0, *stops.tolist()], [*starts.tolist(), len(text)]
    return b"".join(text[begin:end] for begin, end in zip(begins, ends, strict=True)).decode()


def _check(rows: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64]) -> None:
    """Spans are in order and none begins in another. Raises BooksDoNotBalance."""
    same = rows[1:] == rows[:-1]
    if (starts >= stops).any() or (rows[1:] < rows[:-1]).any() or (same & (starts[1:] < stops[:-1])).any():
        raise BooksDoNotBalance("Spans that are to be taken out overlap, are empty, or are not in order.")


def multiplied(table: pa.Table, copies: npt.NDArray[np.int64]) -> pa.Table:
    """Each row as often as `copies` says, one behind the other. A further copy has an id of its own and its `parents`."""
    if (copies < 1).any():
        raise BooksDoNotBalance("A row that stays is wanted less than once.")
    places = np.repeat(np.arange(len(copies)), copies)
    firsts = np.cumsum(copies) - copies
    turn = np.arange(len(places)) - firsts[places]
    parents = table["id"].to_pylist()
    ids = [copy_id(parents[place], number) if number else parents[place] for place, number in zip(places.tolist(), turn.tolist(), strict=True)]
    told = table["parents"].to_pylist() if "parents" in table.column_names else [None] * table.num_rows
    made = [[parents[place]] if number else told[place] for place, number in zip(places.tolist(), turn.tolist(), strict=True)]
    whole = table.take(pa.array(places))
    whole = whole.set_column(whole.schema.get_field_index("id"), whole.schema.field("id"), pa.array(ids, ID))
    return with_columns(whole, {"parents": pa.array(made, PARENTS)})


def copy_id(parent: bytes, number: int) -> bytes:
    """The id of a further copy of a row, the first being number 1."""
    return hashlib.blake2b(parent + number.to_bytes(8, "little"), digest_size=16).digest()


def cuts_of(cuts: pa.Table, first: int, rows: int) -> pa.Table:
    """The spans of some rows, numbered from 0."""
    numbers = np.asarray(flat(cuts["row"]))
    low, high = np.searchsorted(numbers, [first, first + rows])
    some = cuts.slice(low, high - low)
    return some.set_column(0, CUTS.field("row"), pc.subtract(some["row"], first))


def cut_rows(cuts: pa.Table) -> Iterator[tuple[str, npt.NDArray[np.int64], npt.NDArray[np.int64], pa.Array]]:
    """For each column that loses spans: the rows, how many bytes each loses, and the partner of the first span."""
    for name in pc.unique(cuts["column"]).to_pylist():
        mine = cuts.filter(pc.equal(cuts["column"], name))
        rows = np.asarray(flat(mine["row"]))
        touched, firsts = np.unique(rows, return_index=True)
        lost = np.add.reduceat(np.asarray(flat(pc.subtract(mine["stop"], mine["start"]))), firsts) if len(rows) else np.empty(0, np.int64)
        yield name, touched, lost, flat(mine["partner"]).take(pa.array(firsts))
