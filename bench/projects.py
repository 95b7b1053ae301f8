"""Runs of recipes that are timed: each in a new folder, with its own store, less what a run over a few rows takes."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.timing import Ran, median, run

ROOT = Path(__file__).parents[1]
HERE = {"TILTH_STORE": ".tilth", "TILTH_RUNS": "runs", "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
"""Store and runs beside the recipe; and this package, for what is run of it."""


@dataclass(frozen=True)
class Done:
    """A run that came to its end: what it took, what `--json` told, and its decisions."""

    ran: Ran
    told: dict[str, Any]
    decisions: pa.Table

    def reasons(self) -> dict[str, int]:
        """How many rows fell by each rule."""
        return {rule: rows for line in self.told["steps"] if line["dropped"] for rule, rows in line["reasons"].items()}


def here(step: str) -> bool:
    """Whether a step is there yet."""
    return find_spec(f"tilth.steps.{step}") is not None


def recipe(documents: Path, steps: Sequence[Any], source: Mapping[str, Any] | None = None) -> str:
    """The recipe of one dataset, `docs`; JSON is YAML. `source`: more settings of `source.files`."""
    return json.dumps({"name": "bench", "seed": 7, "data": {"docs": [{"source.files": {"path": str(documents), **(source or {})}}, *steps]}})


def tilth(text: str, after: Sequence[str] = (), workers: int = 1, cores: int = 1) -> Done:
    """Run a recipe in a new folder as a process of its own; `after`: a module of bench/ours to run then, with its arguments."""
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        folder = Path(place)
        (folder / "recipe.yaml").write_text(text)
        ran = run([*_shell(after, workers)], folder, cores, HERE)
        told = json.loads((folder / "told.json").read_text())
        return Done(ran, told, _decisions(folder))


def _shell(after: Sequence[str], workers: int) -> list[str]:
    line = f"{sys.executable} -m tilth.cli.main run recipe.yaml --json --quiet --workers {workers} > told.json"
    return ["sh", "-c", f"{line} && {sys.executable} -m {' '.join(after)}" if after else line]


def _decisions(folder: Path) -> pa.Table:
    """The table of what was decided, read once the clock has stopped."""
    return pq.read_table(folder / "runs/bench/latest/decisions/docs.parquet")


def first_rows(documents: Path, rows: int, target: Path) -> Path:
    """A file of the first rows: what is run to know how long a run takes that has nearly nothing to do."""
    with documents.open("rb") as whole, target.open("wb") as some:
        some.writelines(line for line, _ in zip(whole, range(rows), strict=False))
    return target


def speed(times: Sequence[Ran], empty: Sequence[Ran], megabytes: float, rows: int) -> dict[str, Any]:
    """What a side took, less its empty runs, and what that makes a second."""
    walls, idle = [ran.wall for ran in times], median([ran.wall for ran in empty])
    cpus, idle_cpu = [ran.cpu for ran in times], median([ran.cpu for ran in empty])
    return {
        "seconds": [round(wall, 3) for wall in walls],
        "processor_seconds": [round(cpu, 3) for cpu in cpus],
        "empty_seconds": round(idle, 3),
        "empty_processor_seconds": round(idle_cpu, 3),
        "megabytes": round(megabytes, 1),
        "rows": rows,
        "mb_per_second": megabytes / (median(walls) - idle),
        "mb_per_processor_second": megabytes / (median(cpus) - idle_cpu),
        "peak_mb": round(max(ran.peak for ran in times) / 1e6),
    }


def shares(profile: Mapping[str, Any], names: Sequence[str]) -> float:
    """The share of a profiled run that was spent in some functions and what they call. Raises KeyError for one that was not called."""
    return float(sum(profile["functions"][name] for name in names) / profile["seconds"])


def profiled(text: str) -> dict[str, Any]:
    """The seconds of each function in a run of a recipe; the profiler makes functions that call many others seem slower."""
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        folder = Path(place)
        (folder / "recipe.yaml").write_text(text)
        run([sys.executable, "-m", "bench.ours.profiled", "recipe.yaml", "profile.json"], folder, 1, HERE)
        told: dict[str, Any] = json.loads((folder / "profile.json").read_text())
        return told
