"""How two runs differ beside their rows: in what was asked, in what came out as digests tell it, in the counts of the steps,
in scores, and in versions and machines. All of it stands in their records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilth.errors import AskedWrong
from tilth.recipe.addresses import numbered, step_key
from tilth.recipe.nodes import Node, parse, plain
from tilth.recipe.resolve import find_step
from tilth.store.runs import Run

COUNTS = ("rows_in", "kept", "dropped", "quarantined", "edited")
ABSENT = "absent"
"""Stands where an address is on one side only; a setting that is the text `absent` is told apart by `only`."""

Interval = tuple[float, float, float]
"""A value, and the ends of its interval."""


@dataclass(frozen=True)
class Setting:
    """An address of the recipe at which the two differ; `only`: the side that has it, `a` or `b`, or none."""

    address: str
    a: Any
    b: Any
    only: str = ""


@dataclass(frozen=True)
class Counts:
    """A step whose counts differ: by count, both sides; null where the step is not."""

    step: str
    counts: Mapping[str, tuple[int | None, int | None]]


@dataclass(frozen=True)
class Scored:
    """One quality of one model on both sides: value, low, high, and the items it was measured on; null where it was not."""

    name: str
    model: str
    metric: str
    a: tuple[float, float | None, float | None, int] | None
    b: tuple[float, float | None, float | None, int] | None

    @property
    def intervals(self) -> tuple[Interval, Interval] | None:
        """Those of both sides; null where one has none."""
        a, b = _interval(self.a), _interval(self.b)
        return None if a is None or b is None else (a, b)

    @property
    def overlap(self) -> bool | None:
        """Whether the intervals overlap; null where one has none."""
        if self.intervals is None:
            return None
        a, b = self.intervals
        return a[1] <= b[2] and b[1] <= a[2]


def _interval(side: tuple[float, float | None, float | None, int] | None) -> Interval | None:
    if side is None:
        return None
    value, low, high, _ = side
    return None if low is None or high is None else (value, low, high)


@dataclass(frozen=True)
class TwoRuns:
    """What differs. `datasets` and `models`: by name, the content or key on both sides; null where a run has none such."""

    datasets: Mapping[str, tuple[str | None, str | None]]
    models: Mapping[str, tuple[str | None, str | None]]
    recipe: Sequence[Setting]
    steps: Sequence[Counts]
    scores: Sequence[Scored]
    versions: Mapping[str, tuple[str | None, str | None]]
    machine: Mapping[str, tuple[Any, Any]]

    @property
    def comparable(self) -> list[str]:
        """The datasets that both have, and that are not equal."""
        return [name for name, (a, b) in self.datasets.items() if a and b and a != b]


def two_runs(a: Run, b: Run) -> TwoRuns:
    """Compare two runs by their records and recipes; no row is read."""
    left, right = a.record(), b.record()
    before, after = left["result"], right["result"]
    return TwoRuns(
        _both(before["content"], after["content"]),
        _both(before["models"], after["models"]),
        list(_settings(_recipe(a), _recipe(b))),
        list(_steps(before["steps"], after["steps"])),
        list(_scores(before["scores"], after["scores"])),
        _unlike(_both(left["versions"], right["versions"])),
        _unlike(_both(left["machine"], right["machine"])),
    )


def _names(*sides: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for side in sides for name in side))


def _both(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (a.get(name), b.get(name)) for name in _names(a, b)}


def _unlike(told: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    return {name: pair for name, pair in told.items() if pair[0] != pair[1]}


# ── what was asked ─────────────────────────────────────────────────────────────────────────────


def _recipe(run: Run) -> dict[str, Any]:
    """Every setting by its address; a step by itself, with its settings beneath; what came from the environment as it was written."""
    found: dict[str, Any] = {}
    for section, node in parse((run.folder / "recipe.yaml").read_text("utf-8"), "recipe.yaml").fields().items():
        if section == "data":
            for name, steps in node.fields().items():
                found |= _path(name, steps)
        elif section in ("models", "scores"):
            for name, inner in node.fields().items():
                found |= _leaves(name, plain(inner, shown=True))
        else:
            found |= _leaves(section, plain(node, shown=True))
    return found


def _path(name: str, steps: Node) -> dict[str, Any]:
    """The steps of a dataset in order, and their settings."""
    keys = [step_key(entry) for entry in steps.items()]
    shown = numbered(keys)
    found: dict[str, Any] = {name: shown}
    for key, address, entry in zip(keys, shown, steps.items(), strict=True):
        inner = entry.fields().get(key)
        asked = None if inner is None else plain(inner, shown=True)
        bare = _bare(key) if asked is not None and not isinstance(asked, dict) else None
        found |= {f"{name}.{address}": None, **_leaves(f"{name}.{address}", {bare: asked} if bare else asked)}
    return found


def _bare(step: str) -> str | None:
    """The setting that may be written bare; none of a step that is no longer known."""
    try:
        return find_step(step).bare
    except AskedWrong:
        return None


def _leaves(address: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {address: value}
    return {inner: leaf for name, one in value.items() for inner, leaf in _leaves(f"{address}.{name}", one).items()}


def _settings(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Setting]:
    """Where they differ. Beneath a step, model or score that only one has, nothing is told by itself."""
    told: list[str] = []
    for address in _names(a, b):
        if any(address.startswith(f"{above}.") for above in told):
            continue
        if address in a and address in b:
            if a[address] != b[address] and not (_is_path(a[address], b[address], address, (a, b)) and _same_order(a[address], b[address])):
                yield Setting(address, a[address], b[address])
            continue
        side, only = (a, "a") if address in a else (b, "b")
        beneath = {name.removeprefix(f"{address}."): value for name, value in side.items() if name.startswith(f"{address}.")}
        value = beneath or side[address]
        told.append(address)
        yield Setting(address, value if only == "a" else ABSENT, value if only == "b" else ABSENT, only)


def _is_path(one: Any, other: Any, address: str, sides: tuple[Mapping[str, Any], Mapping[str, Any]]) -> bool:
    """Whether these are the steps of a dataset, and no setting that is a list."""
    pairs = zip((one, other), sides, strict=True)
    return all(isinstance(steps, list) and all(f"{address}.{step}" in side for step in steps) for steps, side in pairs)


def _same_order(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether the steps that both have come in one order: those that only one has are told by themselves."""
    return [step for step in a if step in b] == [step for step in b if step in a]


# ── what came out ──────────────────────────────────────────────────────────────────────────────


def _steps(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]) -> Iterator[Counts]:
    left, right = ({line["step"]: line for line in side} for side in (a, b))
    for step in _names(left, right):
        counts = {name: (left.get(step, {}).get(name), right.get(step, {}).get(name)) for name in COUNTS}
        if _unlike(counts):
            yield Counts(step, _unlike(counts))


def _scores(a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]) -> Iterator[Scored]:
    left, right = ({(line["name"], line["model"], line["metric"]): line for line in side} for side in (a, b))
    for name, model, metric in dict.fromkeys([*left, *right]):
        sides = [side.get((name, model, metric)) for side in (left, right)]
        before, after = ((one["value"], one["low"], one["high"], one["n"]) if one else None for one in sides)
        yield Scored(name, model, metric, before, after)
