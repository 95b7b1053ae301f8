"""Where rows flow: the lanes of a picture, one for each dataset, with its stops and what is lost at each.

Only what changes the number of rows is a stop; steps that lose little stand together where there are too many. Places
across are in columns, one for each stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tilth.report.facts import Facts, Stage
from tilth.report.numbers import count

NAMED = 3
"""Reasons of a stop that are named; the others are summed."""

JOIN, FAN, END = 0.55, 0.6, 1.2
"""Columns in which streams come together, part beside what was lost, and in which the names stand at the end of a lane."""

MOST_COLUMNS, MOST_ROWS = 9.8, 8
"""Beyond these a picture could not be read, and none is drawn."""


@dataclass(frozen=True)
class Loss:
    """Rows that go no further, for one reason. `kind`: `lost` for dropped ones, `unread` for bad records."""

    name: str
    rows: int
    kind: str = "lost"


@dataclass(frozen=True)
class Stop:
    """A step that changes the number of rows, or several that stand together."""

    room: str
    word: str
    rows_in: int
    kept: int
    losses: tuple[Loss, ...] = ()

    @property
    def lost(self) -> int:
        """Rows that go no further here."""
        return sum(loss.rows for loss in self.losses)

    @property
    def stays(self) -> int:
        """Rows that go on, without those that are made here."""
        return max(self.rows_in - self.lost, 0)


@dataclass(frozen=True)
class Lane:
    """A dataset's way. `inputs`: the datasets or parts that it begins with, in their order, each with its rows.

    `start` is its first column, `row` its place among the lanes, `ends` whether its rows, or some of its parts, go into
    no other dataset.
    """

    dataset: str
    stops: tuple[Stop, ...]
    parts: Mapping[str, int]
    inputs: Mapping[str, int]
    ends: bool = True
    start: float = 0.0
    row: int = 0

    @property
    def last(self) -> float:
        """The column in which its stream, or those of its parts, end. What falls from the last stop has room before they part."""
        return self.start + len(self.stops) + (FAN if self.parts and self.stops[-1].losses else 0)

    @property
    def stop(self) -> float:
        """The column behind all that is drawn of it."""
        return self.last + (END if self.ends or self.parts else 0)

    @property
    def most(self) -> int:
        """The most rows that it ever has."""
        return max(max(stop.rows_in, stop.kept) for stop in self.stops)


def families(facts: Facts) -> list[list[str]]:
    """The datasets of the path, those together that flow into each other."""
    names = list(dict.fromkeys(stage.dataset for stage in facts.path))
    family = {name: {name} for name in names}
    for name in names:
        for start in inputs(facts, name):
            together = family[name] | family[start.partition(".")[0]]
            family.update(dict.fromkeys(together, together))
    return [[name for name in names if name in family[first]] for first in names if first == min(family[first], key=names.index)]


def inputs(facts: Facts, dataset: str) -> list[str]:
    """The datasets, or parts of them, that a dataset begins with, as far as the path knows them."""
    before = set()
    for stage in facts.path:
        if stage.dataset == dataset:
            break
        before.add(stage.dataset)
    return [start for start in dict.fromkeys(facts.inputs.get(dataset, [])) if start.partition(".")[0] in before]


def lanes(facts: Facts, datasets: Sequence[str]) -> list[Lane]:
    """The lanes of datasets that flow into each other, in as many columns as can be read; none where they would be more."""
    for most in (7, 5, 4, 3, 2, 1, 0):
        found = _placed([_lane(facts, name, most) for name in datasets])
        if max(lane.stop for lane in found) <= MOST_COLUMNS:
            return found if max(lane.row for lane in found) < MOST_ROWS else []
    return []


def _lane(facts: Facts, dataset: str, most: int) -> Lane:
    stages = [stage for stage in facts.path if stage.dataset == dataset]
    consumed = {start for name in facts.inputs for start in inputs(facts, name) if start.partition(".")[0] == dataset}
    parts = stages[-1].parts if len(stages[-1].parts) > 1 else {}
    begins = {start: _rows_of(facts, start) for start in inputs(facts, dataset)}
    ends = dataset not in consumed and (not parts or not {f"{dataset}.{part}" for part in parts} <= consumed)
    return Lane(dataset, tuple(stops(stages, most)), parts, begins, ends)


def _rows_of(facts: Facts, start: str) -> int:
    """The rows of a dataset or of a part, at the end of its path."""
    dataset, _, part = start.partition(".")
    last = [stage for stage in facts.path if stage.dataset == dataset][-1]
    return last.parts.get(part, last.kept) if part else last.kept


def _placed(found: Sequence[Lane]) -> list[Lane]:
    """Lanes with their columns and rows: the first dataset that a lane flows into goes on in its row."""
    placed: dict[str, Lane] = {}
    holder: list[str] = []
    for lane in found:
        before = [placed[start.partition(".")[0]] for start in lane.inputs]
        row = next((one.row for one in before if holder[one.row] == one.dataset), len(holder))
        start = max((one.stop for one in before), default=0.0)
        placed[lane.dataset] = replace(lane, start=start + (JOIN if before else 0.0), row=row)
        holder[row : row + 1] = [lane.dataset]
    return list(placed.values())


# ── stops ──────────────────────────────────────────────────────────────────────────────────────


def stops(stages: Sequence[Stage], most: int) -> list[Stop]:
    """The stops of a dataset: its sources, then the steps that change the number of rows. Of these the `most` that lose
    most stand alone, and those between them together."""
    sources = [stage for stage in stages if stage.reads]
    turning = [stage for stage in stages if not stage.reads and (stage.dropped or stage.quarantined or stage.left != stage.rows_in)]
    alone = sorted(turning, key=lambda stage: -abs(stage.rows_in - stage.left))[:most]
    found = [_together(sources)] if sources else []
    group: list[Stage] = []
    for stage in turning:
        if any(stage is one for one in alone):
            found += [_together(group)] if group else []
            found.append(_together([stage]))
            group = []
        else:
            group.append(stage)
    found += [_together(group)] if group else []
    return found or [Stop("", "", stages[0].rows_in, stages[-1].left)]


def _together(stages: Sequence[Stage]) -> Stop:
    """One stop of some steps; sources lie side by side, other steps one behind the other."""
    reads = stages[0].reads
    losses = _named([loss for stage in stages for loss in _losses(stage, alone=len(stages) == 1)])
    rows_in = sum(stage.rows_in for stage in stages) if reads else stages[0].rows_in
    kept = sum(stage.left for stage in stages) if reads else stages[-1].left
    room, _, word = stages[0].name.rpartition(".")
    if len(stages) > 1:
        room, word = count(len(stages)), "sources" if reads else "steps"
    return Stop(room, word, rows_in, kept, tuple(losses))


def _losses(stage: Stage, *, alone: bool) -> Iterator[Loss]:
    """What is lost at a step: by reason where it stands alone."""
    reasons = stage.reasons if alone and not stage.reads else {}
    yield from (Loss(rule, rows) for rule, rows in reasons.items() if rows > 0)
    rest = stage.dropped - sum(rows for rows in reasons.values() if rows > 0)
    if rest > 0:
        yield Loss("other reasons" if reasons else stage.name.rpartition(".")[2], rest)
    if stage.quarantined:
        yield Loss("bad records", stage.quarantined, "unread")


def _named(losses: Sequence[Loss]) -> list[Loss]:
    """The largest losses, and the rest in one sum; bad records stay apart."""
    dropped = sorted((loss for loss in losses if loss.kind == "lost"), key=lambda loss: (-loss.rows, loss.name))
    few = dropped if len(dropped) <= NAMED + 1 else dropped[:NAMED]
    rest = dropped[len(few) :]
    bad = sum(loss.rows for loss in losses if loss.kind == "unread")
    found = [*few, *([Loss("others", sum(loss.rows for loss in rest))] if rest else [])]
    return [*found, *([Loss("bad records", bad, "unread")] if bad else [])]
