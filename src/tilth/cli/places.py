"""Where the store and the runs are for a verb that is given no recipe: in this folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tilth.errors import NotThere
from tilth.recipe.environment import read_env
from tilth.recipe.words import did_you_mean, nearest, sentences
from tilth.store.objects import Store
from tilth.store.runs import Run, Runs

PATTERN = "*?[{"
"""A path with one of these signs means several files."""


def told(name: str, folder: Path) -> Path | None:
    """A place that the environment names, or else `.env` in a folder, as seen from there."""
    written = os.environ.get(name)
    if written:
        return Path(written)
    beside = read_env(folder / ".env").get(name)
    return folder / beside if beside else None


def store_here() -> Store:
    """The store of this folder, unless TILTH_STORE names another. Raises NotThere when there is none."""
    root = told("TILTH_STORE", Path()) or Path(".tilth")
    if not (root / "format").exists():
        raise NotThere(
            "There is no store here.",
            where=str(root),
            accepted="It is made beside the recipe by the first `tilth run`.",
            remedy=_elsewhere(".tilth/format", 2) or "Go to the recipe's folder, or name the store with TILTH_STORE.",
        )
    store = Store(root)
    store.check()
    return store


def runs_here() -> Runs:
    """The runs of this folder, unless TILTH_RUNS names others."""
    return Runs(told("TILTH_RUNS", Path()) or Path("runs"))


def find_run(said: str | None) -> Run:
    """The run that is meant: `name`, `name/3`, its folder, or the one made last; its place as seen from here.

    Raises: NotThere, with the way to runs that lie nearby."""
    runs = runs_here()
    try:
        folder, here = runs.find(said).folder, Path.cwd()
        return Run(folder.relative_to(here) if folder.is_relative_to(here) else folder)
    except NotThere as error:
        known = [name for run in reversed(runs.all()) for name in (run.name, f"{run.name}/{run.number}")]
        accepted = sentences(did_you_mean(nearest(said or "", known)), error.accepted) if known else ""
        name = (said or "").partition("/")[0]
        wanted = f"runs/{name}/*/record.json" if name and re.fullmatch(r"[\w.-]+", name) else "runs/*/*/record.json"
        near = "" if known else _elsewhere(wanted, 4) or _elsewhere("runs/*/*/record.json", 4, "There are other runs")
        raise NotThere(error.found, where=error.where, accepted=accepted, remedy=near or error.remedy) from error


def _elsewhere(pattern: str, depth: int, found: str = "There is one") -> str:
    """What to do when what is wanted, or at least what was `found`, lies one folder below, or in a folder above."""
    below = sorted(Path().glob(f"*/{pattern}"))
    if below:
        return f"{found} in `{below[-1].parents[depth - 1]}`: type `cd {below[-1].parents[depth - 1]}` first."
    above = next((folder for folder in Path.cwd().parents if any(folder.glob(pattern))), None)
    return f"{found} in `{above}`: type `cd {above}` first." if above else ""
