"""Finished datasets: the survivors are copied once, in order, into files cut by content.

A part's files are cut at about 500 MB of text, wherever shards began, and carry the digest of all
their rows as content. Beside them stand their books: every decision made on the way.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import DataRefused
from tilth.execute.books import QUARANTINE
from tilth.execute.pieces import Piece, entering, schema
from tilth.execute.veils import Veil
from tilth.record import DECISIONS
from tilth.store.keys import key_of
from tilth.store.objects import Made, Store
from tilth.store.tables import TableDigest, TableWriter, columns_of, read_batches

FILE_BYTES = 500_000_000
"""A file is closed after the row whose text brings it to this many bytes."""

WIDTH = [pa.null(), pa.bool_(), pa.int64(), pa.float64(), pa.large_string()]
"""Arrow types of columns, from narrow to wide."""


EXACT = 2**53
"""Up to here, either way, every integer is a float64."""


def common_schema(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """The columns of all pieces, each with the widest of its types."""
    fields: dict[str, pa.Field] = {}
    for one in schemas:
        for field in one:
            known = fields.get(field.name)
            if known is None or _wider(field, known):
                fields[field.name] = field
    return pa.schema(list(fields.values()))


def _wider(one: pa.Field, other: pa.Field) -> bool:
    if one.type not in WIDTH or other.type not in WIDTH:
        return False
    return (WIDTH.index(one.type), one.metadata is not None) > (WIDTH.index(other.type), other.metadata is not None)


def conform(table: pa.Table, wanted: pa.Schema) -> pa.Table:
    """The table with the wanted columns: missing ones are null, narrow ones are widened."""
    return pa.table([_widened(table, field) for field in wanted], schema=wanted)


def _widened(table: pa.Table, wanted: pa.Field) -> pa.ChunkedArray | pa.Array:
    """A column as wanted; among JSON texts, a value that was none is written as JSON."""
    if wanted.name not in table.column_names:
        return pa.nulls(table.num_rows, wanted.type)
    column = table[wanted.name]
    if wanted.metadata is None or table.schema.field(wanted.name).metadata is not None:
        try:
            return column.cast(wanted.type)
        except pa.ArrowInvalid as error:
            raise _not_exact(wanted.name, column) from error
    written = [None if value is None else msgspec.json.encode(value).decode() for value in column.to_pylist()]
    return pa.array(written, wanted.type)


def _not_exact(name: str, column: pa.ChunkedArray) -> DataRefused:
    """A long integer beside fractions: of all that is widened, only this would lose digits."""
    value = next(value for value in column.to_pylist() if value is not None and abs(value) > EXACT)
    return DataRefused(
        f"The column `{name}` holds the integer {value} here and numbers with a fraction elsewhere, and no such number is exactly {value}.",
        accepted="Each column has one type in all sources of a dataset.",
        remedy=f"Say it in these sources: `columns: {{{name}: string}}` keeps every digit, `columns: {{{name}: number}}` takes the nearest number.",
    )


def part_key(name: str, pieces: Sequence[Piece]) -> str:
    """The key of a part's files."""
    return key_of({"what": "dataset", "part": name, "from": [piece.identity() for piece in pieces], "file_bytes": FILE_BYTES})


def known_part(store: Store, name: str, pieces: Sequence[Piece], batch_rows: int) -> Made | None:
    """A part's files, if they are stored."""
    return store.find(part_key(name, pieces))


def write_part(store: Store, name: str, pieces: Sequence[Piece], batch_rows: int) -> Made:
    """Copy the rows of a part into its files."""
    key = part_key(name, pieces)
    begun, folder = time.perf_counter(), store.work(key)
    wanted = common_schema([schema(store, piece) for piece in pieces])
    rows = (conform(table, wanted) for piece in pieces for table in entering(store, piece, batch_rows))
    digest, told, sizes = TableDigest(wanted), {"rows": 0, "bytes": 0, "files": 0}, [0, 0]
    for number, tables in enumerate(_files(rows, wanted)):
        with TableWriter(folder / f"{number:05}.parquet", wanted, chunked=True) as writer:
            for table in tables:
                digest.update(table)
                writer.write(table)
                told["rows"] += table.num_rows
                sizes = [sum(both) for both in zip(sizes, _bytes(table), strict=True)]
        told["files"] = number + 1
    told["bytes"] = sizes[0] or sizes[1]
    content = key_of(["dataset", digest.hexdigest(), told["files"]])
    manifest = {"what": "dataset", **told, "content": digest.hexdigest(), "columns": columns_of(folder / "00000.parquet")}
    return store.commit(key, folder, content, manifest, time.perf_counter() - begun)


def _bytes(table: pa.Table) -> tuple[int, int]:
    """The bytes of the column `text`, and of all texts: where it is empty, the texts of the rows are in columns of other names."""
    sizes = {
        name: int(pc.sum(pc.binary_length(table[name])).as_py() or 0)
        for name in table.column_names
        if pa.types.is_large_string(table.schema.field(name).type)
    }
    return sizes.get("text", 0), sum(sizes.values())


def _text_sizes(table: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if "text" not in table.column_names:
        return np.full(table.num_rows, 16, np.int64)
    return np.asarray(pc.fill_null(pc.binary_length(table["text"]), 0).to_numpy(), np.int64)


def _files(rows: Iterator[pa.Table], wanted: pa.Schema) -> Iterator[Iterator[pa.Table]]:
    """The rows, file by file. There is at least one file, which may be empty."""
    cutter = _Cutter(rows)
    yield cutter.file() if cutter.more() else iter([wanted.empty_table()])
    while cutter.more():
        yield cutter.file()


class _Cutter:
    """Cuts a stream of tables where enough text has gone by."""

    def __init__(self, rows: Iterator[pa.Table]) -> None:
        self._rows, self._rest = rows, pa.table({})

    def more(self) -> bool:
        while not self._rest.num_rows:
            following = next(self._rows, None)
            if following is None:
                return False
            self._rest = following
        return True

    def file(self) -> Iterator[pa.Table]:
        room = FILE_BYTES
        while room > 0 and self.more():
            sizes = np.cumsum(_text_sizes(self._rest))
            taken = int(np.searchsorted(sizes, room)) + 1
            table, self._rest = self._rest.slice(0, taken), self._rest.slice(taken)
            room -= int(sizes[min(taken, len(sizes)) - 1])
            yield table


def books_key(rows: Sequence[str], verdicts: Sequence[str], veil: Veil) -> str:
    """The key of a dataset's joined books."""
    told = {"what": "books", "rows": list(rows), "verdicts": list(verdicts)}
    return key_of({**told, "veil": veil.identity()} if veil.steps else told)


def known_books(store: Store, rows: Sequence[str], verdicts: Sequence[str], veil: Veil, batch_rows: int) -> Made | None:
    """A dataset's joined books, if they are stored."""
    return store.find(books_key(rows, verdicts, veil))


def write_books(store: Store, rows: Sequence[str], verdicts: Sequence[str], veil: Veil, batch_rows: int) -> Made:
    """Join the edits, drops and bad records of a dataset's shards into two files. Of bad records, what nobody must read is hidden."""
    key = books_key(rows, verdicts, veil)
    begun, folder = time.perf_counter(), store.work(key)
    sources = [store.path(content) / "edits.parquet" for content in rows] + [store.path(content) / "decisions.parquet" for content in verdicts]
    decided = _join(folder / "decisions.parquet", DECISIONS, sources, batch_rows)
    unread = [store.path(content) / "quarantine.parquet" for content in rows]
    bad = _join(folder / "quarantine.parquet", QUARANTINE, unread, batch_rows, veil)
    manifest = {"what": "books", "decisions": decided.rows, "bad": bad.rows}
    content = key_of(["books", decided.digest.hexdigest(), bad.digest.hexdigest()])
    return store.commit(key, folder, content, manifest, time.perf_counter() - begun)


def _join(path: Path, columns: pa.Schema, sources: Sequence[Path], batch_rows: int, veil: Veil | None = None) -> TableWriter:
    with TableWriter(path, columns) as writer:
        for source in sources:
            for table in read_batches(source, max(batch_rows, 65_536)):
                writer.write(_veiled(table, veil) if veil is not None and veil.steps else table)
    return writer


def _veiled(table: pa.Table, veil: Veil) -> pa.Table:
    """Bad records with everything hidden in what is kept of them. What is no UTF-8 is kept as its escapes."""
    raw = [veil.text(one.decode("utf-8", "backslashreplace")).encode() for one in table["raw"].to_pylist()]
    reasons = veil.texts(table["reason"].to_pylist())
    table = table.set_column(table.schema.get_field_index("raw"), table.schema.field("raw"), pa.array(raw, pa.binary()))
    return table.set_column(table.schema.get_field_index("reason"), table.schema.field("reason"), pa.array(reasons, pa.string()))
