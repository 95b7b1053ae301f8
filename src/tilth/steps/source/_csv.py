"""Tables of texts: CSV and TSV, by Python's own strict reader, a record at a time.

One wrong quote must not swallow the rest of the file. The lines that a record took are remembered;
where it turns out to be wrong, only its first line is bad, and reading goes on with the second.
Blank lines are left out; an empty cell is null. TSV knows no quotes unless `csv: {quote: '"'}` says
so, as its definition has none and linguistic data is full of bare ones.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from tilth.errors import AskedWrong
from tilth.record import TEXT, Bad
from tilth.step import Survey
from tilth.steps.source._lines import raw_blocks
from tilth.steps.source._open import PIECE
from tilth.steps.source._part import Found, Part, Reading
from tilth.steps.source._types import ARROW, Misfit, arrow_type, fit_text, type_of_texts

STRAIGHT = {"string", "int64", "float64"}
"""Settled types whose texts Arrow carries over as we would; those the recipe says are read one by one."""


@dataclass
class Rows:
    """Some records in order: cells and places of the good ones, and the bad ones."""

    cells: list[list[str]] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.cells) + len(self.bad)


def survey(part: Part) -> Survey:
    """Count the records and find the narrowest type of each column."""
    table = _Table(part)
    types = dict.fromkeys(table.names, "null")
    records = 0
    for rows in islice(table.blocks(), part.most):
        records += len(rows)
        for name, column in zip(table.names, zip(*rows.cells, strict=True), strict=False):
            types[name] = type_of_texts(column, types[name])
    return Survey(records=records, types=types)


def read(part: Part, wanted: Mapping[str, str]) -> Reading:
    """The records, each cell carried over to the type of its column."""
    table = _Table(part)
    for rows in table.blocks():
        columns, faults = _columns(table.names, rows, wanted)
        raw = [part.bad(rows.records[row], rows.offsets[row], reason, repr(rows.cells[row]).encode()) for row, reason in faults.items()]
        yield Found(part.origin(rows.records, rows.offsets), columns).without(faults, [*rows.bad, *raw])


def _columns(names: Sequence[str], rows: Rows, wanted: Mapping[str, str]) -> tuple[dict[str, pa.Array], dict[int, str]]:
    """The wanted columns, and for each row that has a misfit the reason."""
    faults: dict[int, str] = {}
    cells = dict(zip(names, zip(*rows.cells, strict=True), strict=False)) if rows.cells else {}
    made = {}
    for name, word in wanted.items():
        column = cells.get(name)
        made[name] = pa.nulls(len(rows.cells), arrow_type(word)) if column is None else _column(column, name, word, faults)
    return made, faults


def _column(column: Sequence[str], name: str, word: str, faults: dict[int, str]) -> pa.Array:
    texts = pa.array([cell or None for cell in column], TEXT)
    if word in STRAIGHT:
        try:
            return pc.cast(texts, ARROW[word])
        except pa.ArrowInvalid:
            pass  # `true` among numbers, or the file changed since it was surveyed
    values = []
    for row, cell in enumerate(column):
        try:
            values.append(fit_text(cell, word))
        except Misfit as error:
            values.append(None)
            faults.setdefault(row, f"`{name}`: {error}")
    return pa.array(values, arrow_type(word))


class _Table:
    """The records of a file below its header."""

    def __init__(self, part: Part) -> None:
        self.part = part
        csv.field_size_limit(max(csv.field_size_limit(), part.longest))  # the reader's own limit is 128 kB a cell
        quote = part.options["quote"]
        self.feed = _Feed(part)
        self.reader = csv.reader(
            self.feed,
            delimiter=part.options["delimiter"],
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            strict=True,
        )
        self.names = self._header()

    def _header(self) -> list[str]:
        """The names of the columns. Raises AskedWrong where they cannot be told apart."""
        row = self._first_row()
        if not self.part.options["header"]:
            self.feed.again()
            return [f"column_{number}" for number in range(1, len(row) + 1)]
        names = [name.strip() or f"column_{number}" for number, name in enumerate(row, 1)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise self._refused(f"The header has {', '.join(f'`{name}`' for name in twice)} more than once.")
        if any("\udc80" <= letter <= "\udcff" for name in names for letter in name):
            raise self._refused(f"The header is not valid {self.part.encoding}.")
        return names

    def _first_row(self) -> list[str]:
        """The first row that is not blank; none where it cannot be read, so that it becomes a bad record."""
        while True:
            self.feed.mark()
            try:
                row = next(self.reader, None)
            except csv.Error as error:
                raise self._refused(f"The header cannot be read: {_explained(str(error))}.") from error
            if self.feed.fault:
                self.feed.again()
                return []
            if row != []:
                return row or []

    def _refused(self, found: str) -> AskedWrong:
        return AskedWrong(
            found,
            where=self.part.file,
            accepted="The first line of a table names its columns, each once.",
            remedy="Mend the line, or say `csv: {header: false}`, `csv: {delimiter: …}` or `encoding: …`.",
        )

    def blocks(self) -> Iterator[Rows]:
        """The records, at most `part.rows` and some megabytes at a time."""
        number, rows = self.part.first, Rows()
        while True:
            offset = self.feed.mark()
            cells, reason = self._next()
            if cells is None and not reason:
                break
            if cells == [] and not reason:
                continue
            if reason:
                rows.bad.append(self.part.bad(number, offset, reason, self.feed.taken[0]))
            elif cells is not None:
                rows.cells.append(cells)
                rows.records.append(number)
                rows.offsets.append(offset)
            number += 1
            if len(rows) >= self.part.rows or self.feed.since > PIECE:
                yield rows
                rows, self.feed.since = Rows(), 0
        if len(rows):
            yield rows

    def _next(self) -> tuple[list[str] | None, str]:
        """The cells of the next record and why it is bad; None at the end of the file."""
        try:
            cells = next(self.reader)
        except StopIteration:
            return None, ""
        except csv.Error as error:
            if not self.feed.taken:
                return None, ""
            fault = self.feed.fault
            self.feed.again(keep=1)
            return [], fault or _explained(str(error))
        return cells, self.feed.fault or self._wrong(cells)

    def _wrong(self, cells: list[str]) -> str:
        """Why cells that could be told apart are no record, or nothing."""
        if not cells or (len(cells) == len(self.names) and "".join(cells).isascii()):
            return ""
        if len(cells) != len(self.names):
            return f"has {len(cells)} cells where the header has {len(self.names)}"
        strange = next((ord(letter) - 0xDC00 for cell in cells for letter in cell if "\udc80" <= letter <= "\udcff"), None)
        return "" if strange is None else f"is not valid {self.part.encoding} (it holds the byte {strange:#04x})"


def _explained(error: str) -> str:
    """Python's words for a broken record, in a user's."""
    known = {
        "unexpected end of data": "a quote is opened and never closed",
        "expected after": "after a closing quote comes something else than a delimiter",
        "new-line character": "a carriage return stands in the middle of a line",
        "field larger": "a cell is longer than a record may be: is a quote never closed?",
    }
    return next((ours for theirs, ours in known.items() if theirs in error), error)


class _Feed:
    """Gives lines to the reader and remembers those of the current record, so that it can give them again."""

    def __init__(self, part: Part) -> None:
        self.source = self._lines(part)
        self.waiting: deque[tuple[bytes, int, str]] = deque()
        self.current: list[tuple[bytes, int, str]] = []
        self.longest, self.held, self.since, self.at = part.longest, 0, 0, 0

    @staticmethod
    def _lines(part: Part) -> Iterator[tuple[bytes, int, str]]:
        for block in raw_blocks(part):
            for place, line in enumerate(block.lines):
                yield line, block.offsets[place], block.faults.get(place, "")

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.held > self.longest:
            raise csv.Error("field larger than a record may be")
        line, offset, fault = self.waiting.popleft() if self.waiting else next(self.source)
        self.current.append((line, offset, fault))
        self.held += len(line)
        self.since += len(line)
        if fault and len(self.current) > 1:
            raise csv.Error("unexpected end of data")
        return "" if fault else line.decode("utf-8", "surrogateescape") + "\n"

    def mark(self) -> int:
        """A new record begins; where."""
        self.current, self.held = [], 0
        if not self.waiting:
            self.waiting.extend([line] if (line := next(self.source, None)) else [])
        return self.waiting[0][1] if self.waiting else 0

    def again(self, keep: int = 0) -> None:
        """Give all lines of the current record again, but for the first `keep`."""
        self.waiting.extendleft(reversed(self.current[keep:]))
        self.current = self.current[:keep]

    @property
    def taken(self) -> list[bytes]:
        """The lines of the current record."""
        return [line for line, _, _ in self.current]

    @property
    def fault(self) -> str:
        """Why the current line is no whole line, or nothing."""
        return self.current[0][2] if self.current else ""
