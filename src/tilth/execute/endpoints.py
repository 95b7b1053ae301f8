"""Models that are endpoints: what identifies them, their folders in the store, and what a plan says of them; and all keys of a recipe."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tilth import masking
from tilth.execute import tracking
from tilth.recipe.environment import read_env
from tilth.recipe.resolve import Data, Recipe
from tilth.redaction import Redaction
from tilth.store.keys import key_of
from tilth.store.objects import Store

FOLDER = "endpoints"
"""Where the folders of endpoints lie in a store."""

BEARS = ("endpoint", "name", "request")
"""What answers depend on; not how patiently they are asked for, by whose key, and at what price."""


def endpoint(store: Store, said: Mapping[str, Any]) -> tuple[str, Path]:
    """The key of an endpoint, and its folder in the store."""
    key = key_of({"what": "endpoint", **{name: said[name] for name in BEARS}})
    return key, store.root / FOLDER / key


def write_endpoint(store: Store, folder: Path, said: Mapping[str, Any]) -> None:
    """Say in its folder how it is asked."""
    folder.mkdir(parents=True, exist_ok=True)
    store.write(folder / "endpoint.json", json.dumps(said, sort_keys=True).encode())


def know_keys(recipe: Recipe) -> None:
    """Let steps and workers find the keys that stand in `.env` beside the recipe, of endpoints, of trackers and of what is hidden:
    those of the environment come first."""
    names = [*(said["key"] for _, said in _every(recipe)), *([masking.KEY] if any(_is_keyed(data) for data in recipe.data) else [])]
    names += tracking.keys(recipe.machine)
    wanted = [name for name in names if name and not os.environ.get(name)]
    written = read_env(recipe.file.parent / ".env") if wanted else {}
    os.environ.update({name: written[name] for name in wanted if written.get(name)})


def _is_keyed(data: Data) -> bool:
    return any(isinstance(placed.step, Redaction) and placed.step.with_ in masking.KEYED for placed in data.steps)


def network(recipe: Recipe) -> list[str]:
    """A line for each endpoint that a run may ask."""
    written = read_env(recipe.file.parent / ".env") if any(said["key"] for _, said in _every(recipe)) else {}
    return [f"network: `{name}` is `{said['name']}` at {said['endpoint']}, {_keyed(said, written)}" for name, said in _every(recipe)]


def _keyed(said: Mapping[str, Any], written: Mapping[str, str]) -> str:
    if said["key"] is None:
        return "asked without a key."
    there = os.environ.get(said["key"]) or written.get(said["key"])
    return f"asked with the key in `{said['key']}`{'' if there else ', which is not set'}."


def _every(recipe: Recipe) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((model.name, model.given.endpoint) for model in recipe.models if model.given is not None and model.given.endpoint is not None)
