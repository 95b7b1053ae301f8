"""A run: everything that a recipe names is made or found made, and a folder says so.

The datasets first in the order of the graph, then models and scores as their inputs stand. At the
end the facts are gathered, and the run's folder is put together and given its number in one rename.
"""

from __future__ import annotations

import datetime
import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tilth.errors import BooksDoNotBalance, NothingLeft, RowsLetGo, TilthError, UsageError
from tilth.execute.claims import check_claims, read_claims
from tilth.execute.datasets import Hands, Walked, walk
from tilth.execute.endpoints import know_keys
from tilth.execute.environment import environment
from tilth.execute.estimates import of_data, of_models, written
from tilth.execute.facts import content_of, files_of, gather, placed_by_address
from tilth.execute.forecast import Foresight
from tilth.execute.local import Pool, guarded
from tilth.execute.losses import with_losses
from tilth.execute.metrics import LINES, TABLE
from tilth.execute.models import Judged, Shop, Stands, score, stand
from tilth.execute.peek import PEEKED, peek
from tilth.execute.progress import Progress
from tilth.execute.readable import check_rows
from tilth.execute.studying import studied
from tilth.execute.tracking import check
from tilth.execute.veils import Veil, veil_of
from tilth.recipe.plan import lanes
from tilth.recipe.resolve import Recipe, steps_read_by
from tilth.recipe.words import did_you_mean, nearest, sentences
from tilth.store.keys import key_of
from tilth.store.objects import Store, disk_error
from tilth.store.runs import Run, Runs, link, write_json
from tilth.store.sweep import remember


@dataclass(frozen=True)
class Wish:
    """What is asked beside the recipe: until where, from where anew, how many records of each source,
    and what must hold at the end (`held_out.perplexity < 60`). `command`: how it was asked, to be asked again."""

    until: str | None = None
    again_from: str | None = None
    sample: int | None = None
    claims: tuple[str, ...] = ()
    command: str = ""


@dataclass
class State:
    """What stands so far."""

    data: dict[str, Walked] = field(default_factory=dict)
    models: dict[str, Stands] = field(default_factory=dict)
    scores: list[Judged] = field(default_factory=list)


def execute(recipe: Recipe, places: tuple[Store, Runs], wish: Wish, progress: Progress, draw: Callable[[Path], Path]) -> Run:
    """Do what is not done yet; the finished run. `draw` makes a run folder's report.

    Raises TilthError of every kind; what was committed stays."""
    with _veiled_errors(recipe, places[0]), progress:
        return _execute(recipe, places, wish, progress, draw)


def rehearse(recipe: Recipe, store: Store, rows: Mapping[str, int | None], progress: Progress) -> dict[str, Any]:
    """Try a recipe in a store of its own: datasets from the first records of each source, trainings on a few rows of these, each by a few
    steps; what is made of texts alone, such as a tokenizer, is made of these. Scores are not asked: there is nothing to score
    in a model that was not trained. `rows`: about how many each dataset has in all.

    Returns the steps of the path with the rows that came and stayed, and what was found of each training (plain JSON). Raises TilthError of
    every kind."""
    with _veiled_errors(recipe, store), progress, store.held(waiting=progress.say), Pool(recipe.machine.workers) as pool:
        know_keys(recipe)
        scores = {one.name for one in recipe.scores}
        wanted = {name for name in recipe.order if name not in scores}
        progress.plan(recipe.name, {name: steps for name, steps in steps_by_name(recipe).items() if name in wanted})
        hands = Hands(store, recipe.machine, pool, progress, recipe.file.parent, PEEKED, veil=veil_of(recipe), whole=rows)
        state = make(hands, recipe, wanted, set())
    models = [{"name": one.name, "step": one.step, "facts": dict(one.facts)} for one in state.models.values() if "rehearsed_rows" in one.facts]
    return {"steps": [line for one in state.data.values() for line in one.path], "models": models, "left_out": sorted(scores)}


@contextmanager
def _veiled_errors(recipe: Recipe, store: Store) -> Iterator[None]:
    try:
        yield
    except TilthError as error:
        error.found = _veiled(veil_of(recipe), error)
        raise
    except OSError as error:
        raise disk_error(error, store.root) from error


def _execute(recipe: Recipe, places: tuple[Store, Runs], wish: Wish, progress: Progress, draw: Callable[[Path], Path]) -> Run:
    store, runs = places
    begun, started = time.perf_counter(), datetime.datetime.now(datetime.UTC)
    know_keys(recipe)
    check(recipe.machine)
    wanted, anew = _wanted(recipe, wish.until), _anew(recipe, wish.again_from)
    claims = read_claims(wish.claims, recipe, wanted)
    foresight = Foresight(recipe, places, peek(recipe, wanted), wanted)
    progress.plan(recipe.name, {name: steps for name, steps in steps_by_name(recipe).items() if name in wanted})
    with store.held(waiting=progress.say):
        since = (store.root / "lock").stat().st_mtime_ns
        store.clear_work()
        runs.settle(recipe.name)
        with Pool(recipe.machine.workers) as pool:
            plannable = wish.sample is None and wish.again_from is None
            hands = Hands(
                store, recipe.machine, pool, progress, recipe.file.parent, wish.sample, foresight.begin if plannable else _nothing, veil_of(recipe)
            )
            try:
                state = make(hands, recipe, wanted, anew)
            except RowsLetGo:
                state = make(hands, recipe, wanted, anew | {data.name for data in recipe.data})
        store.doing("report")
        progress.at("")
        progress.phase("report", 0)
        result = outcome(state)
        identity = key_of([recipe.text, result["content"], result["models"], [one.made.content for one in state.scores], wish.sample])
        known = runs.latest(recipe.name)
        if known is not None and known.record().get("identity") == identity:
            check_claims(claims, known.record()["result"]["scores"])
            return known
        state, facts = _gathered(hands, recipe, wanted, state)
        number = runs.number(recipe.name)
        facts |= {"name": recipe.name, "run": number, "started": started.isoformat(timespec="seconds"), "recipe": recipe.text}
        facts |= {"estimates": [*_data_estimates(store, foresight, state, since), *of_models(state.models)]}
        facts |= {"command": wish.command or shlex.join(["tilth", "run", str(recipe.file)])}
        facts |= {**environment(recipe.machine, placed_by_address(recipe).values()), "seconds": round(time.perf_counter() - begun, 2)}
        finished = _put_together(recipe, places, state, facts, {"identity": identity, "number": number}, draw)
        if not recipe.machine.keep_rows:
            let_go(store, state)
    check_claims(claims, result["scores"])
    return finished


def _veiled(veil: Veil, error: TilthError) -> str:
    """What is said of an error: a library's own words may quote the text that it failed on. Where a redaction fails on them too,
    they are not said."""
    try:
        return guarded(veil.text, "", (error.found,))
    except TilthError:
        if isinstance(error, BooksDoNotBalance):
            return error.found  # our own words: counts and places
        return f"{type(error.__cause__ or error).__name__}, whose words are not shown: a redaction of the recipe fails on them."


def _nothing() -> None:
    """Where no plan is made: of a sample, or of what is made anew though it is stored, it does not tell."""


def _data_estimates(store: Store, foresight: Foresight, state: State, since: int) -> list[dict[str, Any]]:
    if foresight.found is None:
        return []
    return of_data(foresight.found, state.data, {name: written(store, one, since) for name, one in state.data.items()})


def _gathered(hands: Hands, recipe: Recipe, wanted: set[str], state: State) -> tuple[State, dict[str, Any]]:
    """What the report shows. Where it would show rows that were let go, they are read again first."""
    try:
        return state, gather(hands.store, recipe, state.data, state.models, state.scores)
    except RowsLetGo:
        with Pool(hands.machine.workers) as pool:
            state = make(replace(hands, pool=pool), recipe, wanted, {data.name for data in recipe.data})
        return state, gather(hands.store, recipe, state.data, state.models, state.scores)


def let_go(store: Store, state: State) -> None:
    """Remove the rows as they stood between steps; finished datasets and all books stay."""
    for one in state.data.values():
        for content in {content for stage in one.stages for content in stage["rows"]}:
            store.let_go(content)


def needs(recipe: Recipe) -> dict[str, set[str]]:
    """For each name of the recipe the names that it is made from."""
    found = {data.name: {start.partition(".")[0] for start in data.starts} for data in recipe.data}
    for data in recipe.data:
        found[data.name] |= {name.partition(".")[0] for placed in data.steps for name in steps_read_by(placed.step)}
    for model in recipe.models:
        found[model.name] = set() if model.made is None else {name.partition(".")[0] for name in steps_read_by(model.made.step)}
    for one in recipe.scores:
        found[one.name] = {name.partition(".")[0] for name in steps_read_by(one.made.step)}
    return found


def steps_by_name(recipe: Recipe) -> dict[str, list[str]]:
    """For each name, in the order in which they are made, the addresses of its steps."""
    found = {data.name: [placed.address for placed in (*data.sources, *data.steps)] for data in recipe.data}
    found |= {model.name: [model.made.address] for model in recipe.models if model.made is not None}
    found |= {one.name: [one.made.address] for one in recipe.scores}
    return {name: found.get(name, []) for name in recipe.order}


def _named(recipe: Recipe, name: str, flag: str) -> str:
    if name not in recipe.order:
        whole = name.partition(".")[0]
        near = whole if whole in recipe.order else nearest(name, recipe.order)
        accepted = sentences(did_you_mean(near), f"Its names: {', '.join(recipe.order)}.")
        raise UsageError(f"The recipe names no `{name}`.", where=flag, accepted=accepted)
    return name


def _wanted(recipe: Recipe, until: str | None) -> set[str]:
    """The names to make: all, or those that `until` needs, itself included."""
    if until is None:
        return set(recipe.order)
    need, found = needs(recipe), {_named(recipe, until, "--until")}
    for name in reversed(recipe.order):
        found |= need[name] if name in found else set()
    return found


def _anew(recipe: Recipe, start: str | None) -> set[str]:
    """The names to make anew: `start` and all that is made from it."""
    if start is None:
        return set()
    need, found = needs(recipe), {_named(recipe, start, "--from")}
    for name in recipe.order:
        found |= {name} if need[name] & found else set()
    return found


def make(known: Hands, recipe: Recipe, wanted: set[str], anew: set[str]) -> State:
    """Make or find all that is wanted, in the order of the graph; `anew`: what is not to be found."""
    state, ways, blind = State(), lanes(recipe), replace(known, store=Store(known.store.root, blind=True))
    models, scores = {model.name: model for model in recipe.models}, {one.name: one for one in recipe.scores}
    for name in recipe.order:
        if name not in wanted:
            continue
        hands, begun = blind if name in anew else known, Walked(name)
        known.progress.at(name)
        try:
            if name in ways:
                lane = replace(ways[name], final=ways[name].final or not (wanted - {name}))
                lane = studied(hands, lane, begun, state.data, (state.models, recipe.seed))
                known, hands = (replace(one, veil=one.veil.knowing(begun.knowing)) for one in (known, hands))
                state.data[name] = walk(hands, lane, state.data, begun)
                check_rows(known.store, recipe, state.data[name], wanted)
            elif name in models:
                state.models[name] = stand(Shop(hands, recipe, state.data, state.models), models[name])
            else:
                judged = {one.name: one for one in state.scores}
                state.scores.append(score(Shop(hands, recipe, state.data, state.models, judged), scores[name]))
        except NothingLeft as error:
            behind = _wanted(recipe, name)
            raise with_losses(error, [line for one in (*state.data.values(), begun) if one.name in behind for line in one.path]) from error
    return state


def outcome(state: State) -> dict[str, Any]:
    """What `--json` prints of a run, beside its folder."""
    return {
        "content": {name: content_of(one) for name, one in state.data.items() if one.files},
        "models": {name: one.key for name, one in state.models.items()},
        "steps": [line for one in state.data.values() for line in one.path],
        "passes": [line for one in state.data.values() for line in one.passes],
        "scores": [line for one in state.scores for line in one.made.manifest["scores"]],
    }


def _put_together(
    recipe: Recipe, places: tuple[Store, Runs], state: State, facts: dict[str, Any], told: Mapping[str, Any], draw: Callable[[Path], Path]
) -> Run:
    store, runs = places
    folder = runs.begin(recipe.name)
    for one in state.data.values():
        _link_data(store, folder, one)
    for stands in state.models.values():
        for path in sorted(stands.folder.rglob("*")) if stands.step else []:
            if path.is_file():
                link(path, folder / "models" / stands.name / path.relative_to(stands.folder))
        for file in (LINES, TABLE) if stands.metrics else ():
            link(store.path(str(stands.metrics)) / file, (folder / "metrics" / stands.name).with_suffix(Path(file).suffix))
    for judged in state.scores:
        link(store.path(judged.made.content) / "items.parquet", folder / "scores" / f"{judged.name}.parquet")
    (folder / "recipe.yaml").write_text(recipe.text)
    write_json(folder / "facts.json", facts, indent=None)
    write_json(folder / "record.json", _record(recipe, store, runs, state, facts, told))
    guarded(draw, "report", (folder,), store.root)
    remember(store, runs)
    return runs.finish(folder, int(told["number"]))


def _link_data(store: Store, folder: Path, one: Walked) -> None:
    """A dataset's files, its books, and the pairs of rows that were compared on the way."""
    for part, made in one.files.items():
        for source, target in zip(sorted(store.path(made.content).glob("*.parquet")), files_of(one, part), strict=True):
            link(source, folder / target)
    if one.books is not None:
        for what in ("decisions", "quarantine"):
            link(store.path(one.books.content) / f"{what}.parquet", folder / what / f"{one.name}.parquet")
    for stage in one.stages:
        for content in stage.get("compared", ()):
            link(store.path(content) / "pairs.parquet", folder / "pairs" / f"{stage['steps'][0]}.parquet")


def _record(recipe: Recipe, store: Store, runs: Runs, state: State, facts: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    place = (runs.root / recipe.name / str(told["number"])).resolve()
    data = {
        name: {
            "parts": {part: made.content for part, made in one.files.items()},
            "books": one.books.content if one.books else None,
            "surveys": one.surveys,
            "studied": one.studied,
            "stages": one.stages,
            "pieces": [[piece.rows, piece.keep, piece.count, piece.part] for piece in one.pieces],
            "part_names": list(one.parts),
        }
        for name, one in state.data.items()
    }
    models = {
        one.name: {"key": one.key, "folder": str(one.folder) if not one.step else "", **({"metrics": one.metrics} if one.metrics else {})}
        for one in state.models.values()
    }
    return {
        "format": 1,
        "identity": told["identity"],
        "store": relative(store.root.resolve(), place),
        "recipe": str(recipe.file),
        "started": facts["started"],
        "seconds": facts["seconds"],
        "versions": facts["versions"],
        "machine": facts["machine"],
        "data": data,
        "models": models,
        "scores": {one.name: one.made.key for one in state.scores},
        "result": outcome(state),
    }


def relative(target: Path, place: Path) -> str:
    """The way from a folder to another, so that both can be moved together."""
    return os.path.relpath(target, place)
