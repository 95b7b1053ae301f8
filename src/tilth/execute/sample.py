"""Some rows of anything: a file, a folder or a pattern; a dataset of a run; a table in memory.

Looking is capped: some megabytes are read, in pieces that lie evenly over all, and how is said. Rows that a step
of a run dropped come with the rule, the value and the limit as columns.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.errors import NotThere, UsageError
from tilth.execute.finals import common_schema, conform
from tilth.execute.pieces import Piece, entering
from tilth.execute.rows import Archive
from tilth.execute.shards import source_schema
from tilth.execute.veils import Veil, veil_of_run
from tilth.frames import to_batch
from tilth.recipe.resolve import find_step
from tilth.recipe.words import did_you_mean, nearest
from tilth.record import Bad, as_ids
from tilth.step import Sampled, Source
from tilth.store.runs import Run
from tilth.store.tables import read_table

ENOUGH = 8_000_000
"""Bytes of rows that are looked at."""

ROWS, PIECES = 8192, 16
DECIDED = ("step", "rule", "value", "limit", "found", "partner")
"""What is told of a dropped row, as columns beside its own."""


@dataclass(frozen=True)
class Sample:
    """Rows to look at: what they are from, the rows, whether these are all, how many there are in all if
    that is known, and the records that could not be read.

    `how` the rows were taken, in words, where they are not all; `estimated`: whether `rows` is; `sizes`: the bytes that
    were looked at and those there are, unpacked; `words`: what seems to be otherwise than its name says."""

    name: str
    table: pa.Table
    whole: bool = True
    rows: int | None = None
    bad: Sequence[Bad] = ()
    how: str = ""
    estimated: bool = False
    sizes: tuple[int, int] | None = None
    words: tuple[str, ...] = ()


def of_frame(frame: Any, name: str = "table") -> Sample:
    """The rows of a table of any kind, its columns under their names. Raises UsageError for what is no table."""
    try:
        table = to_batch(frame).table
    except (TypeError, pa.ArrowException) as error:
        accepted = "A table of Arrow, pandas, Polars or `datasets`, a dict of lists, or a path."
        raise UsageError(f"This cannot be looked at as a table: {str(error.args[0]).partition(chr(10))[0]}.", accepted=accepted) from error
    if "original_id" in table.column_names:
        table = as_named(table.drop_columns(["id"]))
    return Sample(name, table, True, table.num_rows)


@runtime_checkable
class Samples(Protocol):
    """A source that can be looked at without being read as a whole."""

    def as_it_seems(self, base: Path) -> tuple[Source, list[str]]:
        """The same source with the settings under which it can be read, and in words what speaks against its name."""

    def sample(self, base: Path, size: int) -> Sampled:
        """About `size` bytes of rows, evenly taken."""


def files_at(path: str) -> tuple[Source, list[str]]:
    """The files at a path as they seem to be written, and what was found to say so.

    Raises: NotThere when nothing is there; AskedWrong for a format that is not known."""
    files = find_step("source.files").model_validate({"path": os.path.expanduser(path)})
    assert isinstance(files, Samples)
    return files.as_it_seems(Path.cwd())


def of_files(path: str, enough: int = ENOUGH) -> Sample:
    """Rows of a file, a folder or a pattern, in pieces that lie evenly over all, as the step `source.files` reads them.

    Raises: NotThere when nothing is there; AskedWrong for a format that is not known."""
    files, words = files_at(path)
    assert isinstance(files, Samples)
    found = files.sample(Path.cwd(), enough)
    tables = [blank(found.types), *(read.table for read in found.reads)]
    bad = [one for read in found.reads for one in read.bad]
    table = as_named(pa.concat_tables(tables, promote_options="permissive"))
    sizes = (found.size, found.size_in_all)
    words += [f"`{name}` holds bytes that are no text, which a recipe cannot read; it is left out here." for name in found.left_out]
    return Sample(path, table, not found.how, found.rows_in_all, bad, found.how, found.estimated, sizes, tuple(words))


def blank(types: Mapping[str, str]) -> pa.Table:
    """No rows of these types, as a source reads them."""
    schema = source_schema(types).remove(0)
    return (schema if "text" in types else schema.remove(schema.get_field_index("text"))).empty_table()


def as_named(table: pa.Table) -> pa.Table:
    """The same with a column `original_id` under the name that it has in the file."""
    names = table.column_names
    return table if "id" in names or "original_id" not in names else table.rename_columns(["id" if name == "original_id" else name for name in names])


def of_dataset(run: Run, reference: str, enough: int = ENOUGH) -> Sample:
    """Some rows of a dataset of a run, or of a part of it: `docs`, `docs.train`.

    Raises: NotThere when the run has no such dataset or part."""
    said, files = f"{run.name}/{run.number}:{reference}", _files(run, reference)
    groups = [(file, group) for file in files for group in range(pq.ParquetFile(file).num_row_groups)]
    size = sum(pq.ParquetFile(file).metadata.row_group(group).total_byte_size for file, group in groups)
    if size > enough and len(groups) > 1:
        return _spread(said, groups, sum(pq.ParquetFile(file).metadata.num_rows for file in files), enough)
    rows, tables = _tables(run, reference)
    return _taken(said, tables, rows, enough)


def all_of_dataset(run: Run, reference: str) -> Iterator[pa.Table]:
    """All rows of a dataset of a run, or of a part of it, some at a time."""
    return iter(_tables(run, reference)[1])


def _tables(run: Run, reference: str) -> tuple[int | None, Iterable[pa.Table]]:
    files = _files(run, reference)
    if files:
        rows = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
        return rows, (pa.Table.from_batches([batch]) for file in files for batch in _batches(file))
    data, (_, part) = dataset_of(run, reference), _halves(reference)
    pieces = _pieces(data, part)
    archive = Archive(run)
    for content in dict.fromkeys(piece.rows for piece in pieces):
        archive.file(content, "rows.parquet")
    count = sum(piece.count for piece in pieces) if not part else None
    return count, (table for piece in pieces for table in entering(archive.store, piece, ROWS))


def _files(run: Run, reference: str) -> list[Path]:
    """The files of a final dataset; none of one that was only passed through."""
    data, (name, part) = dataset_of(run, reference), _halves(reference)
    return [file for one in ([part] if part else data["parts"]) for file in sorted((run.folder / "data" / name).glob(f"{one}-*.parquet"))]


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as parquet:
        yield from parquet.iter_batches(ROWS)


def _spread(name: str, groups: Sequence[tuple[Path, int]], rows: int, enough: int) -> Sample:
    """The beginnings of row groups that lie evenly over all."""
    chosen = [groups[place] for place in np.unique(np.linspace(0, len(groups) - 1, PIECES).astype(int))]
    tables = []
    for file, group in chosen:
        with pq.ParquetFile(file) as parquet:
            one = parquet.metadata.row_group(group)
            wanted = max(1, int(one.num_rows * enough / len(chosen) / max(1, one.total_byte_size)))
            tables.append(pa.Table.from_batches([next(parquet.iter_batches(wanted, [group]))]))
    wanted_schema = common_schema([table.schema for table in tables])
    whole = pa.concat_tables([conform(table, wanted_schema) for table in tables])
    how = f"the first rows of {len(chosen)} row groups, evenly spread"
    return Sample(name, whole, False, rows, how=how)


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
    how = "" if complete else f"the first {whole.num_rows:,} rows"
    return Sample(name, whole, complete, whole.num_rows if complete else rows, how=how)


def _halves(reference: str) -> tuple[str, str]:
    name, _, part = reference.partition(".")
    return name, part


def dataset_of(run: Run, reference: str) -> Mapping[str, Any]:
    """What a run's record says of a dataset. Raises NotThere when it has none such, or the dataset no such part."""
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
    data, archive, veil = dataset_of(run, reference), Archive(run), veil_of_run(run)
    address, stage = _stage(run, data, _halves(reference)[0], step)
    tables = []
    for rows, verdict in zip(stage["rows"], stage["verdicts"], strict=True):
        if verdict is None:
            continue
        decided = read_table(archive.file(verdict, "decisions.parquet"))
        decided = decided.filter(pc.equal(decided["step"].cast(pa.string()), address))
        tables.append(_with_decisions(archive, rows, decided, veil))
    name = f"{run.name}/{run.number}:{reference}, dropped by {address}"
    wanted = common_schema([table.schema for table in tables])
    whole = pa.concat_tables([conform(table, wanted) for table in tables])
    return Sample(name, whole, True, whole.num_rows)


def _with_decisions(archive: Archive, rows: str, decided: pa.Table, veil: Veil) -> pa.Table:
    """The rows that the decisions are about, in their order in the rows object, each with its decision."""
    every = archive.ids(rows)
    lines = as_ids(decided["id"]).view("S16")
    places = np.flatnonzero(np.isin(every.view("S16"), lines))
    order = np.argsort(lines, kind="stable")
    found = order[np.searchsorted(lines[order], every[places].view("S16"))]
    table = veil.table(pq.read_table(archive.file(rows, "rows.parquet"), use_threads=False).take(pa.array(places)))
    for name in DECIDED:
        column = decided[name].take(pa.array(found))
        column = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        taken = f"dropped_{name}" if name in table.column_names else name
        table = table.append_column(taken, column)
    return table


def _stage(run: Run, data: Mapping[str, Any], dataset: str, step: str) -> tuple[str, Mapping[str, Any]]:
    """The stage of a step that decides, and the step's whole address."""
    shapes = {line["step"]: line["shape"] for line in run.record()["result"]["steps"]}
    deciding = {one: stage for stage in data["stages"] if any(stage["verdicts"]) for one in stage["steps"] if shapes[one] not in ("Map", "Redaction")}
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
