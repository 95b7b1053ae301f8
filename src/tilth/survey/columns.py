"""A column as it comes, batch by batch: what its cells hold, how many values differ, how they lie; and in the end what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.survey.facts import Column
from tilth.survey.glances import Glances
from tilth.survey.numbers import KEPT, Numbers, share
from tilth.survey.plain import is_json, type_name
from tilth.survey.tally import Digests, Tally, digests_of
from tilth.survey.values import KINDS, ends_of_dates, held, looks, spelled

DISTINCT = 1 << 18
"""So many different values are counted exactly, where there are few columns."""

HELD, LEAST = 1 << 22, 1 << 13
"""All columns together hold about so many different values, and each may hold at least so many."""

TOPS = 2000
"""A column with more different values than this has no most frequent ones."""

SHOWN, EXAMPLES, LONGEST = 20, 3, 200
ABOUT_ALL = 0.9
MOSTLY_NEW = 0.5
"""Where a larger share of short texts differ than this, they are no category."""

READ = 1 << 14
"""Characters of a text that are looked at for what it spells."""

_LENGTH = msgspec.json.Decoder(list[msgspec.Raw])


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
    glances: Glances = field(default_factory=Glances)
    characters: int = 0
    dates: tuple[str, str] | None = None
    dated: int = 0
    """Texts that begin with a date, written with the year first."""
    lists: int = 0
    read_as: str | None = None
    """As what the texts are read, `number` or `date`, if as anything; null: the first ones tell."""

    @staticmethod
    def of(field: pa.Field, columns: int = 1, read_as: str | None = None) -> Cells:
        """Nothing yet of this column, of so many."""
        kind = field.type
        form = "json" if is_json(field) else "flag" if pa.types.is_boolean(kind) else "text" if pa.types.is_large_string(kind) else "number"
        said = (field.metadata or {}).get(b"type", b"").decode()
        most = max(LEAST, HELD // max(1, columns))
        numbers, tally = Numbers(min(KEPT, most)), Tally(min(DISTINCT, most))
        return Cells(field.name, said or type_name(field), form, numbers=numbers, tally=tally, read_as=read_as)

    def following(self) -> Cells:
        """Nothing yet of cells that follow: it gathers nothing that would not count in the end."""
        numbers, tally, glances = self.numbers.following(), self.tally.following(), self.glances.following()
        made = Cells(self.name, self.type, self.form, numbers=numbers, tally=tally, glances=glances, read_as=self.read_as)
        made.tops = None if self.tops is None else made.tops
        return made

    def add(self, array: pa.Array, priority: Digests) -> None:
        """Count these cells. `priority`: a random number for each."""
        self.rows += len(array)
        self.held["null"] += array.null_count
        some = array.drop_null()
        if not len(some):
            return
        priority = priority[np.asarray(array.is_valid())] if array.null_count else priority
        {"text": self._texts, "number": self._numbers, "flag": self._flags, "json": self._nested}[self.form](some, priority)

    def _numbers(self, some: pa.Array, _: Digests) -> None:
        values = np.asarray(some, np.float64)
        nan, zero = int(np.isnan(values).sum()), int((values == 0).sum())
        self.held.update({"nan": nan, "zero": zero, "value": len(values) - nan - zero})
        self.numbers.add(values)
        self.tally.add(digests_of(some))
        self._count(some.cast(pa.large_string()) if self.tops is not None else None)

    def _flags(self, some: pa.Array, _: Digests) -> None:
        self.held["value"] += len(some)
        self.tally.add(digests_of(some))
        self._count(some.cast(pa.large_string()))

    def _texts(self, some: pa.Array, priority: Digests) -> None:
        told, filled = held(some)
        self.held.update(told)
        if told["value"] < len(some):
            some, priority = some.filter(filled), priority[np.asarray(filled)]
        if not len(some):
            return
        self.tally.add(digests_of(some))
        self.characters += pc.sum(pc.binary_length(some)).as_py()
        self._count(some)
        self.glances.add(some, priority, _spelled)
        if self.read_as is None:
            self.read_as = next((kind for kind in ("number", "date") if self.spells(kind)), "")
        if self.read_as == "number":
            self.numbers.add(spelled(some))
        elif self.read_as == "date":
            ends, dated = ends_of_dates(some)
            self.dates, self.dated = _wider(self.dates, ends), self.dated + dated

    def _nested(self, some: pa.Array, priority: Digests) -> None:
        blank = pc.is_in(some, value_set=pa.array(["[]", "{}", '""'], pa.large_string()))
        empty = int(pc.sum(blank).as_py() or 0)
        self.held.update({"empty": empty, "value": len(some) - empty})
        listed = some.filter(pc.starts_with(some, "["))
        self.lists += len(listed)
        self.numbers.add(np.array([len(_LENGTH.decode(text)) for text in listed.to_pylist()], np.int64))
        filled = pc.invert(blank)
        some, priority = some.filter(filled), priority[np.asarray(filled)]
        self.tally.add(digests_of(some))
        self.glances.add(some, priority, _said)
        self._exemplify(some)

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
        self.tops = self.tops if len(self.tops) <= TOPS else None

    def _exemplify(self, some: pa.Array) -> None:
        """Keep the first values that differ."""
        for begin in range(0, len(some), 200):
            if len(self.examples) >= EXAMPLES:
                return
            values = pc.unique(pc.utf8_slice_codeunits(some.slice(begin, 200), 0, LONGEST)).to_pylist()
            self.examples = list(dict.fromkeys([*self.examples, *values]))[:EXAMPLES]

    def join(self, other: Cells) -> None:
        """Count what the other one has counted."""
        self.rows, self.characters, self.lists = self.rows + other.rows, self.characters + other.characters, self.lists + other.lists
        self.held.update(other.held)
        self.glances.join(other.glances)
        self.read_as = other.read_as if self.read_as is None else self.read_as
        self.numbers.join(other.numbers)
        self.tally.join(other.tally)
        self.dates, self.dated = _wider(self.dates, other.dates), self.dated + other.dated
        self.examples = list(dict.fromkeys([*self.examples, *other.examples]))[:EXAMPLES]
        if self.tops is not None and other.tops is not None:
            self.tops.update(other.tops)
        self.tops = None if self.tops is None or other.tops is None or len(self.tops) > TOPS else self.tops

    @property
    def filled(self) -> int:
        """The cells that hold a value, 0 being one."""
        return self.held["value"] + self.held["zero"]

    def spells(self, kind: str) -> bool:
        """Whether about all texts read as a number, a date, a link."""
        return self.form == "text" and self.glances.looked > 0 and self.glances.count(kind) >= ABOUT_ALL * self.glances.looked

    def _looks_like(self) -> dict[str, float]:
        counts = {kind: self.glances.count(kind) for kind in KINDS if self.form == "text"}
        return {kind: count / self.glances.looked for kind, count in counts.items() if count}

    @property
    def mean_bytes(self) -> float:
        """How long the texts are that hold something."""
        return self.characters / max(1, self.held["value"])

    def told(self, *, whole: bool) -> Column:
        """The column as the survey tells it."""
        kind = self.kind()
        counted = kind in ("category", "flag", "constant") and self.tops is not None
        tops = self.tops.most_common(SHOWN) if counted and self.tops is not None else []
        dates = self.dates if kind == "date" and self.dated >= ABOUT_ALL * self.held["value"] else None
        numeric = self.form in ("number", "json") or self.spells("number")
        return Column(
            name=self.name,
            type=self.type,
            kind=kind,
            held={name: count for name, count in self.held.items() if count},
            filled=share(self.filled, self.rows, whole=whole),
            distinct=self.tally.distinct if self.filled else None,
            distinct_at_least=not self.tally.exact,
            looks_like=self._looks_like(),
            examples=self.examples,
            top=tops,
            numbers=self.numbers.distribution() if numeric else None,
            outliers=self.numbers.outliers() if kind == "number" else None,
            first=dates[0] if dates else None,
            last=dates[1] if dates else None,
            misfits=self._misfits(),
        )

    def _misfits(self) -> int:
        """Of texts that are nearly all numbers, how many are none."""
        return max(0, self.held["value"] - self.numbers.n) if self.spells("number") and self.read_as == "number" else 0

    def kind(self) -> str:
        """What people would call the column."""
        if not self.filled:
            return "empty"
        if self.tally.exact and self.tally.distinct == 1 and self.filled == self.rows > 1:
            return "constant"
        if "binary" in self.type:
            return "bytes"
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
        if self.glances.looked and self.glances.count("chat") >= ABOUT_ALL * self.glances.looked:
            return "chat"
        return "list" if self.lists >= ABOUT_ALL * self.filled else "json"

    def _text(self) -> str:
        spelt = next((kind for kind in ("number", "date", "url", "json") if self.spells(kind)), "")
        unique = self.tally.distinct / max(1, self.filled)
        if spelt and (spelt != "number" or self.tally.distinct > 12 or unique == 1):
            return "id" if spelt == "number" and unique == 1 and self.filled > 20 and self.name.lower().endswith("id") else spelt
        looked, spaced = self.glances.looked, self.glances.count("spaced")
        prose = self.spells("email") or spaced >= 0.3 * looked or self.mean_bytes >= 100
        few = self.tops is not None and self.tally.distinct <= max(20, 0.05 * self.filled) and self.filled > self.tally.distinct
        if few and self.mean_bytes <= LONGEST / 2:
            return "category"
        if prose:
            return "text"
        if unique > 0.99 and self.filled > 20 and self.mean_bytes <= 40 and spaced < 0.02 * looked:
            return "id"
        return "category" if unique <= MOSTLY_NEW else "text"


def _spelled(some: pa.Array) -> dict[str, npt.NDArray[np.bool_]]:
    """What texts spell; and `spaced`, those with at least three spaces, or long ones of a script without."""
    short = some if pc.max(pc.binary_length(some)).as_py() <= READ else pc.utf8_slice_codeunits(some, 0, READ)
    spaces = np.asarray(pc.count_substring(short, " ")) >= 3
    foreign = np.asarray(pc.binary_length(short)) > 1.5 * np.asarray(pc.utf8_length(short))
    long = np.asarray(pc.utf8_length(short)) >= 20
    return {**looks(short), "spaced": spaces | foreign & long}


def _said(some: pa.Array) -> dict[str, npt.NDArray[np.bool_]]:
    """Which JSON texts are conversations."""
    return {"chat": np.array([text.startswith("[") and is_chat(msgspec.json.decode(text)) for text in some.to_pylist()], np.bool_)}


def is_chat(value: Any) -> bool:
    """Whether a JSON value is a list of messages: of somebody, saying something."""
    if not isinstance(value, list) or not value or not all(isinstance(one, Mapping) for one in value):
        return False
    return all(("role" in one and ("content" in one or "tool_calls" in one)) or ("from" in one and "value" in one) for one in value)


def _wider(one: tuple[str, str] | None, other: tuple[str, str] | None) -> tuple[str, str] | None:
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
