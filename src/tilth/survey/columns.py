"""A column as it comes, batch by batch: what its cells hold, how many values differ, how they lie; and in the end what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.survey.facts import Column
from tilth.survey.numbers import Numbers, share
from tilth.survey.plain import is_json, type_name
from tilth.survey.tally import Tally, digests_of
from tilth.survey.values import SEEN, ends_of_dates, held, looks, spelled

DISTINCT = 1 << 18
"""So many different values are counted exactly."""

TOPS = 2000
"""A column with more different values than this has no most frequent ones."""

SHOWN, EXAMPLES, LONGEST = 20, 3, 200
ABOUT_ALL = 0.9
LISTED = 50_000
"""Values of a list column whose lengths are told."""


@dataclass
class Cells:
    """What is known of a column so far; two of these can be joined."""

    name: str
    type: str
    form: str
    """How its values are held: `text`, `number`, `flag` or `json`."""
    rows: int = 0
    held: Counter[str] = field(default_factory=Counter)
    numbers: Numbers = field(default_factory=Numbers)
    tally: Tally = field(default_factory=lambda: Tally(DISTINCT))
    tops: Counter[str] | None = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    looked: int = 0
    looks: Counter[str] = field(default_factory=Counter)
    spaced: int = 0
    """Of the texts that were looked at, those with at least three spaces, or long ones of a script without."""
    characters: int = 0
    dates: tuple[str, str] | None = None
    undated: bool = False
    lists: int = 0
    chats: int = 0

    @staticmethod
    def of(field: pa.Field) -> Cells:
        """Nothing yet of this column."""
        kind = field.type
        form = "json" if is_json(field) else "flag" if pa.types.is_boolean(kind) else "text" if pa.types.is_large_string(kind) else "number"
        said = (field.metadata or {}).get(b"type", b"").decode()
        return Cells(field.name, said or type_name(field), form)

    def add(self, array: pa.Array) -> None:
        """Count these cells."""
        self.rows += len(array)
        self.held["null"] += array.null_count
        some = array.drop_null()
        if not len(some):
            return
        {"text": self._texts, "number": self._numbers, "flag": self._flags, "json": self._nested}[self.form](some)

    def _numbers(self, some: pa.Array) -> None:
        values = np.asarray(some, np.float64)
        nan, zero = int(np.isnan(values).sum()), int((values == 0).sum())
        self.held.update({"nan": nan, "zero": zero, "value": len(values) - nan - zero})
        self.numbers.add(values)
        self.tally.add(digests_of(some))
        self._count(some.cast(pa.large_string()) if self.tops is not None else None)

    def _flags(self, some: pa.Array) -> None:
        self.held["value"] += len(some)
        self.tally.add(digests_of(some))
        self._count(some.cast(pa.large_string()))

    def _texts(self, some: pa.Array) -> None:
        told, filled = held(some)
        self.held.update(told)
        some = some.filter(filled) if told["value"] < len(some) else some
        if not len(some):
            return
        self.tally.add(digests_of(some))
        self.characters += pc.sum(pc.binary_length(some)).as_py()
        self._count(some)
        self._look(some)

    def _look(self, some: pa.Array) -> None:
        """Look at a few for what they spell; if they spell numbers or dates, at all of them."""
        few = some.take(pa.array(np.unique(np.linspace(0, len(some) - 1, SEEN).astype(np.int64))))
        short = few if pc.max(pc.binary_length(few)).as_py() <= 1 << 16 else pc.utf8_slice_codeunits(few, 0, 1 << 14)
        found = looks(short)
        self.looked += len(few)
        self.looks.update(found)
        spaces = np.asarray(pc.count_substring(short, " ")) >= 3
        foreign = np.asarray(pc.binary_length(short)) > 1.5 * np.asarray(pc.utf8_length(short))
        long = np.asarray(pc.utf8_length(short)) >= 20
        self.spaced += int((spaces | foreign & long).sum())
        if found["number"] >= ABOUT_ALL * len(few):
            self.numbers.add(spelled(some))
        elif found["date"] >= ABOUT_ALL * len(few) and not self.undated:
            ends = ends_of_dates(some)
            self.undated = ends is None
            self.dates = _wider(self.dates, ends)

    def _nested(self, some: pa.Array) -> None:
        begins = pc.utf8_slice_codeunits(some, 0, 1)
        blank = pc.is_in(some, value_set=pa.array(["[]", "{}", '""'], pa.large_string()))
        empty = int(pc.sum(blank).as_py() or 0)
        self.held.update({"empty": empty, "value": len(some) - empty})
        self.tally.add(digests_of(some.filter(pc.invert(blank))))
        listed = some.filter(pc.equal(begins, "["))
        self.lists += len(listed)
        self.looked += len(some)
        if len(listed):
            step = max(1, len(listed) // LISTED)
            decoded = [msgspec.json.decode(text) for text in listed.take(pa.array(range(0, len(listed), step))).to_pylist()]
            self.numbers.add(np.array([len(one) for one in decoded], np.int64))
            self.chats += sum(is_chat(one) for one in decoded[:SEEN]) * len(listed) // min(SEEN, len(decoded))
        self._exemplify(some.filter(pc.invert(blank)))

    def _count(self, some: pa.Array | None) -> None:
        """Count the most frequent values, as long as there are not too many."""
        if some is None:
            return
        self._exemplify(some)
        if self.tops is None:
            return
        if pc.max(pc.binary_length(some)).as_py() > LONGEST or len(self.tops) > TOPS:
            self.tops = None
            return
        for pair in pc.value_counts(some).to_pylist():
            self.tops[pair["values"]] += pair["counts"]

    def _exemplify(self, some: pa.Array) -> None:
        if len(self.examples) >= EXAMPLES:
            return
        for value in pc.utf8_slice_codeunits(some.slice(0, 200), 0, LONGEST).to_pylist():
            if value not in self.examples and len(self.examples) < EXAMPLES:
                self.examples.append(value)

    def join(self, other: Cells) -> None:
        """Count what the other one has counted."""
        self.rows, self.looked, self.spaced = self.rows + other.rows, self.looked + other.looked, self.spaced + other.spaced
        self.characters, self.lists, self.chats = self.characters + other.characters, self.lists + other.lists, self.chats + other.chats
        self.held.update(other.held)
        self.looks.update(other.looks)
        self.numbers.join(other.numbers)
        self.tally.join(other.tally)
        self.dates, self.undated = _wider(self.dates, other.dates), self.undated or other.undated
        self.examples = list(dict.fromkeys([*self.examples, *other.examples]))[:EXAMPLES]
        if self.tops is None or other.tops is None or len(self.tops) > TOPS:
            self.tops = None
        else:
            self.tops.update(other.tops)

    @property
    def filled(self) -> int:
        """The cells that hold a value, 0 being one."""
        return self.held["value"] + self.held["zero"]

    def spells(self, kind: str) -> bool:
        """Whether about all texts read as a number, a date, a link."""
        return self.form == "text" and self.looked > 0 and self.looks[kind] >= ABOUT_ALL * self.looked

    @property
    def mean_bytes(self) -> float:
        """How long the texts are that hold something."""
        return self.characters / max(1, self.held["value"])

    def told(self, *, whole: bool) -> Column:
        """The column as the survey tells it."""
        kind = self.kind()
        counted = kind in ("category", "flag", "constant") and self.tops is not None
        tops = self.tops.most_common(SHOWN) if counted and self.tops is not None else []
        numeric = self.form in ("number", "json") or self.spells("number")
        return Column(
            name=self.name,
            type=self.type,
            kind=kind,
            held={name: count for name, count in self.held.items() if count},
            filled=share(self.filled, self.rows, whole=whole),
            distinct=self.tally.distinct if self.filled else None,
            distinct_at_least=not self.tally.exact,
            looks_like={name: count / self.looked for name, count in self.looks.items() if count} if self.looked and self.form == "text" else {},
            examples=self.examples,
            top=tops,
            numbers=self.numbers.distribution() if numeric else None,
            outliers=self.numbers.outliers() if kind == "number" else None,
            first=self.dates[0] if self.dates and not self.undated and kind == "date" else None,
            last=self.dates[1] if self.dates and not self.undated and kind == "date" else None,
            misfits=self._misfits(),
        )

    def _misfits(self) -> int:
        """Of texts that are nearly all numbers, about how many are none."""
        if not self.spells("number") or self.looks["number"] == self.looked:
            return 0
        return max(0, self.held["value"] - self.numbers.n)

    def kind(self) -> str:
        """What people would call the column."""
        if not self.filled:
            return "empty"
        if self.tally.exact and self.tally.distinct == 1 and self.filled == self.rows > 1:
            return "constant"
        return {"flag": lambda: "flag", "number": self._number, "json": self._json, "text": self._text}[self.form]()

    def _number(self) -> str:
        named = self.name.lower()
        if self.tally.exact and self.tally.distinct == self.filled > 20 and "int" in self.type:
            dense = self.numbers.greatest - self.numbers.least < 3 * self.filled
            return "id" if dense or named in ("id", "key", "index") or named.endswith(("_id", " id")) else "number"
        few = self.tally.exact and self.numbers.whole and self.tops is not None and self.numbers.n == self.filled
        if few and {*(self.tops or ())} <= {"0", "1"}:
            return "flag"
        return "category" if few and self.tally.distinct <= 12 and self.filled >= 5 * self.tally.distinct else "number"

    def _json(self) -> str:
        if self.chats >= ABOUT_ALL * self.filled:
            return "chat"
        return "list" if self.lists >= ABOUT_ALL * self.filled else "json"

    def _text(self) -> str:
        spelt = next((kind for kind in ("number", "date", "url", "json") if self.spells(kind)), "")
        unique = self.tally.distinct / max(1, self.filled)
        if spelt and (spelt != "number" or self.tally.distinct > 12 or unique == 1):
            return "id" if spelt == "number" and unique == 1 and self.filled > 20 and self.name.lower().endswith("id") else spelt
        prose = self.spaced >= 0.3 * self.looked or self.mean_bytes >= 100
        few = self.tops is not None and self.tally.distinct <= max(20, 0.05 * self.filled) and self.filled > self.tally.distinct
        if few and self.mean_bytes <= LONGEST / 2:
            return "category"
        if prose:
            return "text"
        if unique > 0.99 and self.filled > 20 and self.mean_bytes <= 40 and self.spaced < 0.02 * self.looked:
            return "id"
        return "category" if unique < 1 else "text"


def is_chat(value: Any) -> bool:
    """Whether a JSON value is a list of messages: of somebody, saying something."""
    if not isinstance(value, list) or not value or not all(isinstance(one, Mapping) for one in value):
        return False
    return all(("role" in one and ("content" in one or "tool_calls" in one)) or ("from" in one and "value" in one) for one in value)


def _wider(one: tuple[str, str] | None, other: tuple[str, str] | None) -> tuple[str, str] | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
