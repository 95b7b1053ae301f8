"""What if a limit were another? Told from what a run has stored: measures, sketches and verified pairs.

One step is asked at a time: of the rows that came to it, which would it keep that it dropped, and drop that it
kept? Rows that an earlier step dropped do not come back by this one, and what later steps would do with rows that
come back is not known. No raw text is read and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import ValidationError

from tilth.errors import NotThere, RowsLetGo, StoreDamaged, UsageError
from tilth.execute.comparing import as_compared
from tilth.execute.examples import row_at
from tilth.execute.rows import Archive
from tilth.execute.sketches import Sketches
from tilth.recipe.read import read
from tilth.recipe.resolve import Placed, resolve
from tilth.record import Ids, as_ids, flat, shown
from tilth.step import Filter, Step, Whole, judge
from tilth.store.runs import Run
from tilth.store.tables import read_table

SHOWN = 3
"""Rows of each kind that are shown with their text: those in the middle of all that turn."""

POINTS = 20
"""About how many values of a limit a curve has."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Decided:
    """What a step decides about the rows that come to it, a line each: where a row goes (−1: dropped), why, and by what value."""

    ids: Ids
    part: npt.NDArray[np.int16]
    rule: npt.NDArray[np.object_]
    value: npt.NDArray[np.float64]

    @property
    def kept(self) -> int:
        """How many rows stay."""
        return int((self.part >= 0).sum())


@dataclass(frozen=True)
class Example:
    """A row whose lot would be another: its id, the rule, the value that decides, and its text."""

    id: str
    rule: str
    value: float | None
    text: str | None


@dataclass(frozen=True)
class Turned:
    """Rows that would turn one way."""

    rows: int
    by_rule: Mapping[str, int]
    ids: Sequence[str] = field(repr=False)
    examples: Sequence[Example] = ()


@dataclass(frozen=True)
class Supposed:
    """An answer: `back`: rows that would come back; `gone`: rows that would fall; `moved`: rows that would go to another part."""

    address: str
    was: Any
    value: Any
    step: str
    rows_in: int
    kept: int
    would_keep: int
    back: Turned
    gone: Turned
    moved: int


@dataclass(frozen=True)
class Curve:
    """How many rows would stay at each value of a limit; `found`: the probability with which pairs as similar as
    the value were looked at, where rows are compared."""

    address: str
    now: float | None
    step: str
    rows_in: int
    points: Sequence[tuple[float, int]]
    found: Mapping[float, float]


@dataclass(frozen=True)
class Asked:
    """A setting of a step of a run, and the stage in which that step decided."""

    archive: Archive
    placed: Placed
    path: tuple[str, ...]
    stage: Mapping[str, Any]
    before: tuple[Filter, ...]
    """The filters of the same stage that decided before it."""

    @property
    def address(self) -> str:
        """The whole address."""
        return ".".join((self.placed.address, *self.path))

    @property
    def now(self) -> Any:
        """The setting as it is."""
        value: Any = self.placed.step.model_dump(mode="json", by_alias=True)
        for name in self.path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def suppose(run: Run, address: str, written: str) -> Supposed:
    """The answer to `address=written`. Raises UsageError where that is no limit, NotThere where the step decided nothing."""
    asked = ask(run, address)
    other = _steps(run, (f"{asked.address}={written}",))[asked.placed.address].step
    if not asked.placed.step.same_but_for_limits(other):
        raise _no_limit(asked)
    was, would = _decide(asked, asked.placed.step), _decide(asked, other)
    back, gone = (was.part < 0) & (would.part >= 0), (was.part >= 0) & (would.part < 0)
    moved = int(((was.part >= 0) & (would.part >= 0) & (was.part != would.part)).sum())
    new = Asked(asked.archive, Placed(asked.placed.address, asked.placed.line, other), asked.path, asked.stage, ()).now
    turned = _turned(asked, back, was), _turned(asked, gone, would)
    return Supposed(asked.address, asked.now, new, asked.placed.address, len(was.part), was.kept, would.kept, *turned, moved)


def curve(run: Run, address: str) -> Curve:
    """How many rows would stay at other values of a limit. Raises UsageError where it is no number, or no limit."""
    asked = ask(run, address)
    steps = {value: step for value in _values(asked) if (step := _changed(asked, value)) is not None}
    if not steps:
        raise UsageError(
            f"Of `{asked.address}` no curve can be drawn.",
            where=address,
            accepted="A curve is of one number that limits a measure or a similarity.",
            remedy=f"Ask for one value: `tilth what-if {asked.address}=VALUE`.",
        )
    points = [(value, _decide(asked, step)) for value, step in steps.items()]
    now = asked.now if isinstance(asked.now, int | float) else None
    lines = asked.archive.record["result"]["steps"]
    told: Mapping[str, Any] = next((line["facts"] for line in lines if line["step"] == asked.placed.address), {})
    counts = [(value, decided.kept) for value, decided in points]
    return Curve(
        asked.address, now, asked.placed.address, len(points[0][1].part), counts, {limit: share for limit, share in told.get("detection", ())}
    )


def ask(run: Run, address: str) -> Asked:
    """The setting that an address means, in a run. Raises UsageError for an address that is no setting of a step that decides."""
    steps = _steps(run)
    short = address.removeprefix("data.")
    found = max((one for one in steps if short.startswith(f"{one}.")), key=len, default=None)
    if found is None or not isinstance(steps[found].step, Filter | Whole):
        raise UsageError(
            f"`{address}` is no limit of a step that keeps or drops rows.", accepted=_limits(steps), remedy="`tilth steps STEP` tells all settings."
        )
    archive = Archive(run)
    stages = [stage for data in archive.record["data"].values() for stage in data["stages"] if found in stage["steps"]]
    if not stages:
        raise NotThere(
            f"The run {run.name}/{run.number} did not come to {found}.", remedy="Run the recipe to its end, or name another run with `--run`."
        )
    names = list(stages[0]["steps"])
    before = tuple(step for name in names[: names.index(found)] if isinstance(step := steps[name].step, Filter))
    return Asked(archive, steps[found], tuple(short.removeprefix(f"{found}.").split(".")), stages[0], before)


def _steps(run: Run, sets: Sequence[str] = ()) -> dict[str, Placed]:
    """The steps of the run's datasets by address, with settings changed."""
    recipe = resolve(read(run.folder / "recipe.yaml", sets))
    return {placed.address: placed for data in recipe.data for placed in data.steps}


def _limits(steps: Mapping[str, Placed]) -> str:
    """Some addresses that can be asked."""
    leaves = [leaf for address, placed in steps.items() for leaf in _leaves(address, placed.step.deciding())]
    return f"Limits of this run: {', '.join(leaves[:12])}{' …' if len(leaves) > 12 else ''}." if leaves else "No step of this run has a limit."


def _leaves(address: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(f"{address}.{name}", inner)
    elif value is not None:
        yield address


def _no_limit(asked: Asked) -> UsageError:
    return UsageError(
        f"`{asked.address}` is no limit: it changes what is measured, so stored measures cannot tell.",
        accepted=_limits({asked.placed.address: asked.placed}),
        remedy=f"`tilth run RECIPE --set {asked.address}=VALUE` does it, and `tilth plan` with the same `--set` tells what that takes.",
    )


# ── deciding again ─────────────────────────────────────────────────────────────────────────────


def _decide(asked: Asked, step: Step) -> Decided:
    """What a step decides about the rows that came to it in the run."""
    if isinstance(step, Filter):
        return _joined([one for number in range(len(asked.stage["rows"])) for one in _judged(asked, step, number)])
    assert isinstance(step, Whole)
    return _gathered(asked, step)


def _judged(asked: Asked, step: Filter, number: int) -> Iterator[Decided]:
    """The verdicts on a shard's rows that the filters before it left in."""
    measured = asked.stage["measures"][number]
    values = read_table(asked.archive.file(measured, "measures.parquet"))
    ids, stay = _entered(asked, number), np.ones(values.num_rows, np.bool_)
    if len(ids) != values.num_rows:
        raise StoreDamaged(f"{values.num_rows} rows were measured and {len(ids)} came.", where=asked.placed.address, remedy="Run `tilth verify`.")
    for earlier in asked.before:
        stay &= judge(earlier.checks(), values, values.num_rows).kept
    checks = step.checks()
    verdict = judge(checks, values, values.num_rows)
    rules = np.array([*verdict.rules, ""], np.object_)[verdict.failed]  # −1, which is kept, is the last
    telling = np.where(verdict.kept, np.nan, verdict.value)
    yield Decided(ids[stay], np.where(verdict.kept, 0, -1).astype(np.int16)[stay], rules[stay], telling[stay])


def _entered(asked: Asked, number: int) -> Ids:
    """The ids of a shard's rows that came to the stage. They are in the decisions too, but not of rows that were kept."""
    ids = asked.archive.ids(asked.stage["rows"][number])
    piece = asked.stage["before"][number] if asked.stage["before"] else None
    if piece is None or piece[0] != asked.stage["rows"][number]:
        return ids
    places = asked.archive.places(piece)
    return ids if places is None else ids[places]


def _gathered(asked: Asked, step: Whole) -> Decided:
    archive, stage = asked.archive, asked.stage
    sketches = Sketches([archive.file(content, "sketch.parquet") for content in stage["sketches"]])
    foreign = sketches.num_rows - sum(stage["entered"])
    if step.comparison() is None:
        outcome = step.decide(sketches)
    else:
        pairs = [archive.file(content, "pairs.parquet") for content in stage["compared"]]
        if not pairs:
            raise NotThere(f"The pairs of {asked.placed.address} are not stored.", remedy="Run the recipe again; what stands is found.")
        outcome = step.decide(sketches, as_compared(pairs[0], foreign))
    rows = len(outcome.part)
    rules = np.where(outcome.part < 0, outcome.rule, "").astype(np.object_)
    value = np.full(rows, np.nan) if outcome.value is None else outcome.value
    ids = as_ids(sketches["id"])
    return Decided(ids[foreign:], outcome.part[foreign:], rules[foreign:], value[foreign:])


def _joined(parts: Sequence[Decided]) -> Decided:
    if not parts:
        return Decided(np.empty(0, "V16"), np.empty(0, np.int16), np.empty(0, np.object_), np.empty(0))
    return Decided(
        np.concatenate([one.ids for one in parts]),
        np.concatenate([one.part for one in parts]),
        np.concatenate([one.rule for one in parts]),
        np.concatenate([one.value for one in parts]),
    )


def _turned(asked: Asked, mask: Mask, decided: Decided) -> Turned:
    """The rows of a mask; `decided` is the side that drops them."""
    rules, counts = np.unique(decided.rule[mask].astype(str), return_counts=True)
    places = np.flatnonzero(mask)
    near = places[np.argsort(np.abs(decided.value[mask] - np.nanmedian(decided.value[mask])), kind="stable")][:SHOWN] if len(places) else places
    by_rule = dict(sorted(zip(rules.tolist(), counts.tolist(), strict=True), key=lambda item: -item[1]))
    return Turned(len(places), by_rule, [shown(bytes(one)) for one in decided.ids[mask]], [_example(asked, decided, int(place)) for place in near])


def _example(asked: Asked, decided: Decided, place: int) -> Example:
    row_id = bytes(decided.ids[place])
    value = None if np.isnan(decided.value[place]) else float(decided.value[place])
    return Example(shown(row_id), str(decided.rule[place]), value, _text(asked, row_id))


def _text(asked: Asked, row_id: bytes) -> str | None:
    """The row's text as it stood when it was judged; None where it has none, or where rows were let go."""
    try:
        spot = next(asked.archive.spots(asked.stage["rows"], row_id), None)
        row = {} if spot is None else row_at(asked.archive.store, spot.rows, spot.row)
    except RowsLetGo:
        return None
    text = row.get("text")
    return None if text is None else str(text)


# ── values of a curve ──────────────────────────────────────────────────────────────────────────


def _changed(asked: Asked, value: Any) -> Step | None:
    """The step with another value there; None where it does not take it."""
    settings: Any = asked.placed.step.model_dump(mode="json", by_alias=True)
    inner = settings
    for name in asked.path[:-1]:
        inner = inner.get(name) if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or asked.path[-1] not in inner:
        return None
    inner[asked.path[-1]] = value
    try:
        step = type(asked.placed.step).model_validate(settings)
    except ValidationError:
        return None
    return step if asked.placed.step.same_but_for_limits(step) else None


def _values(asked: Asked) -> list[Any]:
    """Values worth asking: the present one, and those between which rows lie."""
    step, now = asked.placed.step, asked.now
    present = [now] if isinstance(now, int | float) and not isinstance(now, bool) else []
    if isinstance(step, Whole):
        comparison = step.comparison()
        least = 1.0 if comparison is None else comparison.at_least
        return sorted({*present, *(number / 20 for number in range(10, 21) if number / 20 >= least)}) if isinstance(now, float) else []
    assert isinstance(step, Filter)
    values = [column for measure in _measures_of(asked, step) for column in _column(asked, measure)]
    if not values:
        return []
    some = np.unique(np.quantile(np.concatenate(values), np.linspace(0, 1, POINTS - 1), method="closest_observation"))
    return sorted({*present, *(int(value) if float(value).is_integer() else float(value) for value in some)})


def _measures_of(asked: Asked, step: Filter) -> list[str]:
    """The measures that the limit is about: those whose checks change with it."""
    now = asked.now if isinstance(asked.now, int | float) else 1
    for probe in (now + 1, now / 2, now - 1, 0.5, 1):
        other = _changed(asked, probe)
        if isinstance(other, Filter) and other.checks() != step.checks():
            return [one.measure.column for one, new in zip(step.checks(), other.checks(), strict=True) if one != new]
        # A limit that was not there has no check; the filter then has one more.
    return []


def _column(asked: Asked, measure: str) -> Iterator[npt.NDArray[np.float64]]:
    for content in asked.stage["measures"]:
        column = flat(read_table(asked.archive.file(content, "measures.parquet"), [measure])[measure]).cast(pa.float64())
        values = column.drop_null().to_numpy()
        if len(values):
            yield values
