"""What a model of a finished run saw: its step is asked again, with the run's own data, and nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tilth.errors import NotThere
from tilth.execute.recipes import recipe_of
from tilth.recipe.resolve import Placed, Recipe, steps_read_by
from tilth.recipe.words import did_you_mean, nearest, sentences
from tilth.step import Fit
from tilth.store.runs import Run
from tilth.work import Dataset, Work
from tilth.work import Row as Row
from tilth.work import Token as Token
from tilth.work import Window as Window


@dataclass(frozen=True)
class Seen:
    """Windows of a model, and what is known of it. `makes`: `tokenizer`, whose windows are rows, or `model`.

    `more`: whether further windows would follow those that are here; `data`: the dataset that it learned from; `packed`: whether
    each window is a line in which several rows stand that see nothing of each other."""

    name: str
    step: str
    makes: str
    data: str
    facts: Mapping[str, Any]
    windows: Sequence[Window]
    more: bool
    packed: bool = False


def is_model(run: Run, name: str) -> bool:
    """Whether a name of a run means a model. Raises NotThere where it means nothing there."""
    record = run.record()
    models, data = record["models"], record["data"]
    if name in models or name.partition(".")[0] in data:
        return name in models
    raise NotThere(
        f"The run {run.name}/{run.number} has no dataset or model `{name}`.",
        where=f"{run.name}/{run.number}:{name}",
        accepted=sentences(did_you_mean(nearest(name, [*data, *models])), f"Its datasets: {_listed(data)}.", f"Its models: {_listed(models)}."),
    )


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(names) or "none"


def see(run: Run, name: str, wanted: range, search: str = "") -> Seen:
    """What a model saw: the windows whose numbers are wanted, from 1; with `search`, so many in which it occurs, from the first number on.

    Raises NotThere for a model that saw nothing here, and where the data it saw is gone."""
    recipe = recipe_of(run)
    placed = _made(run, recipe, name)
    step = placed.step
    assert isinstance(step, Fit)
    found = list(islice(step.sees(_work(run, recipe, name, placed), wanted.start, search), len(wanted) + 1))
    told = run.facts()
    packed = any(one["packed"] for one in told.get("sequences", ()) if one["model"] == name)
    data = next(one for one in steps_read_by(step) if one.partition(".")[0] in run.record()["data"])
    return Seen(
        f"{run.name}/{run.number}:{name}",
        step.name(),
        step.makes,
        data,
        told["models"][name]["facts"],
        found[: len(wanted)],
        len(found) > len(wanted),
        packed,
    )


def _made(run: Run, recipe: Recipe, name: str) -> Placed:
    """The step that made a model, where it tells what it saw."""
    placed = next(model.made for model in recipe.models if model.name == name)
    here, where = _telling(recipe), f"{run.name}/{run.number}:{name}"
    accepted = f"Models that tell what they saw: {', '.join(here)}." if here else ""
    if placed is None:
        found = f"`{name}` was not trained in this run, so no rows are known that it saw."
        remedy = f"A dataset of the run can be looked at: {', '.join(f'{run.name}/{run.number}:{one}' for one in run.record()['data'])}."
        raise NotThere(found, where=where, accepted=accepted, remedy=remedy)
    if name not in here:
        raise NotThere(f"`{placed.step.name()}` does not tell what its model saw.", where=where, accepted=accepted)
    return placed


def _telling(recipe: Recipe) -> list[str]:
    """The models whose step has an answer of its own to what it sees."""
    made = {model.name: type(model.made.step) for model in recipe.models if model.made is not None}
    return [name for name, step in made.items() if issubclass(step, Fit) and step.sees is not Fit.sees]


def _work(run: Run, recipe: Recipe, name: str, placed: Placed) -> Work:
    """What the step was given, from the folder of the run."""
    record, named = run.record(), steps_read_by(placed.step)
    given = {model.name: model.given.place for model in recipe.models if model.given is not None}
    return Work(
        datasets={one: _dataset(run, record, one) for one in named if one.partition(".")[0] in record["data"]},
        models={one: _folder(run, one, record["models"][one]["folder"], given.get(one, "")) for one in named if one in record["models"]},
        folder=_folder(run, name, "", ""),
        scratch=run.folder,
        key=record["models"][name]["key"],
        seed=placed.seed(recipe.seed),
        machine=recipe.machine,
    )


def _dataset(run: Run, record: Mapping[str, Any], reference: str) -> Dataset:
    name, _, part = reference.partition(".")
    files = tuple(sorted((run.folder / "data" / name).glob(f"{part or 'all'}-*.parquet")))
    if not files:
        raise NotThere(
            f"The rows of `{reference}` are no longer in the run {run.name}/{run.number}.",
            where=str(run.folder / "data" / name),
            remedy="`tilth run` with the same recipe makes them again.",
        )
    rows = sum(pq.read_metadata(file).num_rows for file in files)
    return Dataset(reference, files, record["data"][name]["parts"][part or "all"], rows)


def _folder(run: Run, name: str, noted: str, place: str) -> Path:
    """Where a model lies: in the run; for one that was given, where it was noted, or beside the runs if all was moved."""
    places = [run.folder / "models" / name, *([Path(noted)] if noted else []), *([run.folder.absolute().parents[2] / place] if place else [])]
    there = next((folder for folder in places if folder.is_dir()), None)
    if there is None:
        raise NotThere(f"The folder of the model `{name}` is gone.", where=str(places[min(1, len(places) - 1)]), remedy="Run the recipe again.")
    return there
