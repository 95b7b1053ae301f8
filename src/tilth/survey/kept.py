"""A sample of rows, kept with their measures for what is too dear to ask of every row: each row is as likely to be in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.survey.tally import digests_of

ROWS, BYTES = 20_000, 24 << 20
PRIORITY, ROW = "\0priority", "\0row"


def measure_column(column: str, name: str) -> str:
    """Where a measure of a column stands in the sample."""
    return f"\0{column}\0{name}"


@dataclass
class Kept:
    """The rows whose digests are the lowest (bottom-k sampling): at most so many, and about BYTES."""

    most: int = ROWS
    tables: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0

    def add(self, table: pa.Table, first: int) -> None:
        """Offer these rows, of which the first has this number."""
        numbers = np.arange(first, first + table.num_rows, dtype=np.int64)
        priority = digests_of(pa.array(_places(table, numbers)))
        self._take(table.append_column(PRIORITY, pa.array(priority)).append_column(ROW, pa.array(numbers)))

    def _take(self, table: pa.Table) -> None:
        self.tables.append(table)
        self.rows, self.bytes = self.rows + table.num_rows, self.bytes + table.nbytes
        if self.rows > 2 * self.most or self.bytes > 2 * BYTES:
            self._prune()

    def _prune(self) -> None:
        every = self._together()
        most = min(self.most, max(1, int(every.num_rows * BYTES / max(1, every.nbytes))))
        if every.num_rows > most:
            priority = np.asarray(every[PRIORITY].combine_chunks())
            places = np.sort(np.argpartition(priority, most - 1)[:most])
            every = every.take(pa.array(places)).combine_chunks()
        self.tables, self.rows, self.bytes = [every], every.num_rows, every.nbytes

    def _together(self) -> pa.Table:
        return pa.concat_tables(self.tables, promote_options="permissive")

    def join(self, other: Kept, rows: int) -> None:
        """Offer what the other one kept, before whose rows there are so many."""
        for table in other.tables:
            place = table.schema.get_field_index(ROW)
            self._take(table.set_column(place, ROW, pc.add(table[ROW], rows)))

    def table(self) -> pa.Table:
        """The sample, in the order of the rows."""
        if not self.tables:
            return pa.table({})
        self._prune()
        return self.tables[0].sort_by(ROW).combine_chunks()


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
