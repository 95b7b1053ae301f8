"""What `tilth plan` does: it forecasts, and rehearses when asked."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tilth.cli.rehearsing import rehearsed, short, split
from tilth.cli.running import opened, places
from tilth.errors import UsageError
from tilth.execute.forecast import forecast
from tilth.execute.panel import duration
from tilth.execute.progress import Progress
from tilth.execute.run import rehearse as tried
from tilth.report.harmless import visible
from tilth.store.objects import Store

FIELDS = ("parameters", "trainable_parameters", "tokens", "flops", "memory_bytes", "disk_bytes", "checkpoints_bytes")
SHORT = 60.0
"""Seconds below which nobody rents a GPU."""
SHOWN = 4
"""So many kinds of GPUs are shown; `--json` tells all."""


def do(file: Path, sets: Sequence[str], scale: float, rehearse: bool, quiet: bool) -> dict[str, Any]:
    """The forecast of a recipe as plain data, with the rehearsal's result when asked."""
    if scale <= 0:
        raise UsageError("The scale is not above 0.", where="--scale")
    recipe = opened(file, sets)
    found = forecast(recipe, places(recipe), scale)
    told = {"recipe": recipe.name, **found.told()}
    if not rehearse:
        return told
    rows = {name: None if count is None else round(count * scale) for name, count in found.rows.items()}
    with tempfile.TemporaryDirectory(prefix="tilth-rehearsal-") as apart:
        return {**told, "rehearsal": tried(recipe, Store(Path(apart) / "store"), rows, Progress(quiet=quiet))}


def as_json(told: Mapping[str, Any]) -> str:
    """The one object that `--json` prints."""
    return json.dumps(told)


def as_words(told: Mapping[str, Any]) -> str:
    """The path as a table: what is kept, what is to be done, and why."""
    lines = [f"{told['recipe']}"]
    lines += [_line(line) for line in told["path"]]
    lines += [said for line in told["models"] for said in (_model(line), *(split(line) if line["state"] != "kept" else ()))]
    lines += [_model(line) for line in told["scores"]]
    lines += [said for line in told["models"] if line["state"] != "kept" for said in _rented(line)]
    work = any(line["state"] != "kept" for line in (*told["path"], *told["models"], *told["scores"]))
    lines.append(_sums(told) if work else "Nothing is to be done: all of it stands from before.")
    lines += [f"  {visible(said, len(said))}" for said in (*told["network"], *told["findings"])]
    if "rehearsal" in told:
        lines += rehearsed(told["rehearsal"])
    return "\n".join(lines)


def _line(line: Mapping[str, Any]) -> str:
    rows = "" if line["rows"] is None else f"{'' if line['state'] == 'kept' else '~'}{line['rows']:,} {'row' if line['rows'] == 1 else 'rows'}"
    took = f"  about {duration(line['seconds'])}" if line.get("seconds") else ""
    told = f"\n      {line['tells']}" if line.get("tells") else ""
    return f"  {line['step']:<36} {line['state']:<6} {rows:>16}{took}{'  ' + line['why'] if line['why'] else ''}".rstrip() + told


def _model(line: Mapping[str, Any]) -> str:
    told = "".join(f"  {_amount(name, line[name])}" for name in FIELDS if line.get(name))
    took = f"  about {duration(line['seconds'])}" if line.get("seconds") else ""
    return f"  {line['step']:<36} {line['state']:<6}{took}{told}".rstrip()


def _rented(line: Mapping[str, Any]) -> list[str]:
    """What a training would take on the cheapest kinds of GPUs that it fits on, at list prices; nothing for one that is short, here or there."""
    offers = [offer for offer in line.get("gpus", ()) if offer["fits"]][:SHOWN]
    if not offers or (line.get("seconds") or 0.0) < SHORT or max(offer["hours"] for offer in offers) * 3600 < SHORT:
        return []
    head = f"  {line['step']} on one rented GPU, if it does {offers[0]['utilisation']:.0%} of its peak rate (list prices of {offers[0]['date']}):"
    return [head, *(f"    {one['gpu']:<16} about {duration(one['hours'] * 3600):<12} ${one['dollars']:,.2f}  ({one['provider']})" for one in offers)]


def _amount(name: str, value: float) -> str:
    if name == "trainable_parameters":
        return f"{short(value).rstrip()} trained"
    if name.endswith("_bytes"):
        return f"{short(value)}B {name.removesuffix('_bytes')}"
    return f"{short(value)}FLOP" if name == "flops" else f"{short(value).rstrip()} {name}"


def _sums(told: Mapping[str, Any]) -> str:
    asked = ", ".join(dict.fromkeys(f"`{name}`" for line in told["path"] for name in line.get("asks", ())))
    sums = f"In all about {duration(told['seconds'])}, {short(told['memory_bytes'])}B of memory for models, {short(told['disk_bytes'])}B of disk"
    return f"{sums}; what {asked} take{'' if ',' in asked else 's'} for the rows is not known before, and may be far more." if asked else f"{sums}."
