"""Passes: a shard goes through a segment of Map and Filter steps and is committed once.

Three objects come of a shard and a segment, each under its own key:

    rows      every row that entered, as it stood when it was judged; with edits and bad records
    measures  the values that the filters look at, a line for each row that entered
    verdict   which rows stay; for each dropped one the rule, the value and the limit

Limits enter the verdict's key alone. So a changed limit makes new verdicts from stored measures. Where
a filter adds a measure to the rows as a column, it is taken when the rows are made, and read from there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from tilth.errors import BooksDoNotBalance
from tilth.execute.books import NOTHING, decisions, edits, quarantine
from tilth.execute.local import guarded
from tilth.execute.pieces import Piece, balance, entering, ids, positions, schema
from tilth.execute.redacting import Hidden, redacted
from tilth.execute.shards import Shelf, read_shard, schema_of
from tilth.judging import judge
from tilth.recipe.plan import Segment
from tilth.recipe.resolve import Placed
from tilth.record import Batch, Check, Ids, Measure, as_ids
from tilth.redaction import Redaction
from tilth.step import Filter, Map, added
from tilth.store.keys import key_of
from tilth.store.objects import Made, Store
from tilth.store.tables import TableWriter, read_table, write_table

EXCERPT = 640
"""Characters of an edited text that are kept to be shown."""

SHOWN = 3
"""How many edited rows of a shard are kept with their text before and after, for the report."""


@dataclass(frozen=True)
class Advanced:
    """What became of a shard in a segment."""

    piece: Piece
    rows: Made
    measures: Made | None
    verdict: Made | None
    made: bool
    seconds: float
    entered: int
    cpu: float = 0.0
    rows_stored: bool = True


@dataclass(frozen=True)
class Decided:
    """What was decided of the rows that stay: their `part`, and what is to be changed of them (`execute.applying`)."""

    columns: Mapping[str, pa.Array]
    cuts: pa.Table | None = None


def recall(store: Store, source: Shelf | Piece, segment: Segment, batch_rows: int) -> Advanced | None:
    """What became of a shard, if all of it is stored."""
    key, rows = rows_key(source, segment), rows_stored(store, source, segment)
    if rows is None:
        return None
    before = _before(source, rows, key)
    if not segment.filters:
        return Advanced(before, rows, None, None, False, 0.0, before.count)
    measures = measures_stored(store, source, segment, rows)
    verdict = None if measures is None else store.find(verdict_key(before, measures, segment))
    if measures is None or verdict is None:
        return None
    return Advanced(_after(before, verdict), rows, measures, verdict, False, 0.0, before.count)


def rows_stored(store: Store, source: Shelf | Piece, segment: Segment) -> Made | None:
    """The rows that the segment's filters judge, if they are stored."""
    key = rows_key(source, segment)
    return _as_it_is(store, source) if key is None else store.find(key)


def measures_stored(store: Store, source: Shelf | Piece, segment: Segment, rows: Made) -> Made | None:
    """The measures of these rows, if they are stored."""
    return store.find(measures_key(_before(source, rows, rows_key(source, segment)), segment))


def advance(store: Store, source: Shelf | Piece, segment: Segment, batch_rows: int) -> Advanced:
    """Take one shard through one segment, doing only what is not stored yet."""
    begun, busy, key = time.perf_counter(), time.process_time(), rows_key(source, segment)
    known = rows_stored(store, source, segment)
    rows = known if known is not None or key is None else make_rows(store, key, source, segment, batch_rows)
    assert rows is not None
    before = _before(source, rows, key)
    measures = make_measures(store, before, segment, batch_rows) if segment.filters else None
    verdict = make_verdict(store, before, measures, segment) if measures is not None else None
    piece = before if verdict is None else _after(before, verdict)
    return Advanced(piece, rows, measures, verdict, True, time.perf_counter() - begun, before.count, time.process_time() - busy, known is not None)


def _as_it_is(store: Store, source: Shelf | Piece) -> Made:
    assert isinstance(source, Piece)
    return Made("", source.rows, {**store.manifest(source.rows), "edited": {}, "reasons": {}, "bad": 0}, 0.0)


def _before(source: Shelf | Piece, rows: Made, key: str | None) -> Piece:
    """The rows that the filters judge: all of a new rows object, or those still in of an old one."""
    if key is None:
        assert isinstance(source, Piece)
        return source
    return Piece(rows.content, None, int(rows.manifest["rows"]))


def _after(before: Piece, verdict: Made) -> Piece:
    return Piece(before.rows, verdict.content, int(verdict.manifest["kept"]))


def rows_key(source: Shelf | Piece, segment: Segment) -> str | None:
    """The key of the rows that enter the segment's filters; None when no map changes what is there, and no filter
    adds a column."""
    maps = [[placed.address, placed.step.identity()] for placed in segment.maps]
    adds = [measure.identity() for measure in _adds(segment).values()]
    if isinstance(source, Piece) and not maps and not adds:
        return None
    return key_of({"what": "rows", "from": source.identity(), "maps": maps, **({"adds": adds} if adds else {})})


def make_rows(store: Store, key: str, source: Shelf | Piece, segment: Segment, batch_rows: int) -> Made:
    """Read the shard, let the maps work on it batch by batch, and store every row that entered."""
    begun, folder = time.perf_counter(), store.work(key)
    blank, told = Batch(schema_of(store, source).empty_table()), _Told()
    columns = _with_added(_mapped(blank, segment, _Told())[0], segment).table.schema
    with TableWriter(folder / "rows.parquet", columns) as rows, TableWriter(folder / "edits.parquet", NOTHING.schema) as edited:
        for table, bad in _incoming(store, source, batch_rows):
            batch, changes = _mapped(Batch(table), segment, told)
            batch = _with_added(batch, segment)
            rows.write(batch.table)
            for change in changes:
                edited.write(change)
            told.add(batch, changes, bad)
    bad_content = write_table(folder / "quarantine.parquet", pa.concat_tables([quarantine([], []), *told.bad]))
    content = key_of([rows.digest.hexdigest(), edited.digest.hexdigest(), bad_content])
    (folder / "examples.json").write_text(json.dumps(told.examples))
    _check_source(source, rows.rows, told.bad_rows, told.ids)
    manifest = {"what": "rows", "rows": rows.rows, "bad": told.bad_rows, "bytes": told.bytes, "edited": told.edited, "reasons": told.reasons}
    manifest |= {"hidden": told.hidden} if told.hidden else {}
    return store.commit(key, folder, content, manifest, time.perf_counter() - begun)


class _Told:
    """What the making of a rows object tells: counts, bad records, a few edits to show."""

    def __init__(self) -> None:
        self.bytes, self.bad_rows = 0, 0
        self.ids: list[Ids] = []
        self.edited: dict[str, int] = {}
        self.reasons: dict[str, int] = {}
        self.bad: list[pa.Table] = []
        self.examples: list[dict[str, Any]] = []
        self.hidden: Hidden = {}

    def add(self, batch: Batch, changes: Iterable[pa.Table], bad: pa.Table | None) -> None:
        self.ids.append(as_ids(batch["id"]))
        if "text" in batch.table.column_names:
            self.bytes += _text_bytes(batch["text"])
        for change in changes:
            address = change["step"][0].as_py()
            self.edited[address] = self.edited.get(address, 0) + len(set(change["id"].to_pylist()))
        if bad is not None and bad.num_rows:
            self.bad.append(bad)
            self.bad_rows += bad.num_rows
            for reason in bad["reason"].to_pylist():
                self.reasons[reason] = self.reasons.get(reason, 0) + 1


def _text_bytes(array: pa.Array) -> int:
    if not len(array):
        return 0
    offsets = np.frombuffer(array.buffers()[1], dtype="<i8")
    return int(offsets[array.offset + len(array)] - offsets[array.offset])


def _incoming(store: Store, source: Shelf | Piece, batch_rows: int) -> Iterator[tuple[pa.Table, pa.Table | None]]:
    if isinstance(source, Shelf):
        yield from read_shard(source, batch_rows)
    else:
        for table in entering(store, source, batch_rows):
            yield table, None


def _check_source(source: Shelf | Piece, rows: int, bad: int, ids: Sequence[Ids]) -> None:
    """As many rows came as were counted, and no place gave two; ids of the user's are compared once all shards are read."""
    if isinstance(source, Shelf) and not source.cut and rows + bad != source.records:
        raise BooksDoNotBalance(
            f"{source.records} records begin in this shard, but {rows} rows and {bad} bad records came of it.",
            where=f"{source.placed.where} {source.shard.file}",
            accepted="Each record must be read or be told as bad.",
            remedy="If the file was written to while it was read, run again; else this is a mistake in the source.",
        )
    if isinstance(source, Shelf) and source.source.key_column() is None:
        every = np.concatenate([np.empty(0, "V16"), *ids])
        balance(f"{source.placed.where} {source.shard.file}", np.unique(every.view("S16")).view("V16"), every)


def _mapped(batch: Batch, segment: Segment, told: _Told) -> tuple[Batch, list[pa.Table]]:
    """The batch after all maps and redactions of the segment, and a table of edits for each that changed rows."""
    changes: list[pa.Table] = []
    for placed in segment.maps:
        if isinstance(placed.step, Redaction):
            batch, table = guarded(redacted, placed.where, (placed.address, placed.step, batch, told.hidden))
            changes += [table] if table.num_rows else []
            continue
        assert isinstance(placed.step, Map)
        after, names = guarded(_changed, placed.where, (placed.step, batch))
        table, rows = edits(placed.address, batch, after, names)
        if table.num_rows:
            changes.append(table)
            told.examples.extend(_examples(placed.address, batch, after, rows, told.examples))
        batch = after
    return batch, changes


def _with_added(batch: Batch, segment: Segment) -> Batch:
    """The batch with the columns that the filters of the segment add."""
    for placed in segment.filters:
        batch = batch.with_columns(guarded(added, placed.where, (_filter(placed), batch)))
    return batch


def _adds(segment: Segment) -> dict[str, Measure]:
    """The measures that are set as columns of the rows, by the column of measures/ that they have as well."""
    return {measure.column: measure for placed in segment.filters for measure in _filter(placed).adds()}


def _changed(step: Map, batch: Batch) -> tuple[Batch, tuple[str, ...]]:
    """The batch after a map, and the columns that it set."""
    new = step.columns(batch)
    if "id" in new or "origin" in new:
        raise BooksDoNotBalance("A Map may not set `id` or `origin`.")
    return batch.with_columns(new, step.makes(batch.table.column_names)), tuple(new)


def _examples(address: str, before: Batch, after: Batch, rows: Mapping[str, Any], have: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    room = SHOWN - sum(example["step"] == address for example in have)
    found: list[dict[str, Any]] = []
    for name, places in rows.items():
        for place in places[: max(0, room - len(found))]:
            old, new = excerpts(str(before[name][int(place)].as_py()), str(after[name][int(place)].as_py()))
            found.append({"step": address, "id": before["id"][int(place)].as_py().hex(), "field": name, "before": old, "after": new})
    return found


def excerpts(old: str, new: str) -> tuple[str, str]:
    """Both texts around what differs, at most `EXCERPT` characters of each; `…` where something was left out."""
    alike = next((place for place, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new)))
    begin = max(0, alike - EXCERPT // 4)
    return _excerpt(old, begin), _excerpt(new, begin)


def _excerpt(text: str, begin: int) -> str:
    return f"{'…' if begin else ''}{text[begin : begin + EXCERPT]}{'…' if len(text) > begin + EXCERPT else ''}"


def wanted(segment: Segment) -> list[Measure]:
    """The measures that the segment's filters look at, each once."""
    checks = [check for placed in segment.filters for check in _checks(placed)]
    return list({check.measure.column: check.measure for check in checks}.values())


def _checks(placed: Placed) -> tuple[Check, ...]:
    return _filter(placed).checks()


def _filter(placed: Placed) -> Filter:
    assert isinstance(placed.step, Filter)
    return placed.step


def measures_key(piece: Piece, segment: Segment) -> str:
    """The key of the measures: the rows and what is measured, whatever the limits."""
    return key_of({"what": "measures", "from": piece.identity(), "measures": [measure.identity() for measure in wanted(segment)]})


def make_measures(store: Store, piece: Piece, segment: Segment, batch_rows: int) -> Made:
    """The measures of the rows that are in; read from the stored rows if they are new."""
    measures, key = wanted(segment), measures_key(piece, segment)
    known = store.find(key)
    if known is not None:
        return known
    begun, folder = time.perf_counter(), store.work(key)
    adds = _adds(segment)
    columns = sorted({name for one in measures for name in ((one.name,) if one.column in adds else one.columns)} | {"id"})
    blank = Batch(schema(store, piece).empty_table().select(columns))
    with TableWriter(folder / "measures.parquet", _measured(blank, segment).schema) as writer:
        for table in entering(store, piece, batch_rows, columns):
            writer.write(_measured(Batch(table), segment))
    content = key_of(["measures", writer.digest.hexdigest()])
    return store.commit(key, folder, content, {"what": "measures", "rows": writer.rows}, time.perf_counter() - begun)


def _measured(batch: Batch, segment: Segment) -> pa.Table:
    values: dict[str, pa.Array] = {}
    adds = _adds(segment)
    for placed in segment.filters:
        for check in _checks(placed):
            name = check.measure.column
            if name in values:
                continue
            values[name] = array = batch[adds[name].name] if name in adds else guarded(batch.take, placed.where, (check.measure,))
            if len(array) != len(batch):
                raise BooksDoNotBalance(f"{len(batch)} rows were measured and {len(array)} values of `{name}` came out.", where=placed.where)
    return pa.table(values)


def verdict_key(piece: Piece, measures: Made, segment: Segment) -> str:
    """The key of a verdict: the rows, their measures, and the filters with their limits."""
    filters = [[placed.address, placed.step.identity(), placed.step.deciding()] for placed in segment.filters]
    return key_of({"what": "verdict", "from": piece.identity(), "measures": measures.content, "filters": filters})


def make_verdict(store: Store, piece: Piece, measures: Made, segment: Segment) -> Made:
    """Decide by the stored measures which rows stay; the first rule that fails is the reason."""
    key = verdict_key(piece, measures, segment)
    known = store.find(key)
    if known is not None:
        return known
    begun, folder = time.perf_counter(), store.work(key)
    entered, values = ids(store, piece), read_table(store.path(measures.content) / "measures.parquet")
    stay = np.ones(len(entered), np.bool_)
    dropped: dict[str, dict[str, int]] = {}
    tables: list[pa.Table] = []
    for placed in segment.filters:
        verdict = judge(_checks(placed), values, len(entered))
        table = decisions(placed.address, entered, verdict, stay)
        tables.append(table)
        dropped[placed.address] = {entry["values"]: entry["counts"] for entry in table["rule"].value_counts().to_pylist()}
        stay &= verdict.kept
    every = pa.concat_tables([NOTHING, *tables])
    balance(", ".join(placed.where for placed in segment.filters), entered, entered[stay], as_ids(every["id"]))
    places = positions(store, piece)
    kept = np.flatnonzero(stay) if places is None else places[stay]
    return commit_verdict(store, key, kept, every, {"rows_in": len(entered), "dropped": dropped, "begun": begun, "folder": folder})


def commit_verdict(store: Store, key: str, kept: Any, table: pa.Table, told: Mapping[str, Any], decided: Decided | None = None) -> Made:
    """Store which rows stay (their places, and what else was decided of them) and what was decided of the others."""
    folder = told["folder"]
    decided = decided or Decided({"part": pa.array(np.zeros(len(kept), np.int16))})
    keep = write_table(folder / "keep.parquet", pa.table({"row": pa.array(kept, pa.uint32()), **decided.columns}))
    contents = [keep, write_table(folder / "decisions.parquet", table)]
    if decided.cuts is not None:
        contents.append(write_table(folder / "cuts.parquet", decided.cuts))
    manifest = {"what": "verdict", "kept": len(kept), **{name: told.get(name, {}) for name in ("rows_in", "dropped", "facts")}}
    manifest |= {"parts": told.get("parts", []), "changes": told.get("changes", False)}
    return store.commit(key, folder, key_of(contents), manifest, time.perf_counter() - told["begun"])
