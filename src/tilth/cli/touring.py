"""What `tilth demo` does: the shipped recipe is copied and run."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

from tilth.cli import running
from tilth.errors import Missing, UsageError
from tilth.store.objects import disk_error
from tilth.store.runs import Run

RECIPE = "python-docs.yaml"
TRAIN = ("torch", "transformers", "tokenizers", "accelerate", "safetensors", "peft")
"""The packages of the extra that the tour needs."""


def tour(folder: Path, quiet: bool) -> Run:
    """Copy the recipe unless it is there, and run it.

    Raises: Missing before anything is done when the extra `train` is not installed."""
    gone = [package for package in TRAIN if find_spec(package) is None]
    if gone:
        raise Missing(f"The tour trains a small model, and these are not installed: {', '.join(gone)}.", remedy='Type: pip install "tilth[train]"')
    return running.do(copied(folder), (), {}, running.Wish(), quiet)


def copied(folder: Path) -> Path:
    """The recipe in the folder; one that is there stays as it is."""
    recipe = folder / RECIPE
    if folder.exists() and not folder.is_dir():
        raise UsageError("This is a file.", where=str(folder), accepted="A folder, which is made if it is not there.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not recipe.exists():
            shutil.copyfile(shipped(), recipe)
    except OSError as error:
        raise disk_error(error, folder) from error
    return recipe


def shipped() -> Path:
    """The recipe that comes with Tilth: in the package, or in the repository that it is installed from."""
    package = Path(__file__).parents[1]
    places = (package / "recipes" / RECIPE, package.parents[1] / "recipes" / RECIPE)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise Missing(f"The recipe {RECIPE} does not come with this installation.", remedy="Type: pip install --force-reinstall tilth")
    return found


def as_json(done: Run) -> str:
    """The one object that `--json` prints: that of `tilth run`."""
    return running.as_json(done)


def as_words(done: Run) -> str:
    """What `tilth run` says, whose last line is the report."""
    return running.as_words(done)
