"""What a Whole decided, done to a table: rows go to their parts, spans out of texts, columns are set, copies made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import BooksDoNotBalance
from tilth.record import CUTS, ID, TEXT, Batch, Numbers, Outcome, flat

PARENTS = pa.list_(pa.binary())
"""The type of the column `parents`; pandas reads no lists of binaries of a fixed size."""

SET_BY_US = ("id", "origin", "parents")
"""The columns that no step sets."""

MOST = 1_000_000
"""How often a row can be wanted: more is a mistake, which would fill the disk."""


def apply(outcome: Outcome, batch: Batch, by: str = "") -> dict[str, Batch]:
    """The rows of each part; `by`: who decides. Raises BooksDoNotBalance as `check` does."""
    check(outcome, len(batch))
    table = with_columns(without(batch.table, outcome.cuts), outcome.columns)
    found = {}
    for number, part in enumerate(outcome.parts):
        mask = outcome.part == number
        kept = table.filter(pa.array(mask))
        found[part] = Batch(kept if outcome.copies is None else pa.concat_tables(multiplied(kept, outcome.copies[mask], by)))
    return found


def check(outcome: Outcome, rows: int) -> None:
    """Each of the rows is decided once, and what is to be changed can be. Raises BooksDoNotBalance."""
    told = (outcome.part, outcome.value, outcome.limit, outcome.partner, outcome.which, outcome.found, outcome.copies)
    for values in (*told, *outcome.columns.values()):
        if values is not None and len(values) != rows:
            raise BooksDoNotBalance(f"{rows} rows were sketched and {len(values)} were decided.")
    if outcome.changes and len(outcome.parts) > 1:
        raise BooksDoNotBalance("Rows are divided and changed at once.", accepted="One step divides, another changes.")
    if rows and not -1 <= int(outcome.part.min()) <= int(outcome.part.max()) < len(outcome.parts):
        odd = next(int(one) for one in (outcome.part.max(), outcome.part.min()) if not -1 <= one < len(outcome.parts))
        found = f"A row goes to part {odd}, and there are {len(outcome.parts)}: {', '.join(outcome.parts)}."
        raise BooksDoNotBalance(found, accepted="A part's number, from 0, or −1 for a row that is dropped.")
    _check_reasons(outcome, rows)
    _check_copies(outcome)
    for name, values in outcome.columns.items():
        if name in SET_BY_US:
            raise BooksDoNotBalance(f"A step may not set `{name}`.", accepted=f"Any column but {', '.join(SET_BY_US)}.")
        if not isinstance(values, pa.Array | pa.ChunkedArray) or (name == "text" and values.type != TEXT):
            found = f"The values of `{name}` are {values.type if isinstance(values, pa.Array | pa.ChunkedArray) else type(values).__name__}."
            raise BooksDoNotBalance(found, accepted=f"An Arrow array; of `text`, {TEXT}.")
    if outcome.cuts is not None:
        _check_cuts(outcome.cuts, rows)


def _check_reasons(outcome: Outcome, rows: int) -> None:
    if outcome.which is not None and rows and not 0 <= int(outcome.which.min()) <= int(outcome.which.max()) < len(outcome.rules):
        raise BooksDoNotBalance(f"A row falls by a rule that is none of the {len(outcome.rules)}: {', '.join(outcome.rules)}.")
    if outcome.partner is not None and outcome.partner.dtype.itemsize != ID.byte_width:
        raise BooksDoNotBalance(f"A partner has {outcome.partner.dtype.itemsize} bytes.", accepted=f"An id: {ID.byte_width} bytes.")


def _check_copies(outcome: Outcome) -> None:
    if outcome.copies is None:
        return
    wanted = np.asarray(outcome.copies)[outcome.part >= 0]
    if wanted.dtype.kind not in "iu":
        raise BooksDoNotBalance(f"How often a row is wanted is told in {wanted.dtype}.", accepted="Whole numbers.")
    if len(wanted) and not 1 <= int(wanted.min()) <= int(wanted.max()) <= MOST:
        odd = int(wanted.min()) if wanted.min() < 1 else int(wanted.max())
        raise BooksDoNotBalance(f"A row that stays is wanted {odd:,} times.", accepted=f"1 to {MOST:,} times.")


def _check_cuts(cuts: pa.Table, rows: int) -> None:
    """They are of rows that there are, and in order. Where they lie in the texts is seen when they are taken out."""
    if cuts.schema.names != CUTS.names or any(cuts[name].null_count for name in CUTS.names[:-1]):
        told = ", ".join(cuts.schema.names)
        raise BooksDoNotBalance(f"Spans to be taken out are told as {told}.", accepted=f"{', '.join(CUTS.names)}, without nulls.")
    numbers = np.asarray(flat(cuts["row"]))
    if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < rows:
        odd = numbers.max() if numbers.min() >= 0 else numbers.min()
        raise BooksDoNotBalance(f"A span is to be taken out of row {int(odd):,}, of {rows:,} rows.")
    if (numbers[1:] < numbers[:-1]).any():
        raise BooksDoNotBalance("Spans that are to be taken out are not in order.", accepted="By row, column and start.")
    for name in pc.unique(cuts["column"]).to_pylist():
        mine = cuts.filter(pc.equal(cuts["column"], name))
        _check_spans(*(np.asarray(flat(mine[part])) for part in ("row", "start", "stop")))


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
        if place < 0 or not (pa.types.is_large_string(table[name].type) or pa.types.is_string(table[name].type)):
            texts = [field.name for field in table.schema if pa.types.is_large_string(field.type) or pa.types.is_string(field.type)]
            raise BooksDoNotBalance(f"A span is to be taken out of `{name}`, which is no column of texts.", accepted=f"They are: {', '.join(texts)}.")
        table = table.set_column(place, table.schema.field(place).with_type(TEXT), _cut(pc.cast(flat(table[name]), TEXT), mine))
    return table


def _cut(texts: pa.Array, cuts: pa.Table) -> pa.Array:
    """The texts without the spans. Only those that have one are made anew."""
    rows, starts, stops = (np.asarray(flat(cuts[name])) for name in ("row", "start", "stop"))
    _check_spans(rows, starts, stops)
    touched, firsts = np.unique(rows, return_index=True)
    some = pc.cast(texts.take(pa.array(touched)), pa.large_binary()).to_pylist()
    ends = np.append(firsts[1:], len(rows))
    left = [_left(text, starts[low:high], stops[low:high]) for text, low, high in zip(some, firsts, ends, strict=True)]
    mask = np.zeros(len(texts), np.bool_)
    mask[touched] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(left, TEXT))


def _left(text: bytes | None, starts: Numbers, stops: Numbers) -> str:
    begins, ends = [0, *stops.tolist()], [*starts.tolist(), len(text or b"")]
    if text is None or starts[0] < 0 or stops[-1] > len(text) or any(_inside(text, place) for place in begins + ends):
        size = "no text" if text is None else f"{len(text):,} bytes"
        spans = ", ".join(f"{start:,}–{stop:,}" for start, stop in zip(starts[:5].tolist(), stops[:5].tolist(), strict=True))
        accepted = "Places from 0 to its end, each between two characters."
        raise BooksDoNotBalance(f"The bytes {spans} are to be taken out of {size}.", accepted=accepted)
    return b"".join(text[begin:end] for begin, end in zip(begins, ends, strict=True)).decode()


def _inside(text: bytes, place: int) -> bool:
    """Whether a place is inside a character: the byte there goes on with one."""
    return place < len(text) and text[place] & 0xC0 == 0x80


def _check_spans(rows: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64]) -> None:
    """Spans are in order and none begins in another. Raises BooksDoNotBalance."""
    same = rows[1:] == rows[:-1]
    if (starts >= stops).any() or (rows[1:] < rows[:-1]).any() or (same & (starts[1:] < stops[:-1])).any():
        raise BooksDoNotBalance("Spans that are to be taken out overlap, are empty, or are not in order.")


def multiplied(table: pa.Table, copies: Numbers, by: str = "", most: int = 4096) -> Iterator[pa.Table]:
    """Each row as often as `copies` says, one behind the other, at most so many at a time. A further copy has an id of its own
    and its `parents`; `by`: who copies."""
    ends = np.cumsum(copies)
    for low in range(0, max(int(copies.sum()), 1), most):
        turn = np.arange(low, min(low + most, int(copies.sum())))
        places = np.searchsorted(ends, turn, side="right")
        yield _copied(table, places, turn - (ends - copies)[places], by)


def _copied(table: pa.Table, places: Numbers, turn: Numbers, by: str) -> pa.Table:
    """The rows of these places; those whose turn is not 0 are copies."""
    parents = table["id"].to_pylist()
    ids = [copy_id(parents[place], number, by) if number else parents[place] for place, number in zip(places.tolist(), turn.tolist(), strict=True)]
    told = table["parents"].to_pylist() if "parents" in table.column_names else [None] * table.num_rows
    made = [[parents[place]] if number else told[place] for place, number in zip(places.tolist(), turn.tolist(), strict=True)]
    whole = table.take(pa.array(places))
    whole = whole.set_column(whole.schema.get_field_index("id"), whole.schema.field("id"), pa.array(ids, ID))
    return with_columns(whole, {"parents": pa.array(made, PARENTS)})


def copy_id(parent: bytes, number: int, by: str = "") -> bytes:
    """The id of a further copy of a row, the first being number 1. `by`: who copies, for a row that was copied by one step may be
    copied by another."""
    return hashlib.blake2b(parent + number.to_bytes(8, "little") + by.encode(), digest_size=16).digest()


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
