"""What steps tell beside their counts: rows that belong together, what was hidden, whom each step kept, and whatever else.

Every step has facts of its own. Those that are known here are shown in their own way; all others as names and values, so that
nothing that a step tells is lost on the way to the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tilth.intervals import wilson
from tilth.report import numbers

MOST = 12
"""Lines of a list of values that are shown."""

DEPTH = 2
"""How deep names stand in names before the rest is told as it was written."""


class Gathered(msgspec.Struct, frozen=True):
    """What a step that looks at all rows tells beside its counts.

    `groups` of rows that belong together, the `largest_group`, rows that were `not_judged`; of near-duplicates the
    `candidates` that were compared and the pairs `skipped`, the rows `dropped_at` each similarity, and with what
    probability pairs of it were found (`detection`); of a split the rows by which a part is `short`.
    """

    groups: int | None = None
    largest_group: int | None = None
    not_judged: int = 0
    candidates: int | None = None
    skipped: int = 0
    dropped_at: list[tuple[float, int]] = []
    detection: list[tuple[float, float]] = []
    short: dict[str, int] = {}


class Hidden(msgspec.Struct, frozen=True):
    """What a redaction hid: by kind the `spans` and the `rows` that had them; of the texts that were looked at twice, those `drawn`
    by lot and those `marked` by the first look, in how many of each the second found more, and by kind what only it found."""

    spans: dict[str, int] = {}
    rows: dict[str, int] = {}
    missed: dict[str, int] = {}
    drawn: int = 0
    drawn_lacking: int = 0
    marked: int = 0
    marked_lacking: int = 0

    @property
    def left(self) -> tuple[float, float, float]:
        """The share of texts in which the first look leaves something that the second finds, with its interval."""
        low, high = wilson(self.drawn_lacking, self.drawn)
        return self.drawn_lacking / self.drawn, low, high


class Group(msgspec.Struct, frozen=True):
    """Rows of one value: how many `came` and `stayed`, the share with its interval, and that share over the greatest one."""

    value: str
    came: int
    stayed: int
    share: float
    low: float
    high: float
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    marked: bool = False


class Represented(msgspec.Struct, frozen=True):
    """Whom a step kept, by one property of the rows; `of`: how many values there are; `marked`: groups below four fifths."""

    dataset: str
    step: str
    by: str
    groups: list[Group]
    best: str = ""
    of: int = 0
    marked: int = 0


def fits(facts: Mapping[str, Any], name: str, kind: type[msgspec.Struct]) -> bool:
    """Whether a fact is what is meant by that name; a step may use it for something else, and then it is told among the others."""
    field = next((field for field in msgspec.structs.fields(kind) if field.name == name), None)
    if field is None:
        return False
    try:
        msgspec.convert(facts[name], field.type)
    except msgspec.ValidationError:
        return False
    return True


def gathered(facts: Mapping[str, Any]) -> Gathered:
    """Those facts that have a form of their own on the page."""
    return msgspec.convert({name: value for name, value in facts.items() if fits(facts, name, Gathered)}, Gathered)


def hidden(facts: Mapping[str, Any]) -> Hidden | None:
    """What a redaction hid; None for other steps."""
    return msgspec.convert(facts["hidden"], Hidden) if isinstance(facts.get("hidden"), dict) else None


def others(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """All other facts, as names and values in words."""
    rest = {name: value for name, value in facts.items() if name != "hidden" and not fits(facts, name, Gathered)}
    return list(_lines(rest, 0))


def _lines(facts: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if value in (None, [], {}, ""):
            continue
        shown = name.replace("_", " ")
        if isinstance(value, dict) and depth < DEPTH and any(isinstance(inner, dict | list) for inner in value.values()):
            yield from ((f"{shown}, {inner}", said) for inner, said in _lines(value, depth + 1))
        else:
            yield shown, _said(name, value)


def _said(name: str, value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float() if name == "bytes" or name.endswith(("_bytes", "seconds")):
            return numbers.quantity(value, name)
        case int() | float():
            return numbers.number(value, 4)
        case str():
            return value
        case dict():
            return _few([f"{inner} {_said(str(inner), one)}" for inner, one in value.items()])
        case [*items] if items and all(isinstance(item, list) and len(item) == 2 for item in items):
            return _few([f"{_said('', one)}: {_said('', other)}" for one, other in items])
        case [*items]:
            return _few([_said("", item) for item in items])
        case _:
            return msgspec.json.encode(value).decode()


def _few(parts: list[str]) -> str:
    rest = len(parts) - MOST
    return "; ".join(parts[:MOST]) + (f"; and {numbers.count(rest)} more" if rest > 0 else "")
