"""Rows that are made of others: a shard goes through a step that makes several rows of one, and is committed once.

What is stored is a rows object with its edits, as where a Whole's decisions were applied: the first row made of another has its id
and stands in its place, so it may be edited; the others are copies of it, of which each has the text that it was given.
"""

from __future__ import annotations

import json
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.applied import SET_BY_US
from tilth.execute.books import NOTHING, copied_lines, edits, quarantine
from tilth.execute.local import guarded
from tilth.execute.pieces import Piece, entering, schema
from tilth.recipe.resolve import Placed
from tilth.record import Batch, Numbers, as_ids
from tilth.spreading import Spread, spread
from tilth.store.keys import key_of
from tilth.store.objects import Made, Store
from tilth.store.tables import TableWriter, write_table


def unfolded_key(placed: Placed, piece: Piece) -> str:
    """The key of the rows that a step makes of those that are in."""
    return key_of({"what": "spread", "address": placed.address, "step": placed.step.identity(), "from": piece.identity()})


def known_unfolded(store: Store, placed: Placed, piece: Piece, batch_rows: int) -> Made | None:
    """The rows that a step makes of those that are in, if they are stored."""
    return store.find(unfolded_key(placed, piece))


def unfold(store: Store, placed: Placed, piece: Piece, batch_rows: int) -> Made:
    """Write the rows that a step makes of those that are in."""
    key, begun = unfolded_key(placed, piece), time.perf_counter()
    folder = store.work(key)
    told = {"rows": 0, "bytes": 0, "changed": 0, "copied": 0}
    blank = guarded(_unfolded, placed.where, (placed, schema(store, piece).empty_table()))[0]
    with TableWriter(folder / "rows.parquet", blank.schema) as rows, TableWriter(folder / "edits.parquet", NOTHING.schema) as edited:
        for table in entering(store, piece, batch_rows):
            made, counts = guarded(_unfolded, placed.where, (placed, table))
            rows.write(made)
            lines = _lines(placed.address, table, made, counts)
            edited.write(lines)
            told["rows"] += made.num_rows
            told["copied"] += made.num_rows - table.num_rows
            told["changed"] += pc.count_distinct(lines.filter(pc.equal(lines["action"].cast(pa.string()), "edited"))["id"]).as_py()
            told["bytes"] += int(pc.sum(pc.binary_length(made["text"])).as_py() or 0) if "text" in made.column_names else 0
    content = key_of([rows.digest.hexdigest(), edited.digest.hexdigest(), write_table(folder / "quarantine.parquet", quarantine([], []))])
    (folder / "examples.json").write_text(json.dumps([]))
    manifest = {"what": "rows", **told, "bad": 0, "edited": {placed.address: told["changed"]}, "reasons": {}}
    return store.commit(key, folder, content, manifest, time.perf_counter() - begun)


def _unfolded(placed: Placed, table: pa.Table) -> tuple[pa.Table, Numbers]:
    assert isinstance(placed.step, Spread)
    return spread(placed.step, Batch(table), placed.address)


def _lines(address: str, table: pa.Table, made: pa.Table, counts: Numbers) -> pa.Table:
    """The lines of the books: of each row whose text is now shorter, and of each that has become several."""
    firsts = made.take(pa.array(np.cumsum(counts) - counts))
    names = [field.name for field in table.schema if field.name not in SET_BY_US and pa.types.is_large_string(field.type)]
    return pa.concat_tables([edits(address, Batch(table), Batch(firsts), names)[0], copied_lines(address, as_ids(table["id"]), counts)])
