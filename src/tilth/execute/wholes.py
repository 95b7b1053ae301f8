"""Wholes: steps that look at all rows, by way of narrow tables.

Each shard is sketched by itself and stored. The decision is made once over all sketches in the
source's order, and written as a verdict for each shard; no text is copied for it. Where rows must be
compared first, `comparing` does that between the two.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from tilth.applied import check, cuts_of
from tilth.errors import BooksDoNotBalance, NotThere
from tilth.execute.applying import decided_parts
from tilth.execute.books import outcome_lines
from tilth.execute.columns import DATASET
from tilth.execute.comparing import comparison_of, read_compared
from tilth.execute.local import at_step, guarded
from tilth.execute.passes import commit_verdict
from tilth.execute.pieces import Piece, balance, entering, ids, positions, schema
from tilth.execute.sketches import Gathering
from tilth.recipe.resolve import Placed
from tilth.record import TEXT, Batch, Ids, Outcome, as_ids
from tilth.step import Whole
from tilth.store.keys import key_of
from tilth.store.objects import Made, Store
from tilth.store.tables import TableWriter

BY_ROW = ("part", "value", "limit", "partner", "which", "found", "copies")
"""What an outcome tells of each row, where it tells it."""


def sketch_key(placed: Placed, piece: Piece, dataset: str) -> str:
    """The key of a shard's sketch: limits do not enter it."""
    assert isinstance(placed.step, Whole)
    told = {"what": "sketch", "step": placed.step.identity(), "from": piece.identity()}
    return key_of({**told, "dataset": dataset} if DATASET in placed.step.reads() else told)


def known_sketch(store: Store, placed: Placed, piece: Piece, dataset: str, batch_rows: int) -> Made | None:
    """The sketch of a shard, if it is stored."""
    return store.find(sketch_key(placed, piece, dataset))


def sketch(store: Store, placed: Placed, piece: Piece, dataset: str, batch_rows: int) -> Made:
    """The narrow table of a shard's rows that are in. `dataset`: where they came from, for a step that reads it."""
    assert isinstance(placed.step, Whole)
    key = sketch_key(placed, piece, dataset)
    begun, folder = time.perf_counter(), store.work(key)
    named, blank = placed.step.reads(), schema(store, piece).empty_table()
    told = {DATASET: dataset} if DATASET in named and DATASET not in blank.column_names else {}
    columns = [name for name in dict.fromkeys(["id", *named]) if name not in told] if named else None
    _check_columns(placed, columns or (), blank.column_names)
    blank = blank if columns is None else blank.select(columns)
    with TableWriter(folder / "sketch.parquet", placed.step.sketch(_batch(blank, told)).schema) as writer:
        for table in entering(store, piece, batch_rows, columns):
            found = at_step(placed.step.sketch, placed.where, (_batch(table, told),))
            balance(placed.where, as_ids(table["id"]), as_ids(found["id"]))
            writer.write(found)
    content = key_of(["sketch", writer.digest.hexdigest()])
    return store.commit(key, folder, content, {"what": "sketch", "rows": writer.rows}, time.perf_counter() - begun)


def _batch(table: pa.Table, told: Mapping[str, str]) -> Batch:
    """The rows, with columns that have one value for all of them."""
    return Batch(table).with_columns({name: pa.repeat(pa.scalar(value, TEXT), table.num_rows) for name, value in told.items()})


def _check_columns(placed: Placed, wanted: Sequence[str], there: Sequence[str]) -> None:
    """Of the dataset itself that was checked before; of one that it is held against it shows here."""
    absent = [name for name in wanted if name not in there]
    if absent:
        raise NotThere(
            f"A dataset that this step reads has no column `{absent[0]}`.",
            where=placed.where,
            accepted=f"Its columns: {', '.join(there)}.",
            remedy="A dataset that rows are held against needs the columns that the step reads of the rows themselves.",
        )


def whole_key(gathering: Gathering) -> str:
    """The key of the decision over all shards."""
    step, address = gathering.placed.step, gathering.placed.address
    told = {"what": "whole", "address": address, "step": step.identity(), "limits": step.deciding(), "sketches": gathering.identity()}
    return key_of(told if not gathering.foreign else {**told, "foreign": len(gathering.foreign)})


def known_decision(store: Store, gathering: Gathering, compared: Made | None = None) -> tuple[list[Made], bool] | None:
    """The verdicts of all shards, if they are stored."""
    key = whole_key(gathering)
    known = [store.find(key_of([key, number])) for number in range(len(gathering.pieces))]
    stored = [made for made in known if made is not None]
    return (stored, False) if len(stored) == len(known) else None


def decide(store: Store, gathering: Gathering, compared: Made | None = None) -> tuple[list[Made], bool]:
    """A verdict for each shard, in order. Raises BooksDoNotBalance when a row is not decided once."""
    key, placed = whole_key(gathering), gathering.placed
    begun = time.perf_counter()
    assert isinstance(placed.step, Whole)
    sketches = gathering.columns(store)
    told = () if comparison_of(placed) is None else (read_compared(store, gathering, compared),)
    outcome = guarded(placed.step.decide, placed.where, (sketches, *told))
    guarded(check, placed.where, (outcome, sketches.num_rows))
    entered = as_ids(sketches["id"])
    made, first = [], gathering.foreign_rows
    for number, (sketched, piece) in enumerate(zip(gathering.sketches, gathering.pieces, strict=True)):
        some = slice(first, first + int(sketched.manifest["rows"]))
        made.append(_apply(store, key_of([key, number]), placed, piece, (entered[some], _cut(outcome, some), begun)))
        first, begun = some.stop, time.perf_counter()
    return made, True


def _cut(outcome: Outcome, some: slice) -> Outcome:
    """The part of the outcome that is about some rows."""

    def cut(values: Any) -> Any:
        return None if values is None else values[some]

    cuts = None if outcome.cuts is None else cuts_of(outcome.cuts, some.start, some.stop - some.start)
    columns = {name: cut(values) for name, values in outcome.columns.items()}
    return replace(outcome, **{name: cut(getattr(outcome, name)) for name in BY_ROW}, cuts=cuts, columns=columns)


def _apply(store: Store, key: str, placed: Placed, piece: Piece, told: tuple[Ids, Outcome, float]) -> Made:
    """Write the decision for one shard, its books checked from the ids of the shard itself."""
    decided, outcome, begun = told
    folder, entered = store.work(key), ids(store, piece)
    stays = outcome.part >= 0
    table = outcome_lines(placed.address, decided, outcome)
    balance(placed.where, entered, decided[stays], as_ids(table["id"]))
    if not np.array_equal(entered, decided):
        raise BooksDoNotBalance("The rows were decided in another order than they came.", where=placed.where)
    places = positions(store, piece)
    kept = np.flatnonzero(stays) if places is None else places[stays]
    names = [[name, int((outcome.part == number).sum())] for number, name in enumerate(outcome.parts)]
    reasons = {entry["values"]: entry["counts"] for entry in table["rule"].value_counts().to_pylist()}
    told_on = {"rows_in": len(entered), "dropped": {placed.address: reasons}, "parts": names, "begun": begun, "folder": folder}
    told_on |= {"facts": dict(outcome.facts), "changes": outcome.changes}
    return commit_verdict(store, key, kept, table, told_on, decided_parts(outcome, stays))
