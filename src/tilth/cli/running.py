"""What `tilth run` does: the recipe is read, its work is done, and the report is drawn."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tilth.cli.closing import models
from tilth.cli.places import told
from tilth.errors import UsageError
from tilth.execute.panel import duration
from tilth.execute.progress import Progress
from tilth.execute.run import Wish as Wish
from tilth.execute.run import execute
from tilth.recipe.read import read
from tilth.recipe.resolve import Recipe, resolve
from tilth.report.page import draw
from tilth.store.objects import Store
from tilth.store.runs import Run, Runs


def run(file: str | Path, workers: int | None = None, sets: Sequence[str] = (), sample: int | None = None, quiet: bool = False) -> Run:
    """Run a recipe from Python: does what is not done yet; the finished run.

    `sets`: settings to change, as `("docs.filter.length.words.at_least=20",)`; `sample`: only the first
    records of each source. Raises TilthError of every kind, as the command does."""
    return do(Path(file), sets, pulled(workers), Wish(sample=sample), quiet)


def pulled(workers: int | None = None, engine: str | None = None) -> dict[str, Any]:
    """What the command line says of the machine. Raises UsageError for an engine that is not there."""
    if engine not in (None, "local"):
        raise UsageError(f"There is no engine `{engine}`.", where="--engine", accepted="Engines: local.")
    return {} if workers is None else {"workers": workers}


def opened(file: Path, sets: Sequence[str] = (), machine: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe of a file, with settings and what is pulled from the machine changed."""
    recipe = resolve(read(file, sets))
    return replace(recipe, machine=replace(recipe.machine, **(machine or {})))


def places(recipe: Recipe) -> tuple[Store, Runs]:
    """The store and the runs of a recipe: beside it, unless TILTH_STORE and TILTH_RUNS say otherwise."""
    beside = recipe.file.resolve().parent
    return Store(told("TILTH_STORE", beside) or beside / ".tilth"), Runs(told("TILTH_RUNS", beside) or beside / "runs")


def do(file: Path, sets: Sequence[str], machine: Mapping[str, Any], wish: Wish, quiet: bool = False, calm: bool = False) -> Run:
    """Run a recipe; the finished run. `quiet`: no progress is told; `calm`: only what must be waited for."""
    recipe = opened(file, sets, machine)
    return execute(recipe, places(recipe), replace(wish, command=command(file, sets, machine, wish)), Progress(quiet=quiet, calm=calm), draw)


def command(file: Path, sets: Sequence[str], machine: Mapping[str, Any], wish: Wish) -> str:
    """The command line that asks for the same run."""
    flags = [*(("--set", one) for one in sets), ("--workers", machine.get("workers"))]
    flags += [("--until", wish.until), ("--from", wish.again_from), ("--sample", wish.sample), *(("--fail-unless", one) for one in wish.claims)]
    return shlex.join(["tilth", "run", str(file), *(str(word) for flag in flags if flag[1] is not None for word in flag)])


def as_json(done: Run) -> str:
    """The one object that `--json` prints."""
    return json.dumps({"run": str(done.folder), "report": str(done.folder / "report.html"), **done.record()["result"]})


def as_words(done: Run) -> str:
    """What a person reads at the end: rows in and out of each dataset, models and where they lie, scores, and the report."""
    facts = done.facts()
    lines = [f"{done.name}/{done.number}  {duration(facts['seconds'])}"]
    for line in facts["path"]:
        lost = "".join(f"  −{line[what]:,} {what}" for what in ("dropped", "quarantined") if line[what])
        edited = f"  {line['edited']:,} edited" if line["edited"] else ""
        edited += f"  +{line['copied']:,} copied" if line.get("copied") else ""
        parts = "".join(f"  {part} {rows:,}" for part, rows in line["parts"].items())
        lines.append(
            f"  {line['step']:<36} {line['rows_in']:>11,} → {line['kept']:>11,}{lost}{edited}{parts}{'  (from store)' if line['from_store'] else ''}"
        )
    lines += [f"  {name} has no rows: nothing that was read is left" for name, told in facts["datasets"].items() if not told["rows"]]
    lines += models(facts["models"], done.folder / "models")
    for one in facts["scores"]:
        within = f"  ({one['low']:.4g} to {one['high']:.4g})" if one["low"] is not None else ""
        verdict = f"  {one['verdict']}" if one.get("verdict") else ""
        lines.append(f"  {one['name']} {one['model']}  {one['metric']} {one['value']:.4g}{within}{verdict}")
    return "\n".join([*lines, str(done.folder / "report.html")])
