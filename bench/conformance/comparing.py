"""Ours beside a tool's: the same documents, rule by rule; where they differ, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from bench.conformance.documents import Document
from tilth.frames import to_batch
from tilth.step import Filter, Range
from tilth.steps.filter.characters import Characters
from tilth.steps.filter.quality import SETS, Quality

BATCH = 500
NEAR = 1e-12
"""Two values count as equal if they differ by no more, a share of two whole numbers being rounded once."""

Value = float | None

CHARACTERS = {"alphanumeric": Range(at_least=0.25), "special": Range(at_most=0.25)}
REPETITION = {"character_repetition": Range(at_most=0.5), "word_repetition": Range(at_most=0.5)}
"""Data-Juicer's own limits, by the settings of `filter.characters`."""

LIMITS = {**SETS, "data-juicer": {"characters": {**{f"{name}_share": limits for name, limits in CHARACTERS.items()}, **REPETITION}}}
"""The limits of each tool, by its sets of rules and our measures."""

WHETHER = {("datatrove", "lines")}
"""Measures of which the tool tells no number, but whether it is 0."""


@dataclass(frozen=True)
class Difference:
    """A document on which the two do not agree."""

    document: str
    ours: Value
    theirs: Value
    cause: str
    other_verdict: bool
    """Whether one side drops it by this rule and the other does not."""


@dataclass
class Agreement:
    """One rule of one dialect."""

    rules: str
    rule: str
    rows: int = 0
    dropped: int = 0
    """By the tool."""
    same_value: int = 0
    same_verdict: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of rows with the same verdict."""
        return self.same_verdict / self.rows


def ours(dialect: str, documents: Sequence[Document]) -> dict[str, dict[str, list[Value]]]:
    """Our values of each measure of each set of rules, in the order of the documents."""
    found: dict[str, dict[str, list[Value]]] = {rules: {name: [] for name in names} for rules, names in LIMITS[dialect].items()}
    for start in range(0, len(documents), BATCH):
        batch = to_batch(pa.table({"text": [text for _, text in documents[start : start + BATCH]]}))
        taken: dict[Any, Mapping[str, pa.Array]] = {}
        for rules, values in found.items():
            for check in _step(dialect, rules).checks():
                name, family = check.measure.name, check.measure.of
                if family not in taken:
                    taken[family] = family(batch.table["text"].combine_chunks())
                told = taken[family][name].to_pylist()
                values[name] += [min(value, 1) for value in told] if (dialect, name) in WHETHER else told
    return found


def _step(dialect: str, rules: str) -> Filter:
    if dialect == "data-juicer":
        return Characters.model_validate({**CHARACTERS, **REPETITION})
    return Quality.model_validate({"rules": [rules], "dialect": dialect})


def breaks(dialect: str, rules: str, rule: str, value: Value) -> bool:
    """Whether a value is beyond the limits; one that is not there is not."""
    limits = LIMITS[dialect][rules][rule]
    low, high = limits.at_least, limits.at_most
    return value is not None and ((low is not None and value < low) or (high is not None and value > high))


def compare(
    dialect: str,
    documents: Sequence[Document],
    mine: Mapping[str, Mapping[str, Sequence[Value]]],
    told: Sequence[Mapping[str, Any]],
    cause: Callable[[str, str, Value, Value, Mapping[str, Any]], str],
) -> list[Agreement]:
    """Every rule of a dialect, row by row. `cause`: why a rule has two values for a text, given the rule, the text, both values and
    what the tool told of the set of rules."""
    found = []
    for rules, names in mine.items():
        for rule, values in names.items():
            one = Agreement(rules, rule)
            for (place, text), value, row in zip(documents, values, told, strict=True):
                theirs = row[rules]["values"].get(rule)
                _count(one, dialect, (place, value, theirs), lambda t=text, v=value, w=theirs, r=row, n=rule, s=rules: cause(n, t, v, w, r[s]))
            found.append(one)
    return found


def _count(one: Agreement, dialect: str, row: tuple[str, Value, Value], cause: Callable[[], str]) -> None:
    place, value, theirs = row
    broken, broken_there = (breaks(dialect, one.rules, one.rule, each) for each in (value, theirs))
    same = value == theirs or (value is not None and theirs is not None and abs(value - theirs) <= NEAR)
    one.rows += 1
    one.dropped += broken_there
    one.same_value += same
    one.same_verdict += broken == broken_there
    if not same:
        one.differences.append(Difference(place, value, theirs, cause(), broken != broken_there))


def reasons(dialect: str, mine: Mapping[str, Mapping[str, Sequence[Value]]], rules: str) -> list[str]:
    """For each document the first rule of a set that it breaks, by our values; nothing where it stays."""
    names = list(mine[rules])
    broken = np.array([[breaks(dialect, rules, name, value) for value in mine[rules][name]] for name in names])
    return [names[place] if some else "" for place, some in zip(broken.argmax(axis=0), broken.any(axis=0), strict=True)]


def causes(agreements: Sequence[Agreement]) -> Counter[str]:
    """How many differences have each cause."""
    return Counter(difference.cause for agreement in agreements for difference in agreement.differences)
