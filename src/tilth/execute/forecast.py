"""What a run would do: what is kept from before, what is to be done and why, and what it takes.

The way is walked as a run walks it, with hands that only recall. Where something is not stored, the
walk of that dataset ends, and all that follows from it is to be done.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tilth.errors import RecipeError, RowsLetGo
from tilth.execute import tracking
from tilth.execute.datasets import Hands, Walked, walk
from tilth.execute.endpoints import know_keys, network
from tilth.execute.local import Pool
from tilth.execute.models import Judged, Shop, Stands, given, place_of
from tilth.execute.peek import Seen, peek, total
from tilth.execute.progress import Progress
from tilth.execute.recalling import BYTES_A_SECOND, Lack, NotStored, Recalling
from tilth.execute.speed import flops_per_second
from tilth.execute.studying import studied
from tilth.execute.veils import veil_of
from tilth.recipe.plan import Lane, lanes, studied_by
from tilth.recipe.resolve import Model, Placed, Recipe, steps_read_by
from tilth.step import Fit, Judge
from tilth.store.objects import Made, Store
from tilth.store.runs import Runs
from tilth.work import Known


@dataclass
class Forecast:
    """What is known before a run: lines of the path, of models and scores, and sums."""

    path: list[dict[str, Any]] = field(default_factory=list)
    models: list[dict[str, Any]] = field(default_factory=list)
    scores: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, int | None] = field(default_factory=dict)
    bytes: dict[str, int | None] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    network: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As plain data."""
        lines = [*self.path, *self.models, *self.scores]
        sums = {what: sum(float(line.get(what) or 0) for line in lines) for what in ("seconds", "disk_bytes")}
        sums["disk_bytes"] += sum(float(line.get("checkpoints_bytes") or 0) for line in self.models)
        memory = max((float(line.get("memory_bytes") or 0) for line in lines), default=0.0)
        sums |= {"memory_bytes": memory}
        return {"path": self.path, "models": self.models, "scores": self.scores, **sums, "findings": self.findings, "network": self.network}


def forecast(recipe: Recipe, places: tuple[Store, Runs], scale: float = 1.0) -> Forecast:
    """Plan a recipe. `scale`: as if the sources were so many times as large.

    Raises RecipeError for a column that is not there, NotThere for a missing source."""
    store, runs = places
    store.check()
    know_keys(recipe)
    tracking.check(recipe.machine)
    hands = _recalling(store, recipe)
    seen, walked = peek(recipe, recipe.order), dict[str, Walked]()
    found = Forecast(findings=seen.findings, network=[*network(recipe), *tracking.network(recipe.machine)])
    telling = _Telling(found, seen, _past(runs, recipe.name), scale, recipe)
    ways, models = lanes(recipe), {model.name: model for model in recipe.models}
    for name in recipe.order:
        if name in ways:
            _lane(hands, ways[name], walked, telling)
        elif name in models:
            _model(hands, models[name], walked, telling)
    _scores(hands, walked, telling)
    return found


def _recalling(store: Store, recipe: Recipe) -> Recalling:
    return Recalling(store, recipe.machine, Pool(1), Progress(quiet=True), recipe.file.parent, veil=veil_of(recipe))


@dataclass
class Foresight:
    """What the plan would tell of the datasets of a run, taken when the first thing is about to be done: where nothing is
    to be done, it costs nothing. `seen`: what the run saw of the sources."""

    recipe: Recipe
    places: tuple[Store, Runs]
    seen: Seen
    wanted: Collection[str]
    found: Forecast | None = None

    def begin(self) -> None:
        """Something is about to be done."""
        if self.found is None:
            store, runs = self.places
            self.found, walked = Forecast(), dict[str, Walked]()
            telling = _Telling(self.found, self.seen, _past(runs, self.recipe.name), 1.0, self.recipe)
            hands, ways, models = _recalling(store, self.recipe), lanes(self.recipe), {model.name: model for model in self.recipe.models}
            for name in (name for name in self.recipe.order if name in self.wanted):
                if name in ways:
                    _lane(hands, ways[name], walked, telling)
                elif name in models:
                    _model(hands, models[name], walked, telling)


def _past(runs: Runs, name: str) -> dict[str, dict[str, Any]]:
    """What the last run of this name tells of each step: its line, by address."""
    run = runs.latest(name)
    return {} if run is None else {line["step"]: line for line in run.facts()["path"]}


@dataclass(frozen=True)
class _Telling:
    """What the lines are told from: the forecast to fill, what was seen of the sources, the last run's lines by address, the scale,
    and the models so far: those that stand, and what is known of all."""

    found: Forecast
    seen: Seen
    past: Mapping[str, Mapping[str, Any]]
    scale: float
    recipe: Recipe
    stands: dict[str, Stands] = field(default_factory=dict)
    facts: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def _lane(hands: Recalling, lane: Lane, walked: dict[str, Walked], telling: _Telling) -> None:
    """The lines of a dataset: as far as it is stored they are kept; the rest is to be done, and why."""
    name, partly, lack = lane.data.name, Walked(lane.data.name), None
    needed = [*lane.data.starts, *(name for placed in lane.data.steps for name in steps_read_by(placed.step))]
    try:
        if not all(name.partition(".")[0] in walked or name in telling.stands for name in needed):
            raise NotStored(Lack("before"))
        knowing = studied(hands, lane, partly, walked, (telling.stands, telling.recipe.seed))
        for one in (*walked.values(), partly):
            hands = replace(hands, veil=hands.veil.knowing(one.knowing))
        walked[name] = walk(hands, knowing, walked, partly)
    except NotStored as end:
        lack = end.lack
    except RowsLetGo:
        lack = Lack("let go")
    kept = {line["step"]: int(line["kept"]) for line in partly.path} | dict(lack.stored if lack else {})
    found, starts = telling.found, [start.partition(".")[0] for start in lane.data.starts]
    rows = total(found.rows.get(start) for start in starts)
    size = total(found.bytes.get(start) for start in starts) if starts else telling.seen.data[name].bytes
    all_kept = True
    for placed in (*lane.data.sources, *lane.data.steps):
        line, after = _line(lane, placed, kept, rows, telling)
        if placed.address not in kept:
            assert lack is not None
            why = lack.why if all_kept or placed.address in lack.together else "what comes before it is to be done"
            line |= {"state": "to do", "why": why, **_effort(hands, lane, placed, lack, telling)}
            line["asks"] = sorted({model.name for model in telling.recipe.models} & set(studied_by(placed.step)))
            all_kept = False
        rows = total((rows, after)) if placed in lane.data.sources else after
        found.path.append(line)
    if lack is not None and all_kept:
        files = {"dataset": name, "step": name, "name": "files", "line": lane.data.line}
        found.path.append({**files, "state": "to do", "why": lack.why, "rows": rows, "seconds": None, "disk_bytes": size})
    found.rows[name], found.bytes[name] = rows, _sized(walked.get(name), size)


def _line(lane: Lane, placed: Placed, kept: Mapping[str, int], rows: int | None, telling: _Telling) -> tuple[dict[str, Any], int | None]:
    """A step's line as if it were kept, and how many rows there are after it: known, or about."""
    line = {"dataset": lane.data.name, "step": placed.address, "name": placed.step.name(), "line": placed.line, "tells": placed.step.tells()}
    if placed.address in kept:
        return {**line, "state": "kept", "why": "", "rows": kept[placed.address], "seconds": 0.0}, kept[placed.address]
    came = telling.seen.sources[placed.address].rows if placed in lane.data.sources else rows
    after = None if came is None else round(came * _share(telling.past.get(placed.address)))
    return {**line, "rows": None if after is None else round(after * telling.scale)}, after


def _effort(hands: Recalling, lane: Lane, placed: Placed, lack: Lack, telling: _Telling) -> dict[str, float | None]:
    """Seconds and bytes of disk; None where they are not known, or told by the step that begins the pass."""
    if placed.address in lack.together:
        size, disk = lack.bytes if placed.address == lack.together[0] else 0, None
    elif placed not in lane.data.sources:
        return {"seconds": None, "disk_bytes": None}
    elif lack.phase == "read":
        size = disk = lack.bytes if placed is lane.data.sources[0] else 0
    else:
        size = disk = lack.bytes if lack.at == placed.address else telling.seen.sources[placed.address].bytes
    seconds = size * telling.scale / BYTES_A_SECOND / max(1, hands.machine.workers)
    return {"seconds": seconds, "disk_bytes": None if disk is None else disk * telling.scale}


def _sized(walked: Walked | None, size: int | None) -> int | None:
    """Text bytes of a dataset: as written, if it is; else those of its sources."""
    return size if walked is None or not walked.files else sum(int(made.manifest["bytes"]) for made in walked.files.values())


def _share(line: Mapping[str, Any] | None) -> float:
    """The share of rows that a step kept in the last run; 1 where none has told."""
    return 1.0 if line is None or not line["rows_in"] else float(line["kept"]) / float(line["rows_in"])


def _model(hands: Hands, model: Model, walked: Mapping[str, Walked], telling: _Telling) -> None:
    """A model: whether it stands, and what it takes."""
    found, recipe = telling.found, telling.recipe
    if model.made is None:
        assert model.given is not None
        if model.given.endpoint is None:
            telling.facts[model.name] = {"folder": str(place_of(model.given, f"models.{model.name}.from", hands.base))}
        try:
            telling.stands[model.name] = given(Shop(hands, recipe, walked, telling.stands), model)
        except NotStored:
            pass  # its files are not known yet, so nothing that names it is
        return
    assert isinstance(model.made.step, Fit)
    known = _made(Shop(hands, recipe, walked, telling.stands), "fit", model.made)
    made = None if known is None else _stands(hands, model.made, known)
    if made is not None:
        telling.stands[model.name], telling.facts[model.name] = made, made.known
    else:
        telling.facts[model.name] = _estimate(model.made, Known(found.rows, found.bytes, telling.facts, flops_per_second(), recipe.machine))
    quantities = _quantities(telling.facts[model.name], made)
    found.models.append({**_told(model.name, model.made), "state": "to do" if made is None else "kept", **quantities})


def _stands(hands: Hands, placed: Placed, made: Made) -> Stands:
    return Stands(placed.address, made.key, hands.store.path(made.content) / "model", placed.step.name(), made.manifest["facts"])


def _scores(hands: Hands, walked: Mapping[str, Walked], telling: _Telling) -> None:
    """Scores: those that stand, and what the others take."""
    found, judged, lines = telling.found, dict[str, Judged](), dict[str, dict[str, Any]]()
    scores = {score.name: score.made for score in telling.recipe.scores}
    for name in (name for name in telling.recipe.order if name in scores):
        made = _made(Shop(hands, telling.recipe, walked, telling.stands, judged), "judge", scores[name])
        if made is not None:
            judged[name] = Judged(name, scores[name].step.name(), made, True)
        known = Known(found.rows, found.bytes, telling.facts, flops_per_second(), telling.recipe.machine)
        estimate = _estimate(scores[name], known) if made is None else {}
        lines[name] = {**_told(name, scores[name]), "state": "to do" if made is None else "kept", **estimate}
    found.scores.extend(lines[name] for name in scores)


def _told(name: str, placed: Placed) -> dict[str, Any]:
    return {"name": name, "step": placed.address, "line": placed.line}


def _quantities(facts: Mapping[str, Any], made: Stands | None) -> dict[str, Any]:
    if made is None:
        return dict(facts)
    return {"parameters": facts["parameters"], "seconds": 0.0} if "parameters" in facts else {"seconds": 0.0}


def _made(shop: Shop, what: str, placed: Placed) -> Made | None:
    """The model or score if it is stored; its inputs must stand for that to be known."""
    names = {name.partition(".")[0] for name in steps_read_by(placed.step)}
    if not all(name in shop.models or name in shop.scores or (name in shop.data and shop.data[name].files) for name in names):
        return None
    return shop.hands.store.find(shop.key(what, placed))


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
