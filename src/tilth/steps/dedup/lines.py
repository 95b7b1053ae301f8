"""dedup.lines: lines, paragraphs or sentences that other rows have too, taken out of the texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, StrictInt

from tilth.errors import AskedWrong
from tilth.pairs import NOTHING, Columns, Compared
from tilth.record import Batch, Ids, Outcome, as_ids, shown
from tilth.step import Limit, Whole
from tilth.steps.dedup._spans import Listed, Numbers, listed, spans
from tilth.text import recurring as counting
from tilth.text import units as listing
from tilth.text.recurring import Recurring, recurring, windows
from tilth.text.units import Ignorable, Unit, units

LIMITS = (2, 3, 5, 10, 20, 50, 100, 1000)
"""For these limits is told how much would go."""

MOST, EXAMPLES = 20, 3
"""So many of the most frequent units are told of, and of each so many rows."""


class Lines(Whole):
    """Lines that stand in several rows are taken out of the texts, and every row stays.

    A unit is a line that is not blank, a paragraph (lines with no blank line between them) or a sentence, as
    `tilth.text.units` tells them apart. Two are the same if their characters are, in Unicode's form NFC, with every run of
    white space as one space, and with the differences of `ignore` left out. What counts is in how many rows a unit stands,
    in any of `fields`: a line that a row has a hundred times counts once.

    A unit goes together with its line break, so no hole is left behind it, and what is left keeps its bytes. A row of which
    nothing is left has an empty text; `filter.length` decides about it. With `keep: first` the first row in the order of
    the source keeps all of its own, and is the partner of what the others lose, so nothing is lost that does not stand
    elsewhere. Repetition inside one row is not touched: `filter.quality` measures it.

    Units are compared by 64 bits. Among a thousand million different lines any two meet with a chance of 1 in 37, and a line
    that is no repetition is lost to one of ten million repeated ones with a chance of 5e-13: they are not compared letter by
    letter, for the texts are not read again.
    """

    revision: ClassVar[int] = 2

    unit: Unit = "line"
    """What is compared: each `line`, `paragraph` or `sentence`."""

    at_least: Annotated[StrictInt, Limit, Field(ge=2)] = 3
    """In so many rows a unit stands before it is taken out."""

    keep: Annotated[Literal["first", "none"], Limit] = "first"
    """Whether the `first` row that has it keeps it, or `none` does, as is right for boilerplate such as cookie banners."""

    run: Annotated[StrictInt, Limit, Field(ge=1, le=100)] = 1
    """So many units in a row are compared as one: with 3, three sentences go where the same three follow each other elsewhere.
    Units that are too short are passed over. A row keeps whatever belongs to a run of which it is the first row."""

    shortest: Annotated[StrictInt, Field(ge=1)] = 20
    """A unit with fewer characters is never taken out and never counted."""

    ignore: tuple[Ignorable, ...] = ("case",)
    """Differences that do not count, beside white space: in `case`, in `digits` (a run of digits is as good as any
    other), in `punctuation`."""

    fields: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns of texts from which units are taken."""

    def reads(self) -> tuple[str, ...]:
        """The columns with the texts."""
        return self.fields

    def prepare(self) -> None:
        listing.prepare()
        counting.prepare()

    def sketch(self, batch: Batch) -> pa.Table:
        """The id, and for each column the numbers and places of its units, 16 bytes a unit, and how many bytes it has."""
        columns: dict[str, Any] = {"id": batch["id"]}
        for number, name in enumerate(sorted(self.fields)):
            found = units(_text(batch, name), self.unit, self.ignore, self.shortest)
            columns |= {f"numbers_{number:02}": found.numbers, f"places_{number:02}": found.places, f"bytes_{number:02}": found.sizes}
        return pa.table(columns)

    def decide(self, sketches: Columns, compared: Compared = NOTHING) -> Outcome:
        """Find the units that stand in enough rows, and where they are taken out."""
        names, rows, ids = sorted(self.fields), sketches.num_rows, as_ids(sketches["id"])
        every = listed(sketches, len(names))
        counted = np.flatnonzero(every.numbers)
        owners = every.rows(counted)
        repeated = _repeated(every, counted, owners, self.run)
        gone, partner = repeated.gone(self.at_least, self.keep)
        cut = spans(every, counted[gone], partner)
        facts = {
            "units": len(counted),
            "units_cut": len(gone),
            "rows_cut": len(np.unique(cut.texts // len(names))),
            "texts_emptied": cut.emptied,
            "not_judged": rows - int(np.count_nonzero(owners[1:] != owners[:-1])) - bool(len(owners)),
            "bytes": int(every.sizes.sum()),
            **self._bytes(every, counted, repeated),
            "most_frequent": [one.told(every, counted, ids) for one in repeated.most_frequent(self.at_least)],
        }
        return Outcome(("",), np.zeros(rows, np.int16), "repeated", facts=facts, cuts=cut.table(names, ids))

    def _bytes(self, every: Listed, counted: Numbers, repeated: _Repeated) -> dict[str, Any]:
        """How many bytes of units go, and how many would at other limits."""
        most = max(self.at_least, repeated.found.rows.max(initial=0))
        limits = [limit for limit in sorted({self.at_least, *LIMITS}) if limit <= most]
        curve = {limit: int(every.bytes(counted[repeated.gone(limit, self.keep)[0]]).sum()) for limit in limits}
        return {"bytes_cut": curve[self.at_least], "bytes_cut_at": [list(point) for point in curve.items()]}


@dataclass(frozen=True)
class _Repeated:
    """Runs of units that stand in several rows: their numbers, where among the counted units each begins, and whether its row
    is the first that has it."""

    numbers: npt.NDArray[np.uint64]
    begins: Numbers
    found: Recurring
    first: npt.NDArray[np.bool_]
    run: int

    def gone(self, limit: int, keep: str) -> tuple[Numbers, Numbers]:
        """Which counted units go if so many rows are enough, ascending, and for each of them a row that has it and keeps it
        (−1: none)."""
        enough = self.found.rows >= limit
        takes = enough & ~self.first if keep == "first" else enough
        partner = self.found.first[takes] if keep == "first" else np.full(np.count_nonzero(takes), -1)
        units, which = np.unique(self._units(takes), return_index=True)
        if self.run > 1 and keep == "first":
            stays = ~np.isin(units, self._units(enough & self.first))
            units, which = units[stays], which[stays]
        return units, partner[which % max(len(partner), 1)]

    def _units(self, some: npt.NDArray[np.bool_]) -> Numbers:
        """The units of some runs: first the last one of each, so that of runs that overlap the first is found first."""
        return np.concatenate([self.begins[some] + place for place in range(self.run - 1, -1, -1)])

    def most_frequent(self, limit: int) -> list[_Frequent]:
        """The runs that stand in the most rows."""
        some = np.flatnonzero(self.first & (self.found.rows >= limit))
        _, firsts = np.unique(self.numbers[some], return_index=True)
        some = some[np.sort(firsts)]
        some = some[np.argsort(-self.found.rows[some], kind="stable")][:MOST]
        return [_Frequent(int(self.found.rows[one]), self.begins[self.numbers == self.numbers[one]], self.run) for one in some]


@dataclass(frozen=True)
class _Frequent:
    """A run of units: in how many rows it stands, and where it begins."""

    rows: int
    begins: Numbers
    run: int

    def told(self, every: Listed, counted: Numbers, ids: Ids) -> dict[str, Any]:
        """Its rows, its bytes, and the ids of a few rows; never its text, which may be anybody's."""
        some = np.unique(every.rows(counted[self.begins]))[:EXAMPLES]
        sizes = every.bytes(counted[self.begins[0] : self.begins[0] + self.run])
        return {"rows": self.rows, "bytes": int(sizes.sum()), "examples": [shown(bytes(ids[row])) for row in some]}


def _text(batch: Batch, name: str) -> pa.Array:
    """A column of texts. Raises AskedWrong where it has none: of a number or a list nothing can be taken out."""
    column = batch[name]
    if not (pa.types.is_large_string(column.type) or pa.types.is_string(column.type)):
        raise AskedWrong(f"`{name}` holds {column.type}, from which no lines can be taken out.", remedy="Name columns of texts in `fields`.")
    return column


def _repeated(every: Listed, counted: Numbers, owners: npt.NDArray[np.uint32], run: int) -> _Repeated:
    """The runs of so many counted units that stand in several rows. `owners`: the row of each counted unit."""
    numbers, starts = windows(every.numbers[counted], every.texts[counted], run)
    found = recurring(numbers, owners if run == 1 else owners[starts])
    begin = starts[found.places]
    return _Repeated(numbers[found.places], begin, found, owners[begin] == found.first, run)
