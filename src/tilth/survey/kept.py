"""A sample of rows, kept with their measures for what is too dear to ask of every row: each row is as likely to be in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.survey.tally import Digests, digests_of

ROWS, BYTES = 20_000, 24 << 20
PRIORITY, ROW, SIZE = "\0priority", "\0row", "\0size"
LAST = (1 << 64) - 1
CELL = 8
"""Bytes of a cell that holds no text."""


def measure_column(column: str, name: str) -> str:
    """Where a measure of a column stands in the sample."""
    return f"\0{column}\0{name}"


@dataclass
class Kept:
    """The rows whose priorities are the lowest (bottom-k sampling), as long as they are at most so many, and of BYTES.

    So it does not matter in which order, or in which batches, the rows come. `limit`: no row of a higher priority is kept any more."""

    most: int = ROWS
    limit: int = LAST
    tables: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0

    def add(self, table: pa.Table, first: int, priority: Digests) -> None:
        """Offer these rows, of which the first has this number."""
        numbers = np.arange(first, first + table.num_rows, dtype=np.int64)
        table = table.append_column(PRIORITY, pa.array(priority)).append_column(ROW, pa.array(numbers))
        self._take(table.append_column(SIZE, pa.array(_sizes(table))))

    def _take(self, table: pa.Table) -> None:
        if self.limit < LAST:
            table = table.filter(pc.less_equal(table[PRIORITY], pa.scalar(self.limit, pa.uint64())))
        self.tables.append(table)
        self.rows, self.bytes = self.rows + table.num_rows, self.bytes + int(pc.sum(table[SIZE]).as_py() or 0)
        if self.rows > 2 * self.most or self.bytes > 3 * BYTES // 2:
            self.prune()

    def prune(self) -> None:
        """Let go of the rows that will not be kept."""
        if self.rows <= self.most and self.bytes <= BYTES:
            return
        every = pa.concat_tables(self.tables, promote_options="permissive")
        priority, sizes = np.asarray(every[PRIORITY].combine_chunks()), np.asarray(every[SIZE].combine_chunks())
        order = np.argsort(priority, kind="stable")
        most = max(1, min(self.most, int(np.searchsorted(np.cumsum(sizes[order]), BYTES, side="right"))))
        if most < len(order):
            self.limit = int(priority[order[most - 1]])
        chosen = np.sort(order[:most])
        self.tables, self.rows, self.bytes = [every.take(pa.array(chosen)).combine_chunks()], most, int(sizes[chosen].sum())

    def following(self) -> Kept:
        """Nothing yet of rows that follow: it keeps none that would not be kept in the end."""
        return Kept(self.most, self.limit)

    def join(self, other: Kept, rows: int) -> None:
        """Offer what the other one kept, before whose rows there are so many."""
        self.limit = min(self.limit, other.limit)
        for table in other.tables:
            place = table.schema.get_field_index(ROW)
            self._take(table.set_column(place, ROW, pc.add(table[ROW], rows)))

    def table(self) -> pa.Table:
        """The sample, in the order of the rows."""
        if not self.tables:
            return pa.table({})
        self.prune()
        return pa.concat_tables(self.tables, promote_options="permissive").drop_columns([SIZE]).sort_by(ROW).combine_chunks()


def priorities(table: pa.Table, first: int) -> Digests:
    """A random number for each row, always the same for a row at the same place of a file; where that is not known, of the same number."""
    numbers = np.arange(first, first + table.num_rows, dtype=np.int64)
    return digests_of(pa.array(_places(table, numbers)))


def _sizes(table: pa.Table) -> npt.NDArray[np.int64]:
    """About how many bytes each row takes."""
    sizes = np.full(table.num_rows, CELL * table.num_columns, np.int64)
    for column in table.columns:
        if pa.types.is_large_string(column.type):
            sizes += np.asarray(pc.fill_null(pc.binary_length(column), 0))
    return sizes


def _places(table: pa.Table, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """A number for each row that no other has: its place in its file where that is known."""
    if "origin" not in table.column_names or not table.num_rows:
        return numbers
    origin = table["origin"].combine_chunks()
    files = digests_of(pc.cast(origin.field("file"), pa.large_string()))
    offsets: npt.NDArray[np.int64] = np.asarray(pc.fill_null(origin.field("offset"), 0), np.int64)
    return np.bitwise_xor(offsets, files.view(np.int64))


def place_of(table: pa.Table, row: int) -> str:
    """Where a row stands in the raw data; its number where that is not known."""
    if "origin" in table.column_names:
        origin = table["origin"][row].as_py()
        if origin is not None:
            numbered = origin["record"] is not None
            return f"{origin['file']}:{origin['record']}" if numbered else f"{origin['file']}, byte {origin['offset']:,}"
    return ""
