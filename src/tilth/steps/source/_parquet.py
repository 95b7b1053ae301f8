"""Parquet and Arrow files (IPC file, IPC stream, Feather): tables in groups of rows.

A part is a range of row groups (Parquet) or record batches (Arrow). `record` and `offset` of an origin
are both the number of the row in its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.errors import AskedWrong
from tilth.record import Bad
from tilth.step import Survey
from tilth.steps.source._arrow import Faults, kind_of, settle
from tilth.steps.source._open import BrokenOff, opened, seekable
from tilth.steps.source._part import Found, Part, Reading
from tilth.steps.source._types import EXACT, INT64, arrow_type

GROUP_BYTES = 32 << 20
COUNTED = 1 << 20
BROKEN = (pa.ArrowException, OSError, BrokenOff, EOFError)
"""What a damaged file makes its reader raise."""


@dataclass(frozen=True)
class Groups:
    """A file of tables: its columns, the number of rows of each group, how to read one (`batches(group,
    rows)`, or only some columns of it), and where it breaks off."""

    schema: pa.Schema
    sizes: Sequence[int]
    batches: Callable[[int, int, Sequence[str] | None], Iterator[pa.RecordBatch]]
    broken: str = ""


@contextmanager
def groups(path: str) -> Iterator[Groups]:
    """The file, open."""
    with seekable(path) as file:
        magic = file.read(6)
        file.seek(0)
        if magic.startswith(b"FEA1"):
            raise BrokenOff("the file is Feather of the first version; write it again with a newer library")
        if magic and not magic.startswith((b"PAR1", b"ARROW1", b"\xff\xff\xff\xff")) and magic[3:4] != b"\0":  # a stream begins with a length
            raise BrokenOff("it is neither Parquet nor Arrow")
        make = _nothing if not magic else _parquet if magic.startswith(b"PAR1") else _arrow_file if magic == b"ARROW1" else _arrow_stream
        found = make(file)
        twice = sorted({name for name in found.schema.names if found.schema.names.count(name) > 1})
        if twice:
            raise AskedWrong(f"Two columns have the name {', '.join(twice)}.", where=path, remedy="Rename one of them.")
        yield found


def _nothing(_: IO[bytes]) -> Groups:
    """An empty file: no columns, no rows."""
    return Groups(pa.schema([]), [], lambda group, rows, columns: iter(()))


def _parquet(file: IO[bytes]) -> Groups:
    reader = pq.ParquetFile(file)
    parts = [reader.metadata.row_group(group) for group in range(reader.num_row_groups)]

    def batches(group: int, rows: int, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        size = parts[group].total_byte_size // max(1, parts[group].num_rows)
        most = max(1, min(rows, GROUP_BYTES // max(1, size)))
        yield from reader.iter_batches(most, [group], columns)

    return Groups(reader.schema_arrow, [part.num_rows for part in parts], batches)


def _arrow_file(file: IO[bytes]) -> Groups:
    reader = pa.ipc.open_file(file)

    def batches(group: int, rows: int, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        yield from _slices(reader.get_batch(group), rows, columns)

    sizes = [reader.get_batch(group).num_rows for group in range(reader.num_record_batches)]
    return Groups(reader.schema, sizes, batches)


def _arrow_stream(file: IO[bytes]) -> Groups:
    """A stream says nothing about itself in front: it is read once to be counted. All of it is one group."""
    stream = pa.ipc.open_stream(file)
    schema, size, broken = stream.schema, 0, ""
    try:
        for batch in stream:
            size += batch.num_rows
    except BROKEN as error:
        broken = _first_line(error)

    def batches(_: int, rows: int, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        file.seek(0)
        for batch in pa.ipc.open_stream(file):
            yield from _slices(batch, rows, columns)

    return Groups(schema, [size], batches, broken)


def _slices(batch: pa.RecordBatch, rows: int, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    chosen = batch if columns is None else batch.select(columns)
    for first in range(0, batch.num_rows, rows):
        yield chosen.slice(first, rows)


def spans(path: str, shard_bytes: int) -> list[tuple[int, int | None]]:
    """Ranges of groups of about `shard_bytes` each; the last is open, and is all there is of a file that is
    packed, damaged or a stream."""
    with opened(path) as file:
        magic, size = file.read(6), file.seek(0, 2)
        file.seek(0)
        try:
            weights = _weights(file, magic, size)
        except BROKEN:
            return [(0, None)]
    edges, held = [0], 0
    for group, weight in enumerate(weights):
        if held and held + weight > shard_bytes:
            edges.append(group)
            held = 0
        held += weight
    return list(zip(edges, [*edges[1:], None], strict=True))


def _weights(file: IO[bytes], magic: bytes, size: int) -> list[int]:
    """The bytes of each group, or about so."""
    if magic.startswith(b"PAR1"):
        metadata = pq.read_metadata(file)
        return [metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)]
    count = pa.ipc.open_file(file).num_record_batches if magic == b"ARROW1" else 0
    return [size // count] * count if count else []


def unpacked_bytes(path: str) -> int:
    """The bytes of all groups, unpacked. Raises one of BROKEN for a file that is damaged."""
    with opened(path) as file:
        magic, size = file.read(6), file.seek(0, 2)
        file.seek(0)
        return sum(_weights(file, magic, size))


def survey(part: Part) -> Survey:
    """Count the rows and tell the types of columns. A file that cannot be opened is one bad record."""
    try:
        with groups(part.path) as file:
            chosen = range(part.start, len(file.sizes) if part.stop is None else part.stop)
            types = {told.name: _kind(file, told, chosen) for told in file.schema}
            return Survey(records=sum(file.sizes[group] for group in chosen) + bool(file.broken), types=types)
    except BROKEN:
        return Survey(records=1, types={})


def _kind(file: Groups, told: pa.Field, chosen: range) -> str:
    """The settled type; whether integers of 64 bits are beyond what a double holds is looked up."""
    kind = kind_of(told)
    if kind != "long":
        return kind
    low, high = 0, 0
    try:
        for group in chosen:
            for batch in file.batches(group, COUNTED, [told.name]):
                ends = pc.min_max(batch.column(0)).as_py()
                low, high = min(low, ends["min"] or 0), max(high, ends["max"] or 0)
    except BROKEN:
        pass  # what follows is bad, row by row, and tells nothing of the type
    return "int64" if -EXACT <= low and high <= EXACT else "long" if high < INT64 else "string"


def read(part: Part, wanted: Mapping[str, str]) -> Reading:
    """The rows of the part, each column carried over to its type."""
    number = part.first
    try:
        with groups(part.path) as file:
            for group in range(part.start, len(file.sizes) if part.stop is None else part.stop):
                end = number + file.sizes[group]
                for found in _group(part, file, group, number, wanted):
                    number += len(found) + len(found.bad)
                    yield found
                number = end
            if file.broken:
                yield _nothing_but(part, wanted, [part.bad(number, number, f"the file breaks off ({file.broken})")])
    except BROKEN as error:
        yield _nothing_but(part, wanted, [part.bad(number, number, f"the file cannot be read ({_first_line(error)})")])


def _group(part: Part, file: Groups, group: int, number: int, wanted: Mapping[str, str]) -> Iterator[Found]:
    """The rows of a group; what follows a damaged place in it is bad, row by row."""
    end = number + file.sizes[group]
    try:
        for batch in file.batches(group, part.rows, None):
            table = pa.Table.from_batches([batch])
            yield _settled(part, table, number, wanted)
            number += table.num_rows
    except BROKEN as error:
        reason = f"cannot be read: group {group + 1} of the file is damaged ({_first_line(error)})"
        for first in range(number, end, part.rows):
            yield _nothing_but(part, wanted, [part.bad(row, row, reason) for row in range(first, min(end, first + part.rows))])


def _settled(part: Part, table: pa.Table, number: int, wanted: Mapping[str, str]) -> Found:
    faults: Faults = {}
    columns: dict[str, pa.Array] = {}
    for name, word in wanted.items():
        mine: Faults = {}
        there = name in table.column_names
        columns[name] = settle(table[name], table.schema.field(name), word, mine) if there else pa.nulls(table.num_rows, arrow_type(word))
        faults.update({row: f"`{name}`: {reason}" for row, reason in mine.items() if row not in faults})
    numbers = range(number, number + table.num_rows)
    bad = [part.bad(numbers[row], numbers[row], faults[row]) for row in sorted(faults)]
    return Found(part.origin(numbers, numbers), columns).without(faults, bad)


def _nothing_but(part: Part, wanted: Mapping[str, str], bad: Sequence[Bad]) -> Found:
    return Found(part.origin([], []), {name: pa.array([], arrow_type(word)) for name, word in wanted.items()}, bad)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["no reason given"])[0][:200].rstrip(".")
