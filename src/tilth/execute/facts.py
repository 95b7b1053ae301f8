"""The facts of a run: all that the report shows, gathered from the store once, at the end."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.execute.datasets import Walked
from tilth.execute.examples import examples
from tilth.execute.labels import NOT_JUDGED, Counts, by_label
from tilth.execute.models import Judged, Stands
from tilth.execute.thresholds import curves
from tilth.recipe.resolve import Placed, Recipe
from tilth.record import Check
from tilth.step import Filter
from tilth.store.objects import Store
from tilth.store.tables import read_table
from tilth.work import Machine

BINS = 40
BAD_SHOWN = 50
SAMPLES_SHOWN = 24
PACKAGES = ("tilth", "pyarrow", "duckdb", "numpy", "numba", "msgspec", "pycld2", "py3langid", "pydantic", "tokenizers", "transformers", "torch")


def gather(store: Store, recipe: Recipe, walked: Mapping[str, Walked], models: Mapping[str, Stands], scores: Sequence[Judged]) -> dict[str, Any]:
    """The part of the facts that comes from the store."""
    steps = placed_by_address(recipe)
    stages = [stage for one in walked.values() for stage in one.stages]
    labels = {address: counts for stage in stages for address, counts in by_label(store, stage, steps).items()}
    for line in (line for one in walked.values() for line in one.path if line["step"] in labels):
        line["facts"] = labels[line["step"]]  # so that they stand in the record as well
    told: dict[str, Any] = {
        "format": 1,
        "path": [line for one in walked.values() for line in one.path],
        "datasets": {name: _dataset(one) for name, one in walked.items() if one.files},
        **_bad(store, walked),
        "measures": [line for stage in stages for line in measures(store, stage, steps, labels)],
        "examples": examples(store, stages, steps),
        "models": {one.name: {"key": one.key, "step": one.step or "given", "from_store": one.stored, "facts": one.facts} for one in models.values()},
        "scores": [line for one in scores for line in one.made.manifest["scores"]],
        "samples": [line for one in scores for line in _samples(store, one)],
        "findings": store.findings(),
    }
    return told


def placed_by_address(recipe: Recipe) -> dict[str, Placed]:
    """Every step of the recipe by its address."""
    found = [placed for data in recipe.data for placed in (*data.sources, *data.steps)]
    found += [model.made for model in recipe.models if model.made is not None] + [score.made for score in recipe.scores]
    return {placed.address: placed for placed in found}


def _dataset(walked: Walked) -> dict[str, Any]:
    parts = {
        name: {"rows": made.manifest["rows"], "bytes": made.manifest["bytes"], "files": files_of(walked, name)} for name, made in walked.files.items()
    }
    columns = next(iter(walked.files.values())).manifest["columns"]
    rows, size = sum(int(part["rows"]) for part in parts.values()), sum(int(part["bytes"]) for part in parts.values())
    return {"content": content_of(walked), "rows": rows, "bytes": size, "parts": parts, "columns": columns}


def content_of(walked: Walked) -> str:
    """The content of a dataset: that of its only part, or of all of them by name."""
    contents = [f"{name}:{made.manifest['content']}" for name, made in walked.files.items()]
    return contents[0].partition(":")[2] if len(contents) == 1 else " ".join(contents)


def files_of(walked: Walked, part: str) -> list[str]:
    """The places of a part's files in the run folder."""
    count = int(walked.files[part].manifest["files"])
    return [f"data/{walked.name}/{part}-{number:05}-of-{count:05}.parquet" for number in range(count)]


def _bad(store: Store, walked: Mapping[str, Walked]) -> dict[str, Any]:
    lines: list[dict[str, Any]] = []
    total = 0
    for one in walked.values():
        for rows in dict.fromkeys(rows for stage in one.stages if stage["kind"] == "segment" for rows in stage["rows"]):
            table = read_table(store.path(rows) / "quarantine.parquet")
            total += table.num_rows
            for line in table.slice(0, max(0, BAD_SHOWN - len(lines))).to_pylist():
                origin, raw = line["origin"], line["raw"][:400].decode("utf-8", "backslashreplace")
                lines.append({"dataset": one.name, **origin, "reason": line["reason"], "raw": raw})
    return {"bad": lines, "bad_total": total}


def measures(store: Store, stage: Mapping[str, Any], steps: Mapping[str, Placed], labels: Mapping[str, Counts]) -> list[dict[str, Any]]:
    """For each rule of the stage's filters: how its measure is distributed, where the limit lies, and what other limits
    would keep; or its labels."""
    contents = [content for content in stage["measures"] if content is not None]
    lines: list[dict[str, Any]] = []
    kept_at = curves(store, stage, steps)
    for address in stage["steps"]:
        step = steps[address].step
        if not contents or not isinstance(step, Filter):
            continue
        for check in step.checks():
            if check.measure.label:
                lines.append(_labels(address, check, labels[address][check.rule]))
                continue
            column = pa.concat_tables([read_table(store.path(content) / "measures.parquet", [check.measure.column]) for content in contents])
            told = _histogram(address, check, column[check.measure.column])
            lines += [{**line, "kept_at": kept_at.get((address, check.rule), {})} for line in told]
    return lines


def _told(address: str, check: Check) -> dict[str, Any]:
    told = {"step": address, "rule": check.rule, "measure": check.measure.column, "by": check.measure.key}
    return {**told, "at_least": check.at_least, "at_most": check.at_most}


def _labels(address: str, check: Check, counts: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """A rule that judges labels: for each the rows that entered the step, and those that it kept."""
    judged = {label: entered for label, (entered, _) in counts.items() if label != NOT_JUDGED}
    failed = 0 if check.among is None else sum(entered for label, entered in judged.items() if label not in check.among)
    return {**_told(address, check), "labels": counts, "judged": sum(judged.values()), "failed": failed}


def _histogram(address: str, check: Check, column: pa.ChunkedArray) -> list[dict[str, Any]]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return []
    values = pc.cast(column, pa.float64()).drop_null().to_numpy()
    values = values[np.isfinite(values)]
    if not len(values):
        return []
    edges = _edges(values, [limit for limit in (check.at_least, check.at_most) if limit is not None])
    counts, _ = np.histogram(values, [-np.inf, *edges[1:-1], np.inf])
    failed = sum(int((values < limit).sum()) for limit in [check.at_least] if limit is not None)
    failed += sum(int((values > limit).sum()) for limit in [check.at_most] if limit is not None)
    ends = [None if values.min() < edges[0] else float(edges[0]), *map(float, edges[1:-1]), None if values.max() > edges[-1] else float(edges[-1])]
    return [{**_told(address, check), "edges": ends, "counts": [int(count) for count in counts], "judged": len(values), "failed": failed}]


def _edges(values: np.ndarray[Any, Any], limits: Sequence[float]) -> np.ndarray[Any, Any]:
    """Edges of about forty bins over the middle 99 % and the limits; whole numbers get whole bins."""
    low, high = np.quantile(values, [0.005, 0.995])
    low = min([low, *(limit for limit in limits if limit >= values.min())])
    high = max([high, *(limit for limit in limits if limit <= values.max())])
    low = float(values.min()) if low - values.min() <= (high - low) / BINS else low
    if not (values == np.round(values)).all():
        return np.linspace(low, high if high > low else low + 1, BINS + 1)
    width = max(1, int(np.ceil((high - low + 1) / BINS)))
    return np.arange(np.floor(low), high + width + 1, width) - 0.5


def _samples(store: Store, judged: Judged) -> list[dict[str, Any]]:
    table = read_table(store.path(judged.made.content) / "items.parquet")
    if not {"model", "prompt", "mode", "text"} <= set(table.column_names):
        return []
    lines = table.select(["model", "prompt", "mode", "text"]).slice(0, SAMPLES_SHOWN).to_pylist()
    return [{"score": judged.name, **line} for line in lines]


def environment(machine: Machine) -> dict[str, Any]:
    """What it was done with, and the command that does it again."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    told = {"cores": os.cpu_count() or 1, "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "processor": processor()}
    command = " ".join(["tilth", *sys.argv[1:]])
    return {"versions": versions, "machine": {**told, "workers": machine.workers, "device": machine.device}, "command": command}


def processor() -> str:
    """What the processor is called."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
