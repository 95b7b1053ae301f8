"""What the plan foretold of a run, beside what the run measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tilth.execute.datasets import Walked
from tilth.execute.forecast import Forecast
from tilth.execute.models import Stands
from tilth.store.objects import Store

QUANTITIES = ("parameters", "tokens", "flops", "seconds", "memory_bytes", "disk_bytes")
"""What is estimated of a model before and measured after."""


def of_data(foretold: Forecast, walked: Mapping[str, Walked], disk: Mapping[str, int]) -> list[dict[str, Any]]:
    """Of each dataset of which something was to be done: its rows, and the seconds and the disk that this took.

    `disk`: the bytes that were written for each. Of what the plan could not tell there is no line."""
    lines: list[dict[str, Any]] = []
    for name, one in walked.items():
        todo = [line for line in foretold.path if line["dataset"] == name and line["state"] == "to do"]
        if not todo or not one.path:
            continue
        told = {"rows": todo[-1]["rows"], **{what: _sum(line.get(what) for line in todo) for what in ("seconds", "disk_bytes")}}
        measured = {"rows": one.path[-1]["kept"], "seconds": round(one.seconds, 3), "disk_bytes": disk[name]}
        lines += [
            {"what": name, "quantity": what, "estimate": value, "measured": measured[what]} for what, value in told.items() if value is not None
        ]
    return lines


def _sum(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def of_models(models: Mapping[str, Stands]) -> list[dict[str, Any]]:
    """What was expected of each model when it was made, beside what was measured then."""
    lines = []
    for one in models.values():
        for quantity, value in dict(one.facts.get("estimate", {})).items():
            if quantity in QUANTITIES:
                lines.append({"what": one.name, "quantity": quantity, "estimate": value, "measured": measured(one, quantity)})
    return lines


def measured(stands: Stands, quantity: str) -> float | None:
    """What was measured of a quantity that had been estimated."""
    names = {"seconds": "seconds", "memory_bytes": "peak_memory_bytes", "tokens": "tokens_seen"}
    value = stands.facts.get(names.get(quantity, quantity))
    if quantity == "seconds" and value is None:
        value = stands.seconds
    if quantity == "disk_bytes":
        value = sum(path.stat().st_size for path in stands.folder.rglob("*") if path.is_file())
    return None if value is None else float(value)


def written(store: Store, walked: Walked, since: int) -> int:
    """The bytes of the objects of a dataset that were made since a time (nanoseconds, by the clock of the store's files)."""
    columns = ("rows", "measures", "verdicts", "sketches", "compared")
    contents = {content for stage in walked.stages for column in columns for content in stage.get(column, ()) if content is not None}
    contents |= {made.content for made in (*walked.files.values(), *([walked.books] if walked.books else []))}
    return sum(_size(store.path(content), since) for content in contents)


def _size(folder: Path, since: int) -> int:
    if (folder / "manifest.json").stat().st_mtime_ns < since:
        return 0
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
