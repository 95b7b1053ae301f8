"""What a Whole decided of rows that stay, done to them: spans taken out of texts, columns set, copies made.

A verdict says which rows stay; where it says more, each shard's rows are written anew, as after a Map, and the books tell every
row that was edited or copied.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.applied import cut_rows, cuts_of, multiplied, with_columns, without
from tilth.execute.books import NOTHING, copied_lines, edits, quarantine
from tilth.execute.local import guarded
from tilth.execute.passes import Decided
from tilth.execute.pieces import Piece, entering, schema
from tilth.recipe.resolve import Placed
from tilth.record import CUTS, Batch, Outcome, as_ids, flat
from tilth.store.keys import key_of
from tilth.store.objects import Made, Store
from tilth.store.tables import TableWriter, read_table, write_table

COPIES, SET = "copies", "set "
"""The column of a verdict's kept rows that says how often each is wanted, and what stands before the names of columns to set."""


Some = tuple[pa.Table, pa.Table, pa.Table | None]
"""Rows that stay, what else was decided of each, and the spans to take out of them."""


def decided_parts(outcome: Outcome, stays: npt.NDArray[np.bool_]) -> Decided:
    """What is stored of the rows that stay."""
    columns = {"part": pa.array(outcome.part[stays])}
    if outcome.copies is not None:
        columns[COPIES] = pa.array(outcome.copies[stays], pa.int64())
    mask = pa.array(stays)
    columns |= {f"{SET}{name}": flat(values).filter(mask) for name, values in outcome.columns.items()}
    return Decided(columns, None if outcome.cuts is None else _of_kept(outcome.cuts, stays))


def _of_kept(cuts: pa.Table, stays: npt.NDArray[np.bool_]) -> pa.Table:
    """The spans of rows that stay, numbered among these."""
    rows = np.asarray(flat(cuts["row"]))
    numbers = np.cumsum(stays) - 1
    mine = cuts.filter(pa.array(stays[rows]))
    return mine.set_column(0, CUTS.field("row"), pa.array(numbers[rows[stays[rows]]], pa.int64())).combine_chunks()


def applied_key(placed: Placed, piece: Piece) -> str:
    """The key of the rows as they were decided to be; `piece`: those that stay."""
    return key_of({"what": "applied", "address": placed.address, "from": piece.identity()})


def known_applied(store: Store, placed: Placed, piece: Piece, batch_rows: int) -> Made | None:
    """The rows as they were decided to be, if they are stored."""
    return store.find(applied_key(placed, piece))


def apply(store: Store, placed: Placed, piece: Piece, batch_rows: int) -> Made:
    """Write a shard's rows as they were decided to be."""
    key, begun = applied_key(placed, piece), time.perf_counter()
    folder = store.work(key)
    kept = read_table(store.path(str(piece.keep)) / "keep.parquet")
    path = store.path(str(piece.keep)) / "cuts.parquet"
    cuts = read_table(path) if path.exists() else None
    told = {"rows": 0, "bytes": 0, "changed": 0, "copied": 0}
    nothing = kept.slice(0, 0)
    blank = next(_multiplied(placed, _applied(placed, schema(store, piece).empty_table(), nothing, cuts and cuts.slice(0, 0))[0], nothing, 1))
    with TableWriter(folder / "rows.parquet", blank.schema) as rows, TableWriter(folder / "edits.parquet", NOTHING.schema) as edited:
        for table, some, mine in _together(store, piece, batch_rows, kept, cuts):
            after, lines = guarded(_applied, placed.where, (placed, table, some, mine))
            edited.write(lines)
            told["copied"] -= table.num_rows
            told["changed"] += pc.count_distinct(lines.filter(pc.equal(lines["action"].cast(pa.string()), "edited"))["id"]).as_py()
            for written in _multiplied(placed, after, some, batch_rows):
                rows.write(written)
                told["rows"] += written.num_rows
                told["copied"] += written.num_rows
                told["bytes"] += int(pc.sum(pc.binary_length(written["text"])).as_py() or 0) if "text" in written.column_names else 0
    content = key_of([rows.digest.hexdigest(), edited.digest.hexdigest(), write_table(folder / "quarantine.parquet", quarantine([], []))])
    (folder / "examples.json").write_text(json.dumps([]))
    manifest = {"what": "rows", **told, "bad": 0, "edited": {placed.address: told["changed"]}, "reasons": {}}
    return store.commit(key, folder, content, manifest, time.perf_counter() - begun)


def _together(
    store: Store, piece: Piece, batch_rows: int, kept: pa.Table, cuts: pa.Table | None
) -> Iterator[tuple[pa.Table, pa.Table, pa.Table | None]]:
    """The rows that stay, a batch at a time, with what was decided of each."""
    first = 0
    for table in entering(store, piece, batch_rows):
        yield table, kept.slice(first, table.num_rows), None if cuts is None else cuts_of(cuts, first, table.num_rows)
        first += table.num_rows


def _applied(placed: Placed, table: pa.Table, kept: pa.Table, cuts: pa.Table | None) -> tuple[pa.Table, pa.Table]:
    """The rows as they were decided to be, each once, and the lines of the books."""
    columns = {name.removeprefix(SET): flat(kept[name]) for name in kept.column_names if name.startswith(SET)}
    after = with_columns(without(table, cuts), columns)
    changed = [*columns, *([] if cuts is None else flat(cuts["column"]).unique().to_pylist())]
    lines = _with_partners(edits(placed.address, Batch(table), Batch(after), changed)[0], table, cuts)
    if COPIES not in kept.column_names:
        return after, lines
    return after, pa.concat_tables([lines, copied_lines(placed.address, as_ids(table["id"]), np.asarray(flat(kept[COPIES])))])


def _multiplied(placed: Placed, table: pa.Table, kept: pa.Table, most: int) -> Iterator[pa.Table]:
    """The rows as often as they are wanted, at most so many at a time."""
    if COPIES not in kept.column_names:
        yield table
        return
    yield from multiplied(table, np.asarray(flat(kept[COPIES])), placed.address, most)


def _with_partners(lines: pa.Table, table: pa.Table, cuts: pa.Table | None) -> pa.Table:
    """The lines, each with a row in which what was taken out still stands."""
    if cuts is None or not lines.num_rows:
        return lines
    found: dict[tuple[bytes, str], bytes | None] = {}
    for name, touched, _, partners in cut_rows(cuts):
        ids = table["id"].take(pa.array(touched)).to_pylist()
        found |= {(one, name): partner for one, partner in zip(ids, partners.to_pylist(), strict=True)}
    told = [found.get(key) for key in zip(lines["id"].to_pylist(), lines["rule"].to_pylist(), strict=True)]
    return lines.set_column(
        lines.schema.get_field_index("partner"), lines.schema.field("partner"), pa.array(told, lines.schema.field("partner").type)
    )
