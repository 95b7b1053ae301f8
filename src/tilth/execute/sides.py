"""Two sides to compare: files as `source.files` reads them, or a dataset of a run. Pieces are read one at a time, as often
as they are asked for; nothing of them is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import NotThere
from tilth.execute import sample
from tilth.execute.finals import common_schema
from tilth.execute.pieces import Piece, entering, size
from tilth.execute.rows import Archive
from tilth.execute.shards import source_schema
from tilth.execute.stream import numbered
from tilth.step import Shard, Source
from tilth.store.runs import Run

BYTES = 8 << 20
"""Bytes of a file that are a piece, where one can start in its middle."""

ROWS = 8192

ID, COLUMN, FILE = "id", "column", "file"
"""What rows can be known by: the ids that Tilth gave them, a column `id` of their own, the file that each of them is."""


Reading = Callable[[], Iterator[tuple[pa.Table, int]]]
"""Reads a piece: tables of rows, each with how many records beside it could not be read."""


@dataclass(frozen=True)
class Section:
    """A piece of a side: how it is read, and the part of the dataset that it belongs to, if that has parts."""

    read: Reading
    part: str = ""


@dataclass(frozen=True)
class Side:
    """Rows to compare. `columns`: their schema; `rows`: how many there are, bad records included; `known_by`: for each way
    to know a row again, its column, as DuckDB names it."""

    name: str
    columns: pa.Schema
    rows: int
    sections: Sequence[Section]
    known_by: Mapping[str, str]


def of_files(path: str) -> Side:
    """A file, a folder or a pattern, read as it seems to be written. Raises NotThere when nothing is there, AskedWrong for a
    format that is not known."""
    files, _ = sample.files_at(path)
    shards = files.shards(Path.cwd(), BYTES)
    surveys = [files.survey(shard) for shard in shards]
    types, firsts = files.settle(surveys), numbered(shards, [one.records for one in surveys])
    sections = [Section(partial(_records, files, shard, types, first)) for shard, first in zip(shards, firsts, strict=True)]
    whole = all(one.records == 1 for one in surveys) and len(shards) == len({shard.file for shard in shards})
    known_by = {FILE: "origin.file"} if whole and shards else {}
    known_by |= {COLUMN: "original_id"} if "original_id" in types else {}
    columns = source_schema(types).remove(0)
    if all(one.types.get("text", "null") == "null" for one in surveys):  # a column of nulls is no text
        columns = columns.remove(columns.get_field_index("text"))
    return Side(path, columns, sum(one.records for one in surveys), sections, known_by)


def _records(files: Source, shard: Shard, types: Mapping[str, str], first: int) -> Iterator[tuple[pa.Table, int]]:
    for read in files.read(shard, types, first, ROWS):
        yield read.table, len(read.bad)


def of_dataset(run: Run, reference: str) -> Side:
    """A dataset of a run, or one part of it: `docs`, `docs.train`. Raises NotThere when the run has none such."""
    data, (name, _, part) = dataset_of(run, reference), reference.partition(".")
    named = f"{run.name}/{run.number}:{reference}"
    files = {one: sorted((run.folder / "data" / name).glob(f"{one}-*.parquet")) for one in ([part] if part else data["parts"])}
    if any(files.values()):
        several = len(data["part_names"]) > 1
        sections = [Section(read, one if several else "") for one, paths in files.items() for path in paths for read in _groups(path)]
        metadata = [pq.read_metadata(path) for paths in files.values() for path in paths]
        return _known(Side(named, _columns(metadata), sum(one.num_rows for one in metadata), sections, {}))
    archive, number = Archive(run), data["part_names"].index(part) if part else None
    pieces = [Piece(rows, keep, count, was if number is None else number) for rows, keep, count, was in data["pieces"]]
    columns = _columns([pq.read_metadata(archive.file(piece.rows, "rows.parquet")) for piece in pieces])
    sections = [Section(partial(_entering, archive, piece)) for piece in pieces]
    return _known(Side(named, columns, sum(size(archive.store, piece) for piece in pieces), sections, {}))


def _columns(metadata: Sequence[pq.FileMetaData]) -> pa.Schema:
    """The columns of all files; a dataset without texts has a column `text` of nulls, which is left out."""
    columns = common_schema([one.schema.to_arrow_schema() for one in metadata])
    place = columns.get_field_index("text")
    nulls = (_nulls(one, group, one.schema.names.index("text")) for one in metadata for group in range(one.num_row_groups) if place >= 0)
    return columns.remove(place) if place >= 0 and all(nulls) else columns


def _nulls(metadata: pq.FileMetaData, group: int, column: int) -> bool:
    """Whether a group of rows has nothing but nulls in a column."""
    told = metadata.row_group(group).column(column).statistics
    return told is not None and told.null_count == metadata.row_group(group).num_rows


def _known(side: Side) -> Side:
    return replace(side, known_by={ID: "id", **({COLUMN: "original_id"} if "original_id" in side.columns.names else {})})


def dataset_of(run: Run, reference: str) -> Mapping[str, Any]:
    """What a run's record says of a dataset. Raises NotThere for a model, and what the same of a sample raises."""
    record, name = run.record(), reference.partition(".")[0]
    named = f"{run.name}/{run.number}:{reference}"
    if name in record["models"]:
        datasets = ", ".join(record["data"])
        raise NotThere(
            f"`{name}` is a model, and has no rows to compare.",
            where=named,
            accepted=f"Datasets of this run: {datasets}." if datasets else "",
            remedy="Two runs are compared with their scores: name the runs alone.",
        )
    return sample.dataset_of(run, reference)


def _groups(path: Path) -> list[Reading]:
    return [partial(_group, path, number) for number in range(pq.read_metadata(path).num_row_groups)]


def _group(path: Path, number: int) -> Iterator[tuple[pa.Table, int]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS, [number], use_threads=False):
            yield pa.Table.from_batches([batch]), 0


def _entering(archive: Archive, piece: Piece) -> Iterator[tuple[pa.Table, int]]:
    archive.file(piece.rows, "rows.parquet")
    for table in entering(archive.store, piece, ROWS):
        yield table, 0


def content_of(run: Run, reference: str) -> str | None:
    """The content digest of a dataset that the run wrote, or of a part of it; null where it wrote none."""
    name, _, part = reference.partition(".")
    whole: str | None = run.record()["result"]["content"].get(name)
    parts = dict(one.split(":", 1) for one in whole.split() if ":" in one) if whole else {}
    return parts.get(part) if part else whole
