"""Trackers that a recipe's trainings are told to (`machine: {track: …}`): where to, and whether over the network.

Nothing leaves the machine unless a tracker's own variable names where to. What is decided here is what
the plan says and what a training does.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tilth.errors import Missing
from tilth.work import Destination, Machine

FOLDER = "tracking"
"""Where trackers keep what they are told, in a store."""

KEYS = {
    "tensorboard": (),
    "wandb": ("WANDB_API_KEY",),
    "mlflow": ("MLFLOW_TRACKING_URI",),
    "trackio": ("TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL"),
}
"""The variables that send a tracker over the network: a key, or an address."""

WANDB = "https://api.wandb.ai"
"""Where Weights & Biases is asked unless WANDB_BASE_URL says otherwise."""


def destinations(machine: Machine, store: Path, name: str, environment: Mapping[str, str] = os.environ) -> tuple[Destination, ...]:
    """Where each tracker of a recipe is told of the training that is called `name`."""
    return tuple(Destination(one, store.resolve() / FOLDER / one / name, _address(one, environment)) for one in machine.track)


def _address(tracker: str, told: Mapping[str, str]) -> str:
    """An address of the network, or nothing."""
    match tracker:
        case "wandb":
            wanted = bool(told.get("WANDB_API_KEY")) and told.get("WANDB_MODE", "online") == "online"
            return (told.get("WANDB_BASE_URL") or WANDB) if wanted else ""
        case "mlflow":
            said = told.get("MLFLOW_TRACKING_URI", "")
            return "" if urlsplit(said).scheme in ("", "file", "sqlite") else said
        case "trackio":
            space = told.get("TRACKIO_SPACE_ID", "")
            return f"https://huggingface.co/spaces/{space}" if space else told.get("TRACKIO_SERVER_URL", "")
        case _:
            return ""


def network(machine: Machine, environment: Mapping[str, str] = os.environ) -> list[str]:
    """A line for each tracker that is reached over the network."""
    every = ((one, _address(one, environment)) for one in machine.track)
    return [f"network: trainings are told to {one} at {_without_secrets(address)}, {_why(one, environment)}." for one, address in every if address]


def _why(tracker: str, told: Mapping[str, str]) -> str:
    return f"since {next(name for name in KEYS[tracker] if told.get(name))} is set"


def _without_secrets(address: str) -> str:
    """An address without user, password and query, which may hold tokens."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def keys(machine: Machine) -> Iterator[str]:
    """The variables that may stand in `.env` beside the recipe."""
    return (name for one in machine.track for name in KEYS[one])


def check(machine: Machine) -> None:
    """Raises Missing, before anything is done, for a tracker whose package is not installed."""
    for one in machine.track:
        found = importlib.util.find_spec(one)
        if found is None or found.origin is None:  # a folder that W&B left where the command is typed is a package without origin
            remedy = f'Type: pip install {one}. All of them come with "tilth[track]".'
            raise Missing(f"The package `{one}` is not installed.", where="machine.track", remedy=remedy)
