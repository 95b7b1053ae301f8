"""A column of texts as it comes: lengths, quality, damage, personal data, scripts, copies, the longest and the shortest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.survey.facts import Copies, Distribution, Remarkable, Rule, Share, Texts
from tilth.survey.numbers import Numbers, nothing, share
from tilth.survey.tally import Tally
from tilth.text import damage, lines, personal, repetition, script, walk
from tilth.text.digests import digests
from tilth.text.rules import USUAL

TEXTS = 1 << 20
"""So many different texts are counted exactly."""

ENDS = 3
"""How many of the longest and of the shortest texts are remembered."""

BEGINS = 160
PIECE = 4 << 20
"""About how many bytes of texts are measured at once by a thread."""

Measured = Mapping[str, pa.Array]
FAMILIES: tuple[Callable[[pa.Array], Measured], ...] = (walk.walk, repetition.repetition, lines.lines, script.script, damage.damage)


def strings(array: pa.Array) -> pa.LargeStringArray:
    """The texts inside JSON values, those of a row joined by line ends: of lists of texts, and of messages what they say."""
    return pa.array([None if text is None else _strings(msgspec.json.decode(text)) for text in array.to_pylist()], pa.large_string())


def _strings(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(found for one in value if (found := _strings(one)))
    if isinstance(value, dict):
        return _strings(value.get("content") or value.get("value") or "")
    return ""


def measure(texts: pa.LargeStringArray, pool: Executor) -> tuple[Measured, dict[str, tuple[int, int]], npt.NDArray[np.uint64]]:
    """All measures of each text, how many rows and findings there are of each kind of personal data, and digests."""
    pieces = [texts.slice(begin, end - begin) for begin, end in pairwise(_cuts(texts))]
    found = [[pool.submit(family, piece) for piece in pieces] for family in FAMILIES]
    people = [pool.submit(personal.count, piece) for piece in pieces]
    digested = [pool.submit(digests, piece) for piece in pieces]
    measures: dict[str, pa.Array] = {}
    for family in found:
        told = [one.result() for one in family]
        measures |= {name: pa.concat_arrays([one[name] for one in told]) for name in told[0]}
    measures["tokens"] = pc.divide(pc.cast(pc.binary_length(texts), pa.float64()), 4.0)
    counts = [one.result() for one in people]
    personal_told = {kind: (sum(one[kind][0] for one in counts), sum(one[kind][1] for one in counts)) for kind in counts[0]}
    return measures, personal_told, np.concatenate([one.result() for one in digested])


def _cuts(texts: pa.LargeStringArray) -> list[int]:
    """Where to cut the texts into pieces of about PIECE bytes."""
    rows = max(1, int(len(texts) * PIECE / max(1, texts.nbytes)))
    return [*range(0, max(1, len(texts)), rows), len(texts)]


@dataclass
class End:
    """A long or short text: its characters, its row, its place, how it begins."""

    characters: int
    row: int
    place: str
    begins: str


@dataclass
class Prose:
    """What is known of a column of texts so far; two of these can be joined."""

    column: str
    rows: int = 0
    characters: Numbers = field(default_factory=Numbers)
    words: Numbers = field(default_factory=Numbers)
    tokens: Numbers = field(default_factory=Numbers)
    broken: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    damaged: Counter[str] = field(default_factory=Counter)
    personal: dict[str, tuple[int, int]] = field(default_factory=dict)
    scripts: Counter[str] = field(default_factory=Counter)
    copies: Tally = field(default_factory=lambda: Tally(TEXTS))
    longest: list[End] = field(default_factory=list)
    shortest: list[End] = field(default_factory=list)

    def following(self) -> Prose:
        """Nothing yet of texts that follow."""
        lengths = (self.characters.following(), self.words.following(), self.tokens.following())
        return Prose(self.column, 0, *lengths, copies=self.copies.following())

    def add(self, texts: pa.LargeStringArray, places: Callable[[int], tuple[int, str]], pool: Executor) -> Measured:
        """Count these texts, nulls and empty ones left out; their measures, one a row. `places`: the row and the place of a row."""
        measures, found, digested = measure(texts, pool)
        there = np.asarray(pc.fill_null(pc.greater(pc.binary_length(texts), 0), False))
        self.rows += int(there.sum())
        for name, numbers in (("characters", self.characters), ("words", self.words), ("tokens", self.tokens)):
            numbers.add(np.asarray(measures[name].filter(pa.array(there)).drop_null()))
        self._judge(measures, there)
        self.damaged.update({kind: int(pc.sum(pc.greater(measures[kind], 0)).as_py() or 0) for kind in damage.KINDS})
        self.personal = _summed(self.personal, found)
        self.scripts.update({pair["values"]: pair["counts"] for pair in pc.value_counts(measures["script"].drop_null()).to_pylist()})
        self.copies.add(digested[there])
        self._ends(texts, measures, there, places)
        return measures

    def _judge(self, measures: Measured, there: npt.NDArray[np.bool_]) -> None:
        mask = pa.array(there)
        for rules in USUAL.values():
            for name, (low, high) in rules.items():
                values = np.asarray(measures[name].filter(mask).drop_null(), np.float64)
                self.judged[name] += len(values)
                beyond = (values < (-np.inf if low is None else low)) | (values > (np.inf if high is None else high))
                self.broken[name] += int(beyond.sum())

    def _ends(self, texts: pa.LargeStringArray, measures: Measured, there: npt.NDArray[np.bool_], places: Callable[[int], tuple[int, str]]) -> None:
        """Remember the longest and the shortest texts."""
        some = np.flatnonzero(there)
        if not len(some):
            return
        sizes = np.asarray(measures["characters"].take(pa.array(some)))
        shortest, longest = (np.argsort(one, kind="stable")[:ENDS] for one in (sizes, -sizes))
        for kept, chosen in ((self.shortest, shortest), (self.longest, longest)):
            for place in chosen:
                number, where = places(int(some[place]))
                begins = pc.utf8_slice_codeunits(texts.slice(some[place], 1), 0, BEGINS)[0].as_py()
                kept.append(End(int(sizes[place]), number, where, begins))
        self._sort()

    def _sort(self) -> None:
        self.longest = sorted(self.longest, key=lambda one: (-one.characters, one.row))[:ENDS]
        self.shortest = sorted(self.shortest, key=lambda one: (one.characters, one.row))[:ENDS]

    def join(self, other: Prose, rows: int) -> None:
        """Count what the other one has counted, before whose rows there are so many."""
        self.rows += other.rows
        for ours, theirs in ((self.characters, other.characters), (self.words, other.words), (self.tokens, other.tokens)):
            ours.join(theirs)
        for mine, more in ((self.broken, other.broken), (self.judged, other.judged), (self.damaged, other.damaged), (self.scripts, other.scripts)):
            mine.update(more)
        self.personal = _summed(self.personal, other.personal)
        self.copies.join(other.copies)
        for kept, added in ((self.longest, other.longest), (self.shortest, other.shortest)):
            kept += [End(one.characters, one.row + rows, one.place, one.begins) for one in added]
        self._sort()

    def told(
        self, languages: list[tuple[str, int]], near: Share | None, largest: list[tuple[str, int]], odd: list[Remarkable], *, whole: bool
    ) -> Texts:
        """The column as the survey tells it."""
        copies = Copies(exact=share(min(self.copies.repeats, self.rows), self.rows, whole=whole and self.copies.exact), near=near, largest=largest)
        return Texts(
            column=self.column,
            rows=self.rows,
            characters=_lengths(self.characters),
            words=_lengths(self.words),
            tokens=_lengths(self.tokens),
            languages=languages,
            scripts=self.scripts.most_common(),
            copies=copies,
            damage={kind: share(rows, self.rows, whole=whole) for kind, rows in self.damaged.items() if rows},
            personal={kind: told for kind, told in self.personal.items() if told[0]},
            quality=self._rules(whole=whole),
            judged=max(self.judged.values(), default=0),
            remarkable=[*self._remarkable(), *odd],
        )

    def _rules(self, *, whole: bool) -> list[Rule]:
        return [
            Rule(set=name, rule=rule, limit=limit_in_words(low, high), breaks=share(self.broken[rule], self.judged[rule], whole=whole))
            for name, rules in USUAL.items()
            for rule, (low, high) in rules.items()
        ]

    def _remarkable(self) -> list[Remarkable]:
        told = [("the longest text", one) for one in self.longest[:1]]
        if self.shortest and self.longest and self.shortest[0].characters < self.longest[0].characters:
            told += [("the shortest text", one) for one in self.shortest[:1]]
        return [Remarkable(why=why, row=one.row, place=one.place, begins=one.begins, value=float(one.characters)) for why, one in told]


def limit_in_words(low: float | None, high: float | None) -> str:
    """The limits of a measure, as people write them."""
    if low is not None and high is not None:
        return f"{low:,g} to {high:,g}"
    return f"at least {low:,g}" if low is not None else f"at most {high:,g}"


def _lengths(numbers: Numbers) -> Distribution:
    return numbers.distribution(logarithmic=True) or nothing()


def _summed(one: Mapping[str, tuple[int, int]], other: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    none = (0, 0)
    return {kind: (one.get(kind, none)[0] + other.get(kind, none)[0], one.get(kind, none)[1] + other.get(kind, none)[1]) for kind in {**one, **other}}


def prepare() -> None:
    """Compile what texts are measured with."""
    for room in (walk, repetition, lines, script, damage, personal):
        room.prepare()
