"""What a run would do: what is kept from before, what is to be done and why, and what it takes.

The way is walked as a run walks it, with hands that only recall. Where something is not stored, the
walk of that dataset ends, and all that follows from it is to be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tilth.errors import RecipeError, RowsLetGo
from tilth.execute.columns import check_columns
from tilth.execute.datasets import Hands, Kind, Walked, source_of, walk
from tilth.execute.local import Pool
from tilth.execute.models import Shop, Stands, given
from tilth.execute.progress import Progress
from tilth.execute.speed import flops_per_second
from tilth.recipe.plan import Lane, lanes
from tilth.recipe.resolve import Placed, Recipe, steps_read_by
from tilth.step import Fit, Judge, Shard
from tilth.store.objects import Store
from tilth.store.runs import Runs
from tilth.work import Known

PEEKED = 1_000
"""Records of each source that are read before anything heavy starts."""

BYTES_A_SECOND = 20e6
"""Source bytes a core reads, cleans and judges in a second, where no run has told yet (measured on
web text with the quality rules)."""

TOKEN_BYTES = 4.0
"""Bytes of English text behind a token, where no tokenizer has told yet."""


WHY = {
    "fingerprint": "new or changed files: {missing}",
    "survey": "{missing} of {of} shards were not read yet",
    "read": "{missing} of {of} shards are to be done",
    "sketch": "{missing} of {of} shards are to be sketched",
    "decide": "it is to be decided",
    "apply": "{missing} of {of} parts are to be written",
    "books": "its books are to be written",
    "let go": "rows between steps were let go, and are needed",
}
"""Why something is to be done, by the phase in which a walk that only recalls had to end."""


class _NotStored(Exception):
    """Ends the walk of a dataset: something of it is to be done."""


@dataclass(frozen=True)
class _Recalling(Hands):
    """Hands that find what is stored and do nothing."""

    lacking: list[tuple[str, int, int]] = field(default_factory=list)

    def each(self, phase: str, work: Kind, tasks: Sequence[tuple[Any, ...]], names: Sequence[str]) -> list[Any]:
        """The answers, if all are stored."""
        answers = [None if work.recall is None else work.recall(*task) for task in tasks]
        missing = sum(answer is None for answer in answers)
        if missing:
            self.lacking.append((phase, missing, len(tasks)))
            raise _NotStored
        return answers


@dataclass
class Forecast:
    """What is known before a run: lines of the path, of models and scores, and sums."""

    path: list[dict[str, Any]] = field(default_factory=list)
    models: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, int | None] = field(default_factory=dict)
    bytes: dict[str, int | None] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As plain data."""
        lines = [*self.path, *self.models, *self.scores]
        sums = {what: sum(float(line.get(what) or 0) for line in lines) for what in ("seconds", "disk_bytes")}
        memory = max((float(line.get("memory_bytes") or 0) for line in lines), default=0.0)
        return {"path": self.path, "models": self.models, "scores": self.scores, **sums, "memory_bytes": memory, "findings": self.findings}


def forecast(recipe: Recipe, places: tuple[Store, Runs], scale: float = 1.0) -> Forecast:
    """Plan a recipe. `scale`: as if the sources were so many times as large.

    Raises RecipeError for a column that is not there, NotThere for a missing source."""
    store, runs = places
    store.check()
    hands = _Recalling(store, recipe.machine, Pool(1), Progress(quiet=True), recipe.file.parent)
    found, walked, told = Forecast(), dict[str, Walked](), _past(runs, recipe.name)
    for lane in lanes(recipe).values():
        _lane(hands, lane, walked, (found, told, scale))
    _models(hands, recipe, walked, found)
    return found


def _past(runs: Runs, name: str) -> dict[str, dict[str, Any]]:
    """What the last run of this name tells of each step: its line, by address."""
    run = runs.latest(name)
    return {} if run is None else {line["step"]: line for line in run.facts()["path"]}


def _lane(hands: _Recalling, lane: Lane, walked: dict[str, Walked], told: tuple[Forecast, Mapping[str, dict[str, Any]], float]) -> None:
    found, past, scale = told
    name = lane.data.name
    _peek(hands, lane, found)
    before = len(hands.lacking)
    partly = Walked(name)
    if all(start.partition(".")[0] in walked for start in lane.data.starts):
        try:
            walked[name] = walk(hands, lane, walked, partly)
        except _NotStored:
            pass
        except RowsLetGo:
            hands.lacking.append(("let go", 1, 1))
    kept = {line["step"]: line for line in partly.path}
    why = _why(hands.lacking[before:]) if len(hands.lacking) > before else "what it begins with is to be made"
    rows, size = found.rows.get(name), found.bytes.get(name)
    if lane.data.starts:
        starts = [start.partition(".")[0] for start in lane.data.starts]
        rows, size = _sum(found.rows.get(start) for start in starts), _sum(found.bytes.get(start) for start in starts)
    cores = max(1, hands.machine.workers)
    for placed in (*lane.data.sources, *lane.data.steps):
        line = {"dataset": name, "step": placed.address, "name": placed.step.name(), "line": placed.line}
        if placed.address in kept:
            rows = int(kept[placed.address]["kept"])
            found.path.append({**line, "state": "kept", "why": "", "rows": rows, "seconds": 0.0})
            continue
        share = _share(past.get(placed.address))
        rows = None if rows is None else round(rows * share)
        reads = placed in lane.data.sources
        seconds = size * scale / BYTES_A_SECOND / cores if reads and size is not None else None
        disk = size * scale if reads and size is not None else None
        told_rows = None if rows is None else round(rows * scale)
        found.path.append({**line, "state": "to do", "why": why, "rows": told_rows, "seconds": seconds, "disk_bytes": disk})
        why = "what comes before it is to be done"
    if name not in walked and all(placed.address in kept for placed in (*lane.data.sources, *lane.data.steps)):
        files = {"dataset": name, "step": name, "name": "files", "line": lane.data.line}
        found.path.append({**files, "state": "to do", "why": why, "rows": rows, "seconds": None, "disk_bytes": size})
    found.rows[name], found.bytes[name] = rows, _sized(walked.get(name), size)


def _sized(walked: Walked | None, size: int | None) -> int | None:
    """Text bytes of a dataset: as written, if it is; else those of its sources."""
    return size if walked is None or not walked.files else sum(int(made.manifest["bytes"]) for made in walked.files.values())


def _sum(values: Any) -> int | None:
    every = list(values)
    return None if any(value is None for value in every) else sum(every)


def _share(line: Mapping[str, Any] | None) -> float:
    """The share of rows that a step kept in the last run; 1 where none has told."""
    return 1.0 if line is None or not line["rows_in"] else float(line["kept"]) / float(line["rows_in"])


def _why(lacking: Sequence[tuple[str, int, int]]) -> str:
    phase, missing, of = lacking[-1]
    return WHY[phase].format(missing=f"{missing:,}", of=f"{of:,}")


def _peek(hands: Hands, lane: Lane, found: Forecast) -> None:
    """Sizes and columns of a dataset's sources, from their first records.

    A column that is missing there is a mistake if these are all records; else it may yet come."""
    if not lane.data.sources:
        return
    whole = True
    columns: dict[str, str] = {}
    rows: int | None = 0
    size = 0
    for placed in lane.data.sources:
        source = source_of(placed)
        shards = source.shards(hands.base, hands.machine.shard_bytes)
        peeked = source.peek(shards, PEEKED)
        columns |= source.settle([peeked])
        whole &= peeked.whole
        size += sum(shard.size for shard in shards)
        rows = None if rows is None or not peeked.size else rows + _expected(shards, peeked.records, peeked.size)
    found.rows[lane.data.name], found.bytes[lane.data.name] = rows, size
    try:
        check_columns(lane, columns)
    except RecipeError as error:
        if whole:
            raise
        found.findings.append(f"{error}\n  (The first {PEEKED:,} records do not have it; the run, which looks at all, decides.)")


def _expected(shards: Sequence[Shard], records: int, size: int) -> int:
    """About how many records there are, if all are like the first."""
    return round(sum(shard.size for shard in shards) * records / max(1, size))


def _models(hands: Hands, recipe: Recipe, walked: Mapping[str, Walked], found: Forecast) -> None:
    """Models and scores: those that stand, and what the others take."""
    rate = flops_per_second()
    stands: dict[str, Stands] = {}
    facts: dict[str, Mapping[str, Any]] = {}
    for model in recipe.models:
        if model.made is None:
            try:
                stands[model.name] = given(Shop(hands, recipe, walked, stands), model)
            except _NotStored:
                pass  # its files are not known yet, so no score of it is
            continue
        assert isinstance(model.made.step, Fit)
        made = _made(hands, recipe, walked, stands, ("fit", model.made))
        if made is not None:
            stands[model.name], facts[model.name] = made, made.facts
        else:
            facts[model.name] = _estimate(model.made, Known(found.rows, found.bytes, facts, rate))
        found.models.append({**_told(model.name, model.made), "state": "to do" if made is None else "kept", **_quantities(facts[model.name], made)})
    for score in recipe.scores:
        made = _made(hands, recipe, walked, stands, ("judge", score.made))
        estimate = _estimate(score.made, Known(found.rows, found.bytes, facts, rate)) if made is None else {}
        found.scores.append({**_told(score.name, score.made), "state": "to do" if made is None else "kept", **estimate})


def _told(name: str, placed: Placed) -> dict[str, Any]:
    return {"name": name, "step": placed.address, "line": placed.line}


def _quantities(facts: Mapping[str, Any], made: Stands | None) -> dict[str, Any]:
    if made is None:
        return dict(facts)
    return {"parameters": facts["parameters"], "seconds": 0.0} if "parameters" in facts else {"seconds": 0.0}


def _made(hands: Hands, recipe: Recipe, walked: Mapping[str, Walked], stands: Mapping[str, Stands], asked: tuple[str, Placed]) -> Stands | None:
    """The model or score if it is stored; its inputs must stand for that to be known."""
    what, placed = asked
    names = {name.partition(".")[0] for name in steps_read_by(placed.step)}
    if not all(name in stands or (name in walked and walked[name].files) for name in names):
        return None
    shop = Shop(hands, recipe, walked, stands)
    made = hands.store.find(shop.key(what, placed))
    if made is None:
        return None
    return Stands(placed.address, made.key, hands.store.path(made.content) / "model", placed.step.name(), made.manifest["facts"])


def _estimate(placed: Placed, known: Known) -> dict[str, Any]:
    assert isinstance(placed.step, (Fit, Judge))
    try:
        return dict(placed.step.estimate(_by_reference(placed, known)))
    except RecipeError as error:
        raise RecipeError(error.found, where=placed.where, accepted=error.accepted, remedy=error.remedy) from error


def _by_reference(placed: Placed, known: Known) -> Known:
    """Sizes by the names that the step uses: of `docs.train`, as long as nobody knows better, those of `docs`."""
    named = steps_read_by(placed.step)
    rows = {name: known.rows.get(name.partition(".")[0]) for name in named}
    return replace(known, rows={**known.rows, **rows}, bytes={**known.bytes, **{name: known.bytes.get(name.partition(".")[0]) for name in named}})
