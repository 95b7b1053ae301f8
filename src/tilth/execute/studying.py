"""Steps of datasets study what their settings name, other datasets and models, before any row is read.

What was taken is an object of the store like any other, so it is taken once. The steps that know it go on in the place of
those that the recipe made.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from tilth.errors import StepFailed
from tilth.execute.datasets import Hands, Kind, Walked, dataset
from tilth.execute.local import at_step
from tilth.execute.recipes import ANSWERS, known_of
from tilth.recipe.plan import Gather, Lane, Segment, Unfold, studied_by
from tilth.recipe.resolve import Placed
from tilth.step import Step
from tilth.store.files import folder_content
from tilth.store.keys import key_of
from tilth.store.objects import Made, Store
from tilth.work import Dataset, Work


class Standing(Protocol):
    """A model that stands: what it depends on, and where it lies."""

    @property
    def key(self) -> str:
        """The digest of what it was made from, or of its files."""

    @property
    def folder(self) -> Path:
        """Where it lies."""


@dataclass(frozen=True)
class Books:
    """What is open to a step that studies: datasets and models by the names that it gives them."""

    datasets: Mapping[str, Dataset]
    models: Mapping[str, Standing]
    seed: int

    def key(self, placed: Placed) -> str:
        """Settings, contents of the datasets, keys of the models."""
        contents = {name: one.content for name, one in self.datasets.items()}
        asked = {"what": "study", "step": placed.step.identity(), "seed": placed.seed(self.seed), "data": contents}
        return key_of({**asked, "models": {name: one.key for name, one in self.models.items()}})

    def folders(self) -> dict[str, Path]:
        """The folders of the models."""
        return {name: one.folder for name, one in self.models.items()}


def studied(hands: Hands, lane: Lane, walked: Walked, before: Mapping[str, Walked], models: tuple[Mapping[str, Standing], int]) -> Lane:
    """The lane with steps that know what they name; `models`: those that stand, and the seed of the recipe."""
    known: dict[str, Placed] = {}
    for placed in lane.data.steps:
        names = studied_by(placed.step)
        if names:
            known[placed.address] = _known(hands, placed, walked, _books(hands, names, before, models))
    if not known:
        return lane
    told = [known.get(placed.address, placed) for placed in lane.data.steps]
    return replace(lane, data=replace(lane.data, steps=tuple(told)), stages=tuple(_stage(stage, known) for stage in lane.stages))


def _stage(stage: Segment | Gather | Unfold, known: Mapping[str, Placed]) -> Segment | Gather | Unfold:
    if not isinstance(stage, Segment):
        return replace(stage, placed=known.get(stage.placed.address, stage.placed))
    maps, filters = ([known.get(placed.address, placed) for placed in some] for some in (stage.maps, stage.filters))
    return Segment(tuple(maps), tuple(filters))


def _books(hands: Hands, names: tuple[str, ...], before: Mapping[str, Walked], models: tuple[Mapping[str, Standing], int]) -> Books:
    heads = {name: name.partition(".")[0] for name in names}
    datasets = {name: dataset(hands.store, before[head], name) for name, head in heads.items() if head in before}
    return Books(datasets, {name: models[0][name] for name in names if name in models[0]}, models[1])


def _known(hands: Hands, placed: Placed, walked: Walked, books: Books) -> Placed:
    hands.progress.at(walked.name, [placed.address])
    made: Made = hands.each("study", Kind(_study, _found, (placed,)), [(hands.store, placed, books, hands.machine)], [placed.address])[0]
    found = known_of(hands.store, made.content, {name: (one.key, one.folder) for name, one in books.models.items()})
    walked.studied[placed.address] = [made.content, {name: one.key for name, one in books.models.items()}]
    walked.learned[placed.address] = dict(made.manifest["facts"])
    walked.knowing[placed.address] = replace(placed, step=placed.step.knowing(found))
    return walked.knowing[placed.address]


def _found(store: Store, placed: Placed, books: Books, machine: Any) -> Made | None:
    return store.find(books.key(placed))


def _facts(step: Step, work: Work) -> dict[str, Any]:
    """What a step tells of its study. Raises StepFailed where that is no plain JSON."""
    told = step.study(work)
    try:
        if isinstance(told, dict):
            return dict(json.loads(json.dumps(told, allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise StepFailed(f"What it tells of its study cannot be written: {error}.", accepted="Plain JSON, without NaN.") from error
    raise StepFailed(f"Its study tells {type(told).__name__}.", accepted="A mapping of plain JSON.")


def _study(store: Store, placed: Placed, books: Books, machine: Any) -> Made:
    key, begun = books.key(placed), time.perf_counter()
    folder = store.work(key)
    (folder / "studied").mkdir()
    (store.root / ANSWERS).mkdir(exist_ok=True)
    work = Work(books.datasets, books.folders(), folder / "studied", store.root / ANSWERS, key, placed.seed(books.seed), machine)
    facts = at_step(_facts, placed.where, (placed.step, work), place=store.root)
    content = key_of(["studied", folder_content(folder / "studied")])
    return store.commit(key, folder, content, {"what": "studied", "facts": facts}, time.perf_counter() - begun)
