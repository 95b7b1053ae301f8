"""The books: a line for every row that was dropped, edited or quarantined."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.record import DECISIONS, ID, ORIGIN, Bad, Batch, Ids, Outcome, Verdict, flat, id_array

NOTHING = DECISIONS.empty_table()

NOBODY = pa.scalar(bytes(16), ID)
"""The partner of a row that was dropped for no other, where others of the same step have one."""

QUARANTINE = pa.schema([("id", ID), ("origin", ORIGIN), ("reason", pa.string()), ("raw", pa.binary())])
"""A line for each record that could not be read."""

Mask = npt.NDArray[np.bool_]


def _lines(ids: Ids, action: str, step: str, rule: pa.Array, value: pa.Array | None = None, limit: pa.Array | None = None) -> dict[str, pa.Array]:
    rows = len(ids)
    return {
        "id": id_array(np.ascontiguousarray(ids)),
        "action": pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array([action])),
        "step": pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int16)), pa.array([step])),
        "rule": rule,
        "value": pa.nulls(rows, pa.float64()) if value is None else value,
        "limit": pa.nulls(rows, pa.float64()) if limit is None else limit,
        "found": pa.nulls(rows, pa.string()),
        "partner": pa.nulls(rows, ID),
    }


def _one(name: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int16)), pa.array([name]))


def _numbers(values: npt.NDArray[np.float64]) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)


def decisions(step: str, ids: Ids, verdict: Verdict, still: Mask) -> pa.Table:
    """A line for each row that was still in and that the verdict drops."""
    places = np.flatnonzero(still & ~verdict.kept)
    rules = pa.DictionaryArray.from_arrays(pa.array(verdict.failed[places], pa.int16()), pa.array(verdict.rules, pa.string()))
    lines = _lines(ids[places], "dropped", step, rules, _numbers(verdict.value[places]), _numbers(verdict.limit[places]))
    if verdict.found is not None:
        lines["found"] = pa.array([verdict.found[place] for place in places], pa.string())
    return pa.table(lines, schema=DECISIONS)


def outcome_lines(step: str, ids: Ids, outcome: Outcome) -> pa.Table:
    """A line for each row that a Whole dropped."""
    places = np.flatnonzero(outcome.part < 0)
    which = np.zeros(len(places), np.int16) if outcome.which is None else outcome.which[places]
    rules = pa.DictionaryArray.from_arrays(pa.array(which, pa.int16()), pa.array(outcome.rules, pa.string()))
    value = None if outcome.value is None else _numbers(outcome.value[places])
    limit = None if outcome.limit is None else _numbers(outcome.limit[places])
    lines = _lines(ids[places], "dropped", step, rules, value, limit)
    if outcome.found is not None:
        lines["found"] = pa.array([outcome.found[place] for place in places.tolist()], pa.string())
    if outcome.partner is not None:
        partner = id_array(np.ascontiguousarray(outcome.partner[places]))
        lines["partner"] = pc.if_else(pc.equal(partner, NOBODY), pa.scalar(None, ID), partner)
    return pa.table(lines, schema=DECISIONS)


def copied_lines(step: str, ids: Ids, copies: npt.NDArray[np.int64]) -> pa.Table:
    """A line for each row that is wanted more than once: the value is how often."""
    places = np.flatnonzero(copies > 1)
    return pa.table(_lines(ids[places], "copied", step, _one("copies", len(places)), pa.array(copies[places].astype(np.float64))), schema=DECISIONS)


def hidden_lines(step: str, ids: Ids, spans: pa.Table) -> pa.Table:
    """A line for each row and kind of what was hidden in it: the rule is the kind, the value how many spans.

    `spans`: columns `row`, the place among `ids`, and `kind`."""
    counted = spans.group_by(["row", "kind"], use_threads=False).aggregate([([], "count_all")]).sort_by([("row", "ascending"), ("kind", "ascending")])
    places = np.asarray(flat(counted["row"]), np.int64)
    kinds = pc.dictionary_encode(flat(counted["kind"]))
    rules = pa.DictionaryArray.from_arrays(kinds.indices.cast(pa.int16()), kinds.dictionary.cast(pa.string()))
    return pa.table(_lines(ids[places], "edited", step, rules, counted["count_all"].cast(pa.float64())), schema=DECISIONS)


def edits(step: str, before: Batch, after: Batch, names: Sequence[str]) -> tuple[pa.Table, dict[str, npt.NDArray[np.int64]]]:
    """A line for each row and column that a Map changed: the rule is the column, the value the change
    in characters. Columns that were not there before are no edit. Also the places of the rows."""
    tables, places = [NOTHING], {}
    for name in names:
        if name not in before.table.column_names or before.table[name].type != after.table[name].type:
            continue
        old, new = before[name], flat(after.table[name])
        changed = np.flatnonzero(np.asarray(_differ(old, new)))
        if len(changed):
            places[name] = changed
            tables.append(_edit_lines(step, name, before["id"], (old, new), changed))
    return pa.concat_tables(tables), places


def _differ(old: pa.Array, new: pa.Array) -> pa.Array:
    """Where two columns differ: null is one value, and so is NaN."""
    differ = pc.fill_null(pc.not_equal(old, new), pc.not_equal(pc.is_null(old), pc.is_null(new)))
    if not pa.types.is_floating(old.type):
        return differ
    return pc.and_not(differ, pc.fill_null(pc.and_(pc.is_nan(old), pc.is_nan(new)), False))


def _edit_lines(step: str, name: str, ids: pa.Array, columns: tuple[pa.Array, pa.Array], places: npt.NDArray[np.int64]) -> pa.Table:
    some = pa.array(places)
    lengths = [pc.fill_null(pc.utf8_length(column.take(some)), 0) if pa.types.is_large_string(column.type) else None for column in columns]
    value = None if lengths[0] is None else pc.cast(pc.subtract(pc.cast(lengths[1], pa.int64()), pc.cast(lengths[0], pa.int64())), pa.float64())
    ids = ids.take(some)
    lines = _lines(np.frombuffer(ids.buffers()[1], "V16")[ids.offset : ids.offset + len(ids)], "edited", step, _one(name, len(places)), value)
    return pa.table(lines, schema=DECISIONS)


def quarantine(ids: Sequence[bytes], bad: Sequence[Bad]) -> pa.Table:
    """A line for each bad record."""
    origins = [{"file": one.file, "record": one.record, "offset": one.offset} for one in bad]
    return pa.table(
        {
            "id": pa.array(ids, ID),
            "origin": pa.array(origins, ORIGIN),
            "reason": pa.array([one.reason for one in bad], pa.string()),
            "raw": pa.array([one.raw for one in bad], pa.binary()),
        },
        schema=QUARANTINE,
    )
