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
import pyarrow.compute as pc

from tilth.errors import NotThere, RowsLetGo, StoreDamaged, UsageError
from tilth.execute.asking import Asked, ask
from tilth.execute.comparing import as_compared
from tilth.execute.places import rows_at
from tilth.execute.sketches import Sketches
from tilth.execute.veils import veil_of_run
from tilth.judging import judge
from tilth.record import Ids, Outcome, as_ids, flat, shown
from tilth.step import Filter, Step, Whole
from tilth.store.runs import Run
from tilth.store.tables import read_table

SHOWN = 3
"""Rows of each kind that are shown with their text: those in the middle of all that turn."""

POINTS = 20
"""About how many values of a limit a curve has."""

FACTORS = (0.1, 0.25, 0.5, 0.75, 1.5, 2.0, 4.0, 10.0)
"""Other values of a limit that is no similarity, as multiples of the present one."""

UNKNOWN = bytes(16)
"""Stands for the id of a row that was kept and then let go: the books name those that were dropped."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Decided:
    """What a step decides about the rows that come to it, a line each: where a row goes (−1: dropped), why, and by what
    value or label beside what limit."""

    ids: Ids
    part: npt.NDArray[np.int16]
    rule: npt.NDArray[np.object_]
    value: npt.NDArray[np.float64]
    limit: npt.NDArray[np.float64]
    found: npt.NDArray[np.object_]
    done: npt.NDArray[np.object_]
    """What is done to a row that stays: what is cut out of it, how often it is wanted, and the columns that it gets; None: nothing."""
    cut: int = field(default=0, kw_only=True)
    """Bytes that are cut out of all rows."""

    @property
    def kept(self) -> int:
        """How many rows stay."""
        return int((self.part >= 0).sum())


@dataclass(frozen=True)
class Example:
    """A row whose lot would be another: its id, the rule, the value or label beside the limit that drops it, and its text."""

    id: str
    rule: str
    value: float | None
    limit: float | None
    found: str | None
    text: str | None


@dataclass(frozen=True)
class Turned:
    """Rows that would turn one way. Where rows were let go, ids and texts of those that were kept are not known."""

    rows: int
    by_rule: Mapping[str, int]
    ids: Sequence[str] = field(repr=False)
    examples: Sequence[Example] = ()


@dataclass(frozen=True)
class Supposed:
    """An answer: `back`: rows that would come back; `gone`: rows that would fall; `moved`: rows that would go to another
    part; `otherwise`: rows that stay, but of which something else would be cut or set, or other copies made; `same`: all others.
    `cut` and `would_cut`: the bytes that are cut out of texts."""

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
    otherwise: int
    same: int
    cut: int
    would_cut: int


@dataclass(frozen=True)
class Curve:
    """How many rows would stay at each value of a limit; `found`: the probability with which pairs as similar as
    the value were looked at, where rows are compared."""

    address: str
    now: Any
    step: str
    rows_in: int
    points: Sequence[tuple[Any, int]]
    found: Mapping[float, float]


def suppose(run: Run, address: str, written: str) -> Supposed:
    """The answer to `address=written`. Raises UsageError where that is no limit, NotThere where the step decided nothing."""
    asked = ask(run, address)
    other = asked.written(written)
    was, would = _decide(asked, asked.placed.step), _decide(asked, other)
    back, gone = (was.part < 0) & (would.part >= 0), (was.part >= 0) & (would.part < 0)
    stays = (was.part >= 0) & (would.part >= 0)
    moved = stays & (was.part != would.part)
    otherwise = int((stays & ~moved & (was.done != would.done)).sum())
    turned = _turned(asked, back, was), _turned(asked, gone, would)
    same = len(was.part) - turned[0].rows - turned[1].rows - int(moved.sum()) - otherwise
    told = (asked.address, asked.now, asked.of(other), asked.placed.address, len(was.part), was.kept, would.kept)
    return Supposed(*told, *turned, int(moved.sum()), otherwise, same, was.cut, would.cut)


def curve(run: Run, address: str) -> Curve:
    """How many rows would stay at other values of a limit: a number, or a list of labels, each of which is added or taken
    away. Raises UsageError where it is neither, or no limit."""
    asked = ask(run, address)
    steps = [(value, step) for value in _values(asked) if (step := asked.changed(value)) is not None]
    if len(steps) < 2:
        raise UsageError(
            f"Of `{asked.address}` no curve can be drawn.",
            where=address,
            accepted="A curve is of one number, or of a list of labels, where rows have several values.",
            remedy=_instead(asked),
        )
    rows, kept = _counts(asked, [step for _, step in steps])
    lines = asked.archive.record["result"]["steps"]
    told: Mapping[str, Any] = next((line["facts"] for line in lines if line["step"] == asked.placed.address), {})
    points = [(value, count) for (value, _), count in zip(steps, kept, strict=True)]
    return Curve(asked.address, asked.now, asked.placed.address, rows, points, {limit: share for limit, share in told.get("detection", ())})


# ── deciding again ─────────────────────────────────────────────────────────────────────────────


def _decide(asked: Asked, step: Step) -> Decided:
    """What a step decides about the rows that came to it in the run."""
    if isinstance(step, Filter):
        return _joined([_judged(asked, step, number) for number in range(len(asked.stage["rows"]))])
    assert isinstance(step, Whole)
    return _gathered(asked, step)


def _counts(asked: Asked, steps: Sequence[Step]) -> tuple[int, list[int]]:
    """The rows that came, and those that each of the steps would keep; measures are read once."""
    filters = [step.checks() for step in steps if isinstance(step, Filter)]
    if not filters:
        decided = [_decide(asked, step) for step in steps]
        return len(decided[0].part), [one.kept for one in decided]
    rows, kept = 0, np.zeros(len(filters), np.int64)
    for number in range(len(asked.stage["rows"])):
        values, came = _came(asked, number)
        rows += int(came.sum())
        kept += [(judge(checks, values, values.num_rows).kept & came).sum() for checks in filters]
    return rows, kept.tolist()


def _came(asked: Asked, number: int) -> tuple[pa.Table, Mask]:
    """The measures of a shard, and which of its rows came to the step: those that the filters before it left in."""
    values = read_table(asked.archive.file(asked.stage["measures"][number], "measures.parquet"))
    came = np.ones(values.num_rows, np.bool_)
    for earlier in asked.before:
        came &= judge(earlier.checks(), values, values.num_rows).kept
    return values, came


def _judged(asked: Asked, step: Filter, number: int) -> Decided:
    """The verdicts on a shard's rows that came to the filter."""
    values, came = _came(asked, number)
    verdict = judge(step.checks(), values, values.num_rows)
    rules = np.array([*verdict.rules, ""], np.object_)[verdict.failed]  # −1, which is kept, is the last
    found = np.array(verdict.found or [None] * values.num_rows, np.object_)
    part = np.where(verdict.kept, 0, -1).astype(np.int16)
    told = (_ids(asked, number, values, came), part[came], rules[came], verdict.value[came], verdict.limit[came], found[came])
    return Decided(*told, np.full(int(came.sum()), None))


def _ids(asked: Asked, number: int, values: pa.Table, came: Mask) -> Ids:
    """The ids of a shard's rows that came to the filter."""
    content = asked.stage["rows"][number]
    try:
        asked.archive.store.rows(content)
    except RowsLetGo:
        return _ids_of_dropped(asked, number, values, came)
    ids = asked.archive.ids(content)
    piece = asked.stage["before"][number] if asked.stage["before"] else None
    if piece is not None and piece[0] == content:
        places = asked.archive.places(piece)
        ids = ids if places is None else ids[places]
    if len(ids) != values.num_rows:
        raise StoreDamaged(f"{values.num_rows} rows were measured and {len(ids)} came.", where=asked.placed.address, remedy="Run `tilth verify`.")
    return ids[came]


def _ids_of_dropped(asked: Asked, number: int, values: pa.Table, came: Mask) -> Ids:
    """The same of rows that were let go: the books hold the ids of those that the filter dropped, in order."""
    assert isinstance(asked.placed.step, Filter)
    fell = ~judge(asked.placed.step.checks(), values, values.num_rows).kept[came]
    lines = read_table(asked.archive.file(asked.stage["verdicts"][number], "decisions.parquet"), ["id", "step"])
    ids = np.full(len(fell), UNKNOWN, "V16")
    ids[fell] = as_ids(lines.filter(pc.equal(lines["step"].cast(pa.string()), asked.placed.address))["id"])
    return ids


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
    which = np.zeros(rows, np.int16) if outcome.which is None else outcome.which
    rules = np.array([*outcome.rules, ""], np.object_)[np.where(outcome.part < 0, which, -1)]
    value, limit = (np.full(rows, np.nan) if column is None else column for column in (outcome.value, outcome.limit))
    ids, found = as_ids(sketches["id"]), np.array(outcome.found or [None] * rows, np.object_)
    ours = slice(foreign, None)
    cut = 0 if outcome.cuts is None else int(np.sum(np.asarray(flat(outcome.cuts["stop"])) - np.asarray(flat(outcome.cuts["start"]))))
    return Decided(ids[ours], outcome.part[ours], rules[ours], value[ours], limit[ours], found[ours], _done(outcome)[ours], cut=cut)


def _done(outcome: Outcome) -> npt.NDArray[np.object_]:
    """What is done to each row that stays, as something that is equal where the same is done."""
    done: list[list[Any]] = [[] for _ in range(len(outcome.part))]
    if outcome.cuts is not None:
        for row, *cut in zip(*(flat(outcome.cuts[name]).to_pylist() for name in ("row", "column", "start", "stop")), strict=True):
            done[row].append(tuple(cut))
    set_ = [column.to_pylist() for column in outcome.columns.values()]
    set_ += [] if outcome.copies is None else [outcome.copies.tolist()]
    for row, values in enumerate(zip(*set_, strict=True)):
        done[row].append(values)
    told = np.full(len(done), None, np.object_)
    told[:] = [repr(one) for one in done]
    return told


def _joined(parts: Sequence[Decided]) -> Decided:
    words = np.empty(0, np.object_)
    nothing = (np.empty(0, "V16"), np.empty(0, np.int16), words, np.empty(0), np.empty(0), words, words)
    every = [nothing, *((one.ids, one.part, one.rule, one.value, one.limit, one.found, one.done) for one in parts)]
    return Decided(*(np.concatenate(columns) for columns in zip(*every, strict=True)))


# ── rows that turn ─────────────────────────────────────────────────────────────────────────────


def _turned(asked: Asked, mask: Mask, decided: Decided) -> Turned:
    """The rows of a mask; `decided` is the side that drops them."""
    rules, counts = np.unique(decided.rule[mask].astype(str), return_counts=True)
    by_rule = dict(sorted(zip(rules.tolist(), counts.tolist(), strict=True), key=lambda item: -item[1]))
    places = np.flatnonzero(mask & (decided.ids != np.void(UNKNOWN)))
    values = decided.value[places]
    known = values[~np.isnan(values)]
    far = np.abs(values - np.median(known)) if len(known) else values  # a label has no value
    examples = [_example(asked, decided, int(place)) for place in places[np.argsort(far, kind="stable")][:SHOWN]]
    return Turned(int(mask.sum()), by_rule, [shown(bytes(one)) for one in decided.ids[places]], examples)


def _example(asked: Asked, decided: Decided, place: int) -> Example:
    row_id = bytes(decided.ids[place])
    value, limit = (None if np.isnan(column[place]) else float(column[place]) for column in (decided.value, decided.limit))
    return Example(shown(row_id), str(decided.rule[place]), value, limit, decided.found[place], _text(asked, row_id))


def _text(asked: Asked, row_id: bytes) -> str | None:
    """The row's text as it stood when it was judged; None where it has none, or where rows were let go."""
    store = asked.archive.store
    try:
        for content in asked.stage["rows"]:
            store.rows(content)
    except RowsLetGo:
        return None
    spot = next(asked.archive.spots(asked.stage["rows"], row_id), None)
    text = None if spot is None else rows_at(store, spot.rows, [spot.row])[spot.row].get("text")
    return None if text is None else veil_of_run(asked.archive.run).text(str(text))


def _instead(asked: Asked) -> str:
    """What may be asked of a setting that has no curve: of a group the settings in it."""
    if not isinstance(asked.now, dict):
        return f"Ask for one value: `tilth what-if {asked.address}=VALUE`."
    inner = [f"`tilth what-if {asked.address}.{name}`" for name, value in asked.now.items() if value is not None]
    return f"It holds several settings. Ask for one: {', '.join(inner)}." if inner else "It holds settings of which none is given."


# ── values of a curve ──────────────────────────────────────────────────────────────────────────


def _values(asked: Asked) -> list[Any]:
    """Values worth asking, the present one among them."""
    step, now = asked.placed.step, asked.now
    if isinstance(step, Filter):
        return _labels(asked, step, now) if isinstance(now, list | str) else _numbers(asked, step, now)
    assert isinstance(step, Whole)
    comparison = step.comparison()
    if isinstance(now, bool) or not isinstance(now, int | float) or step.name().startswith("split."):  # which divides rows, and keeps them
        return []
    if comparison is None or not isinstance(now, float):
        return sorted({now, *(type(now)(now * factor) for factor in FACTORS)})
    least = comparison.at_least
    return sorted({now, *(number / 20 for number in range(10, 21) if number / 20 >= least)})


def _numbers(asked: Asked, step: Filter, now: Any) -> list[Any]:
    """Values between which rows lie: quantiles of the measure, each of them a row's value."""
    present = [now] if isinstance(now, int | float) and not isinstance(now, bool) else []
    columns = [flat(column).cast(pa.float64()).drop_null().to_numpy() for name in _limited(asked, step, now) for column in _columns(asked, name)]
    values = np.concatenate([np.empty(0), *columns])
    values = values[np.isfinite(values)]
    if not len(values):
        return []
    some = np.unique(np.quantile(values, np.linspace(0, 1, POINTS - 1), method="closest_observation"))
    return sorted({*present, *(int(value) if float(value).is_integer() else float(value) for value in some)})


def _limited(asked: Asked, step: Filter, now: Any) -> list[str]:
    """The measures that the limit is about: those whose checks change with it."""
    number = now if isinstance(now, int | float) else 1
    for probe in (number + 1, number / 2, number - 1, 0.5, 1, *asked.beside()):
        other = asked.changed(probe)
        if isinstance(other, Filter) and other.checks() != step.checks():
            return [one.measure.column for one, new in zip(step.checks(), other.checks(), strict=True) if one != new]
    return []


def _labels(asked: Asked, step: Filter, now: list[str] | str) -> list[Any]:
    """The present list, and what it becomes when a label that rows have is added or taken away, the most frequent first."""
    names = [check.measure.column for check in step.checks() if check.measure.label]
    columns = [flat(column).cast(pa.string()) for name in dict.fromkeys(names) for column in _columns(asked, name)]
    counted = pa.concat_arrays([pa.array([], pa.string()), *columns]).drop_null().value_counts().to_pylist()
    common = [entry["values"] for entry in sorted(counted, key=lambda entry: (-entry["counts"], entry["values"]))][:POINTS]
    listed = now if isinstance(now, list) else []
    return [now, *([one for one in listed if one != label] if label in listed else [*listed, label] for label in common)]


def _columns(asked: Asked, measure: str) -> Iterator[pa.ChunkedArray]:
    for content in asked.stage["measures"]:
        yield read_table(asked.archive.file(content, "measures.parquet"), [measure])[measure]
