"""Where the store and the runs are for a verb that is given no recipe: in this folder."""

from __future__ import annotations

import os
from pathlib import Path

from tilth.errors import NotThere
from tilth.store.objects import Store
from tilth.store.runs import Run, Runs


def store_here() -> Store:
    """The store of this folder, unless TILTH_STORE names another. Raises NotThere when there is none."""
    root = Path(os.environ.get("TILTH_STORE") or ".tilth")
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
    return Runs(Path(os.environ.get("TILTH_RUNS") or "runs"))


def find_run(said: str | None) -> Run:
    """The run that is meant: `name`, `name/3`, its folder, or the one made last. Raises NotThere."""
    runs = runs_here()
    try:
        return runs.find(said)
    except NotThere as error:
        near = "" if runs.all() else _elsewhere("runs/*/*/record.json", 4)
        raise NotThere(error.found, where=error.where, accepted=error.accepted, remedy=near or error.remedy) from error


def _elsewhere(pattern: str, depth: int) -> str:
    """What to do when what is wanted lies one folder below, or in a folder above."""
    below = sorted(Path().glob(f"*/{pattern}"))
    if below:
        return f"There is one in `{below[-1].parents[depth - 1]}`: type `cd {below[-1].parents[depth - 1]}` first."
    above = next((folder for folder in Path.cwd().parents if any(folder.glob(pattern))), None)
    return f"There is one in `{above}`: type `cd {above}` first." if above else ""
