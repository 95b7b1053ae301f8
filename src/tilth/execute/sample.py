"""The first rows of anything: a file, a folder or a pattern; a dataset of a run; a table in memory.

Looking is capped: about a hundred megabytes are read, and what was left out is said. Rows that a step
of a run dropped come with the rule, the value and the limit as columns.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.errors import NotThere, UsageError
from tilth.execute.finals import common_schema, conform
from tilth.execute.pieces import Piece, entering
from tilth.execute.rows import Archive
from tilth.execute.shards import source_schema
from tilth.frames import to_batch
from tilth.recipe.resolve import find_step
from tilth.recipe.words import did_you_mean, nearest
from tilth.record import Bad, as_ids
from tilth.step import Shard, Source
from tilth.store.runs import Run
from tilth.store.tables import read_table

ENOUGH = 100_000_000
"""Bytes of rows after which looking ends."""

PIECE = 8 << 20
"""Bytes of a file that are read at once."""

ROWS = 8192
DECIDED = ("step", "rule", "value", "limit", "found", "partner")
"""What is told of a dropped row, as columns beside its own."""


@dataclass(frozen=True)
class Sample:
    """Rows to look at: what they are from, the rows, whether these are all, how many there are in all if
    that is known, and the records that could not be read."""

    name: str
    table: pa.Table
    whole: bool = True
    rows: int | None = None
    bad: Sequence[Bad] = ()


def of_frame(frame: Any, name: str = "table") -> Sample:
    """The rows of a table of any kind."""
    table = to_batch(frame).table
    return Sample(name, table, True, table.num_rows)


def of_files(path: str, enough: int = ENOUGH) -> Sample:
    """The first rows of a file, a folder or a pattern, as the step `source.files` reads them.

    Raises: NotThere when nothing is there; AskedWrong for a format that is not known."""
    files = find_step("source.files").model_validate({"path": os.path.expanduser(path)})
    assert isinstance(files, Source)
    every = files.shards(Path.cwd(), PIECE)
    some = list(_until(every, enough))
    surveys = [files.survey(shard) for shard in some]
    types = files.settle(surveys)
    bad: list[Bad] = []
    blank = source_schema(types).remove(0)
    blank = blank if "text" in types else blank.remove(blank.get_field_index("text"))
    tables, size, numbers = [blank.empty_table()], 0, _numbered(some, [one.records for one in surveys])
    for shard, first in zip(some, numbers, strict=True):
        for read in files.read(shard, types, first, ROWS):
            tables.append(read.table)
            bad += read.bad
            size += read.table.nbytes
            if size >= enough:
                return Sample(path, _joined(tables), False, None, bad)
    whole = len(some) == len(every)
    return Sample(path, _joined(tables), whole, sum(table.num_rows for table in tables) if whole else None, bad)


def _until(shards: Sequence[Shard], enough: int) -> Iterator[Shard]:
    """The shards, until so many bytes of files are in them."""
    taken = 0
    for shard in shards:
        yield shard
        sizes = [Path(path).stat().st_size for path in shard.paths]
        taken += min(sum(sizes), PIECE) if shard.stop is not None or shard.start else sum(sizes)
        if taken >= enough:
            return


def _numbered(shards: Sequence[Shard], records: Sequence[int]) -> list[int]:
    """The number of each shard's first record in its file."""
    firsts, last, following = [], "", 1
    for shard, count in zip(shards, records, strict=True):
        following = following if shard.file == last else 1
        firsts.append(following)
        last, following = shard.file, following + count
    return firsts


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables, promote_options="permissive")


def of_dataset(run: Run, reference: str, enough: int = ENOUGH) -> Sample:
    """The first rows of a dataset of a run, or of a part of it: `docs`, `docs.train`.

    Raises: NotThere when the run has no such dataset or part."""
    data, (name, part) = _dataset(run, reference), _halves(reference)
    files = [file for one in ([part] if part else data["parts"]) for file in sorted((run.folder / "data" / name).glob(f"{one}-*.parquet"))]
    if files:
        rows = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
        tables = (pa.Table.from_batches([batch]) for file in files for batch in _batches(file))
    else:
        pieces = _pieces(data, part)
        archive = Archive(run)
        for content in dict.fromkeys(piece.rows for piece in pieces):
            archive.file(content, "rows.parquet")
        rows = sum(piece.count for piece in pieces) if not part else None
        tables = (table for piece in pieces for table in entering(archive.store, piece, ROWS))
    return _taken(f"{run.name}/{run.number}:{reference}", tables, rows, enough)


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as parquet:
        yield from parquet.iter_batches(ROWS)


def _taken(name: str, tables: Iterable[pa.Table], rows: int | None, enough: int) -> Sample:
    some, size = [], 0
    for table in tables:
        some.append(table)
        size += table.nbytes
        if size >= enough:
            break
    wanted = common_schema([table.schema for table in some]) if some else pa.schema([])
    whole = pa.concat_tables([conform(table, wanted) for table in some]) if some else pa.table({"text": pa.array([], pa.large_string())})
    complete = size < enough or whole.num_rows == rows
    return Sample(name, whole, complete, whole.num_rows if complete else rows)


def _halves(reference: str) -> tuple[str, str]:
    name, _, part = reference.partition(".")
    return name, part


def _dataset(run: Run, reference: str) -> Mapping[str, Any]:
    known: Mapping[str, Any] = run.record()["data"]
    name, part = _halves(reference)
    said = f"{run.name}/{run.number}:{reference}"
    if name not in known:
        raise NotThere(
            f"The run {run.name}/{run.number} has no dataset `{name}`.",
            where=said,
            accepted=" ".join(said for said in (did_you_mean(nearest(name, known)), f"Its datasets: {', '.join(_references(known))}.") if said),
        )
    data: Mapping[str, Any] = known[name]
    if part and part not in data["part_names"]:
        meant = did_you_mean(nearest(part, data["part_names"]))
        parts = f"Its parts: {', '.join(data['part_names']) or 'none'}."
        raise NotThere(f"The dataset `{name}` has no part `{part}`.", where=said, accepted=" ".join(one for one in (meant, parts) if one))
    return data


def _references(known: Mapping[str, Any]) -> list[str]:
    return [name for one, data in known.items() for name in (one, *(f"{one}.{part}" for part in data["part_names"]))]


def _pieces(data: Mapping[str, Any], part: str) -> list[Piece]:
    number = data["part_names"].index(part) if part else None
    return [Piece(rows, keep, count, was if number is None else number) for rows, keep, count, was in data["pieces"]]


def of_dropped(run: Run, reference: str, step: str) -> Sample:
    """The rows that a step dropped, with what was decided of them as columns, in the source's order.

    `step`: its address, or the end of it: `filter.length`. Raises NotThere when the dataset has no such step."""
    data, archive = _dataset(run, reference), Archive(run)
    address, stage = _stage(run, data, _halves(reference)[0], step)
    tables = []
    for rows, verdict in zip(stage["rows"], stage["verdicts"], strict=True):
        if verdict is None:
            continue
        decided = read_table(archive.file(verdict, "decisions.parquet"))
        decided = decided.filter(pc.equal(decided["step"].cast(pa.string()), address))
        tables.append(_with_decisions(archive, rows, decided))
    name = f"{run.name}/{run.number}:{reference}, dropped by {address}"
    wanted = common_schema([table.schema for table in tables])
    whole = pa.concat_tables([conform(table, wanted) for table in tables])
    return Sample(name, whole, True, whole.num_rows)


def _with_decisions(archive: Archive, rows: str, decided: pa.Table) -> pa.Table:
    """The rows that the decisions are about, in their order in the rows object, each with its decision."""
    every = archive.ids(rows)
    lines = as_ids(decided["id"]).view("S16")
    places = np.flatnonzero(np.isin(every.view("S16"), lines))
    order = np.argsort(lines, kind="stable")
    found = order[np.searchsorted(lines[order], every[places].view("S16"))]
    table = pq.read_table(archive.file(rows, "rows.parquet"), use_threads=False).take(pa.array(places))
    for name in DECIDED:
        column = decided[name].take(pa.array(found))
        column = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        taken = f"dropped_{name}" if name in table.column_names else name
        table = table.append_column(taken, column)
    return table


def _stage(run: Run, data: Mapping[str, Any], dataset: str, step: str) -> tuple[str, Mapping[str, Any]]:
    """The stage of a step that decides, and the step's whole address."""
    shapes = {line["step"]: line["shape"] for line in run.record()["result"]["steps"]}
    deciding = {one: stage for stage in data["stages"] if any(stage["verdicts"]) for one in stage["steps"] if shapes[one] != "Map"}
    found = [address for address in deciding if step in (address, address.removeprefix(f"{dataset}."))]
    if not found:
        near = did_you_mean(nearest(step, [address.removeprefix(f"{dataset}.") for address in deciding]))
        named = f"Its steps: {', '.join(deciding) or 'none'}."
        raise NotThere(
            f"`{dataset}` has no step `{step}` that drops rows.", where="--dropped", accepted=" ".join(one for one in (near, named) if one)
        )
    return found[0], deciding[found[0]]


def nearest_first(sample: Sample) -> Sample:
    """Dropped rows in the order of how near their value was to the limit, relative to the limit.

    Raises: UsageError for rows that were not dropped by a number."""
    table = sample.table
    if not {"value", "limit"} <= set(table.column_names):
        raise UsageError("Only dropped rows have a border.", where="--border", remedy="Add `--dropped STEP`.")
    value, limit = (pc.fill_null(table[name], np.nan).to_numpy() for name in ("value", "limit"))
    away = np.abs(value - limit) / np.maximum(np.abs(limit), 1e-9)
    return Sample(sample.name, table.take(pa.array(np.argsort(away, kind="stable"))), sample.whole, sample.rows)
