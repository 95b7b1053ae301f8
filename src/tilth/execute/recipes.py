"""The recipe of a finished run, read again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tilth.recipe.environment import read_env
from tilth.recipe.read import read
from tilth.recipe.resolve import Placed, Recipe, resolve
from tilth.store.keys import key_of
from tilth.store.objects import Store
from tilth.store.runs import Run
from tilth.work import Studied

ANSWERS = "answers"
"""The folder of a store for what steps have asked and would be dear to ask again."""


def steps_of(run: Run, sets: Sequence[str] = ()) -> dict[str, Placed]:
    """The steps of the run's datasets by address, with settings changed; variables as they are now. They know what they knew
    in the run."""
    steps = {placed.address: placed for data in recipe_of(run, sets).data for placed in data.steps}
    record, store = run.record(), run.store()
    folders = {name: (told["key"], Path(told["folder"] or run.folder / "models" / name)) for name, told in record["models"].items()}
    for data in record["data"].values():
        for address, (content, models) in data.get("studied", {}).items():
            known = known_of(store, content, {name: (key, folders[name][1]) for name, key in models.items()})
            steps |= {address: replace(steps[address], step=steps[address].step.knowing(known))}
    return steps


def known_of(store: Store, content: str, models: Mapping[str, tuple[str, Path]]) -> Studied:
    """What a step knows: what was stored of its study, and models, each by its key and its folder."""
    whole = key_of([content, {name: key for name, (key, _) in models.items()}])
    return Studied(whole, store.path(content) / "studied", {name: folder for name, (_, folder) in models.items()}, store.root / ANSWERS)


def recipe_of(run: Run, sets: Sequence[str] = ()) -> Recipe:
    """The recipe that was run, with settings changed; variables as they are now."""
    return resolve(read(run.folder / "recipe.yaml", sets, {**_env(run), **os.environ}))


def _env(run: Run) -> dict[str, str]:
    """The variables of `.env` beside the recipe that was run: in the folder of `runs/`, or where the record says."""
    folders = (run.folder.absolute().parents[2], Path(run.record()["recipe"]).parent)
    return next((read_env(folder / ".env") for folder in folders if (folder / ".env").is_file()), {})
