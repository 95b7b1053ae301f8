"""A shipped recipe run on its sample, what became of its rows, and every byte that it left."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tilth.cli.planning import do as plan
from tilth.cli.running import Wish, do
from tilth.execute.seeing import Window, see
from tilth.store.runs import Run

RECIPES = Path(__file__).parents[2] / "recipes"
SAMPLES = RECIPES / "samples"


@dataclass(frozen=True)
class Done:
    """A finished run: where it is, its facts, and the run itself."""

    project: Path
    folder: Path
    facts: dict[str, Any]
    run: Run

    def path(self, dataset: str) -> list[dict[str, Any]]:
        """The steps of a dataset, each with its counts."""
        return [line for line in self.facts["path"] if line["step"].partition(".")[0] == dataset]

    def dropped(self, dataset: str) -> Counter[str]:
        """How many rows each step of a dataset dropped."""
        return +Counter({line["name"]: line["dropped"] for line in self.path(dataset)})

    def scored(self, score: str, metric: str) -> dict[str, dict[str, Any]]:
        """What a score found in a metric, by model."""
        return {line["model"]: line for line in self.facts["scores"] if (line["name"], line["metric"]) == (score, metric)}

    def seen(self, model: str) -> list[Window]:
        """The rows of a model as it learned them."""
        return list(see(self.run, model, range(1, 10_000)).windows)

    def learned(self, model: str) -> dict[str, Any]:
        """The facts of a model."""
        facts: dict[str, Any] = self.facts["models"][model]["facts"]
        return facts


def copied(folder: Path) -> Path:
    """The recipes with their samples in a folder of their own."""
    return Path(shutil.copytree(RECIPES, folder / "recipes", dirs_exist_ok=True))


def run_of(name: str, folder: Path, sets: Sequence[str] = (), until: str | None = None) -> Done:
    """Run a recipe in a folder, to its end or until a name; what is in the folder from before is gone on with."""
    place = folder / "recipes"
    recipe = (place if place.exists() else copied(folder)) / f"{name}.yaml"
    run = do(recipe, sets, {"workers": 1}, Wish(until=until), quiet=True)
    return Done(recipe.parent, run.folder, json.loads((run.folder / "facts.json").read_bytes()), run)


def check_end(done: Done, folder: Path) -> None:
    """In an empty folder all of the recipe is to be done; done, it has rows behind every step, a report, and a score of each model."""
    recipe = copied(folder) / f"{done.run.name}.yaml"
    assert all(line["state"] == "to do" for line in plan(recipe, [], 1.0, False, True)["path"])
    assert (done.folder / "report.html").stat().st_size > 10_000
    assert all(line["kept"] > 0 for line in done.facts["path"])
    assert {score["metric"] for score in done.facts["scores"]} >= ({"perplexity"} if done.facts["models"] else set())


def rows(done: Done, dataset: str, part: str = "*") -> list[dict[str, Any]]:
    """The rows of a dataset, or of a part of it."""
    return [row for file in sorted((done.folder / "data" / dataset).glob(f"{part}-*.parquet")) for row in pq.read_table(file).to_pylist()]


def everything(done: Done, where: Path | None = None) -> bytes:
    """Every file below a folder, of itself the run, the store and whatever else was left; tables also as they read when unpacked."""
    root = where or done.project
    found = [path for path in root.rglob("*") if path.is_file() and not path.is_relative_to(done.project / "samples")]
    tables = [json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False).encode() for path in found if path.suffix == ".parquet"]
    return b"\n".join([*(path.read_bytes() for path in found), *tables])
