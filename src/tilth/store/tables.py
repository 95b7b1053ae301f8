"""Tables on disk, and what they contain as a digest that no engine, batch or shard can move.

One writer (pyarrow's Parquet, zstd) is used everywhere, but the content of a table is never the hash
of its file: writers embed build strings and cut row groups as they like. It is a digest of the
values: for each column the bytes of its values, their lengths and their validity, each streamed in
row order. So it does not depend on where batches or files were cut.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.record import flat

GROUP_BYTES = 64 << 20
"""A row group is closed at about this size, so that readers hold little at once."""


class TableDigest:
    """The content of a table that arrives piece by piece. NaN is one value, −0 is 0, null is not empty."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._rows = 0
        leaves = [leaf for field in schema for leaf in _leaves(field.name, field.type)]
        self._streams = {(leaf, what): hashlib.blake2b(digest_size=20) for leaf in leaves for what in WHAT}

    def update(self, table: pa.Table) -> None:
        """Add the rows of a table of the same schema."""
        self._rows += table.num_rows
        for name in self._schema.names:
            self._add(name, flat(table[name]))

    def _add(self, leaf: str, array: pa.Array) -> None:
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        self._streams[leaf, "valid"].update(pc.is_valid(array).to_numpy(zero_copy_only=False).astype(np.uint8).tobytes())
        if pa.types.is_struct(array.type):
            for field, inner in zip(array.type, array.flatten(), strict=True):
                self._add(f"{leaf}.{field.name}", inner)
        elif _is_list(array.type):
            lengths = pc.cast(pc.fill_null(pc.list_value_length(array), 0), pa.int64())
            self._streams[leaf, "length"].update(lengths.to_numpy().astype("<i8").tobytes())
            self._add(f"{leaf}[]", array.flatten())
        else:
            for what, data in _plain(array):
                self._streams[leaf, what].update(data)

    def hexdigest(self) -> str:
        """Forty hexadecimal digits."""
        whole = hashlib.blake2b(str(self._rows).encode(), digest_size=20)
        for field in self._schema:
            whole.update(f"\0{field.name}\0{_type_name(field)}\0".encode())
            for leaf in _leaves(field.name, field.type):
                for what in WHAT:
                    whole.update(self._streams[leaf, what].digest())
        return whole.hexdigest()


WHAT = ("valid", "length", "value")
"""What of a column is streamed, each by itself."""


def _leaves(name: str, kind: pa.DataType) -> Iterator[str]:
    """The column and what is nested in it, each with a stream of its own."""
    yield name
    if pa.types.is_struct(kind):
        for field in kind:
            yield from _leaves(f"{name}.{field.name}", field.type)
    elif _is_list(kind):
        yield from _leaves(f"{name}[]", kind.value_type)


def _type_name(field: pa.Field) -> str:
    """The type as content: encodings (dictionary, large offsets) do not count."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    told = (field.metadata or {}).get(b"tilth", b"").decode()
    return f"{_named(kind)}{told}"


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _named(kind: pa.DataType) -> str:
    """Arrow calls what is in a list `item`, and `element` once it was in Parquet; that is no content."""
    if not _is_list(kind):
        return str(kind).replace("large_", "")
    return f"list<{_named(kind.value_type)}>{f'[{kind.list_size}]' if pa.types.is_fixed_size_list(kind) else ''}"


def _plain(array: pa.Array) -> Iterator[tuple[str, bytes | memoryview]]:
    """The canonical bytes of a column without nesting: lengths and data, or fixed-width values."""
    kind = array.type
    if pa.types.is_null(kind):
        return
    if pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind) or pa.types.is_large_binary(kind):
        whole = pc.cast(array, pa.large_binary()) if array.null_count == 0 else pc.fill_null(pc.cast(array, pa.large_binary()), b"")
        offsets = np.frombuffer(whole.buffers()[1], dtype="<i8")[whole.offset : whole.offset + len(whole) + 1] if len(whole) else np.zeros(1, "<i8")
        yield "length", np.diff(offsets).tobytes()
        data = whole.buffers()[2]
        if data is not None:
            yield "value", memoryview(data)[int(offsets[0]) : int(offsets[-1])]
    elif pa.types.is_fixed_size_binary(kind):
        yield "value", b"".join(value or b"" for value in array.to_pylist()) if array.null_count else _fixed(array)
    elif pa.types.is_floating(kind):
        numbers = pc.fill_null(pc.cast(array, pa.float64()), 0.0).to_numpy(zero_copy_only=False) + 0.0
        yield "value", np.where(np.isnan(numbers), np.nan, numbers).astype("<f8").tobytes()
    elif pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        yield (
            "value",
            pc.cast(pc.fill_null(array, False if pa.types.is_boolean(kind) else 0), pa.int64(), safe=False).to_numpy().astype("<i8").tobytes(),
        )
    else:
        raise TypeError(f"A dataset's content cannot hold a column of type {kind}.")


def _fixed(array: pa.Array) -> memoryview:
    width = array.type.byte_width
    return memoryview(array.buffers()[1] or b"")[array.offset * width : (array.offset + len(array)) * width]


class Sink(io.FileIO):
    """A file that keeps to itself why it cannot be written until `check` asks: with content-defined chunks, Arrow
    ends the whole process when a write fails (`ARROW_CHECK_OK` in parquet/column_writer.cc)."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w")
        self.failed: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of it, or from the first failure on nothing more."""
        left = memoryview(data).cast("B")
        try:
            while left and self.failed is None:
                left = left[super().write(left) :]
        except OSError as error:
            self.failed = error
        return len(data)

    def check(self) -> None:
        """Raises what the first failed write raised."""
        if self.failed is not None:
            raise self.failed


class TableWriter:
    """Writes one Parquet file and knows its content. A context manager; on leaving, the file is on disk.

    `chunked`: content-defined page boundaries, so that stores which keep chunks keep shared ones once.
    """

    def __init__(self, path: Path, schema: pa.Schema, *, chunked: bool = False) -> None:
        self.path, self.schema, self.rows = path, schema, 0
        self.digest = TableDigest(schema)
        self._sink = Sink(path)
        self._writer = pq.ParquetWriter(self._sink, schema, compression="zstd", compression_level=1, use_content_defined_chunking=chunked)
        self._held: list[pa.Table] = []
        self._bytes = 0

    def write(self, table: pa.Table) -> None:
        """Add rows; columns are taken by name."""
        table = table.select(self.schema.names).cast(self.schema)
        self.digest.update(table)
        self.rows += table.num_rows
        self._held.append(table)
        self._bytes += table.nbytes
        if self._bytes >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            whole = pa.concat_tables(self._held)
            self._writer.write_table(whole, row_group_size=max(1, whole.num_rows))
            self._sink.check()
            self._held, self._bytes = [], 0

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._flush()
        self._held = []
        self._writer.close()
        self._sink.close()
        if kind is None:
            self._sink.check()
            sync(self.path)


def write_table(path: Path, table: pa.Table) -> str:
    """Write a small table whole; returns its content."""
    with TableWriter(path, table.schema) as writer:
        writer.write(table)
    return writer.digest.hexdigest()


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """A small table, whole."""
    return pq.read_table(path, columns=columns, use_threads=False, memory_map=False)


def read_batches(path: Path, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """A table piece by piece: at most `rows` rows at a time, and one row group in memory."""
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            group = file.read_row_group(number, columns=columns, use_threads=False)
            for first in range(0, group.num_rows, rows):
                yield group.slice(first, rows)


def sync(path: Path) -> None:
    """See to it that a file's bytes, or a folder's names, are on the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def empty(schema: pa.Schema) -> pa.Table:
    """No rows of a schema."""
    return schema.empty_table()


def columns_of(path: Path) -> dict[str, Any]:
    """The names and types of a Parquet file's columns, `json` for JSON texts."""
    return {field.name: (field.metadata or {}).get(b"tilth", b"").decode() or str(field.type) for field in pq.read_schema(path)}
