"""A small project: rows in files, a recipe, and a way to run it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.execute.progress import Progress
from tilth.execute.run import Wish, execute
from tilth.recipe.read import read
from tilth.recipe.resolve import Recipe, resolve
from tilth.store.objects import Store
from tilth.store.runs import Run, Runs

RECIPE = """
name: small
seed: 7
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - clean.whitespace
    - filter.length: {characters: {at_least: 12}}
    - clean.unicode
    - filter.where: n % 10 <> 3
    - dedup.exact
    - split.random: {validation: 5, test: 5}
"""


class Project:
    """A folder with raw rows and a recipe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store, self.runs = Store(folder / ".tilth"), Runs(folder / "runs")
        (folder / "raw").mkdir(parents=True, exist_ok=True)
        self.write_recipe(RECIPE)

    def write_recipe(self, text: str) -> None:
        (self.folder / "recipe.yaml").write_text(text)

    def write(self, name: str, rows: Sequence[dict[str, Any] | str]) -> Path:
        """Rows as JSON Lines; a string is written as it is."""
        path = self.folder / "raw" / name
        path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        return path

    def recipe(self, sets: Sequence[str] = (), **machine: Any) -> Recipe:
        recipe = resolve(read(self.folder / "recipe.yaml", sets))
        return replace(recipe, machine=replace(recipe.machine, **machine))

    def run(self, sets: Sequence[str] = (), wish: Wish | None = None, **machine: Any) -> Run:
        """Run the recipe in this process, unless more workers are asked for."""
        recipe = self.recipe(sets, **{"workers": 1, **machine})
        return execute(recipe, (self.store, self.runs), wish or Wish(), Progress(quiet=True), no_report)


def no_report(folder: Path) -> Path:
    """Stands in for the report where the page does not matter."""
    (folder / "report.html").write_text("")
    return folder / "report.html"


def result(run: Run) -> dict[str, Any]:
    return dict(run.record()["result"])


def line(run: Run, step: str) -> dict[str, Any]:
    """The line of a step in the result."""
    return next(dict(one) for one in result(run)["steps"] if one["step"] == step)


def table(run: Run, dataset: str) -> pa.Table:
    """All rows of a finished dataset, part by part."""
    return pa.concat_tables([pq.read_table(path) for path in sorted((run.folder / "data" / dataset).glob("*.parquet"))])


def some_rows(count: int = 120) -> list[dict[str, Any]]:
    """Rows of which some are short, some twice, some untidy."""
    return [{"text": f"row {i % 90}   says  “{'word ' * (i % 90 % 7)}”", "n": i, "kind": "ab"[i % 2]} for i in range(count)]
