"""What `tilth plan` does: it forecasts, and rehearses when asked."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tilth.cli.running import opened, places
from tilth.errors import UsageError
from tilth.execute.forecast import forecast
from tilth.execute.panel import duration
from tilth.execute.peek import PEEKED
from tilth.execute.progress import Progress
from tilth.execute.run import Wish, execute
from tilth.report.harmless import visible
from tilth.report.page import draw
from tilth.store.objects import Store
from tilth.store.runs import Runs

FIELDS = ("parameters", "tokens", "flops", "memory_bytes", "disk_bytes")


def do(file: Path, sets: Sequence[str], scale: float, rehearse: bool, quiet: bool) -> dict[str, Any]:
    """The forecast of a recipe as plain data, with the rehearsal's result when asked."""
    if scale <= 0:
        raise UsageError("The scale is not above 0.", where="--scale")
    recipe = opened(file, sets)
    told = forecast(recipe, places(recipe), scale).told()
    if not rehearse:
        return {"recipe": recipe.name, **told}
    with tempfile.TemporaryDirectory(prefix="tilth-rehearsal-") as apart:
        run = execute(recipe, (Store(Path(apart) / "store"), Runs(Path(apart) / "runs")), Wish(sample=PEEKED), Progress(quiet=quiet), draw)
        return {"recipe": recipe.name, **told, "rehearsal": run.record()["result"]}


def as_json(told: Mapping[str, Any]) -> str:
    """The one object that `--json` prints."""
    return json.dumps(told)


def as_words(told: Mapping[str, Any]) -> str:
    """The path as a table: what is kept, what is to be done, and why."""
    lines = [f"{told['recipe']}"]
    lines += [_line(line) for line in told["path"]]
    lines += [_model(line) for line in (*told["models"], *told["scores"])]
    lines += [said for line in told["models"] if line["state"] != "kept" for said in _rented(line)]
    work = any(line["state"] != "kept" for line in (*told["path"], *told["models"], *told["scores"]))
    lines.append(_sums(told) if work else "Nothing is to be done: all of it stands from before.")
    lines += [f"  {visible(said, len(said))}" for said in (*told["network"], *told["findings"])]
    if "rehearsal" in told:
        lines.append("The rehearsal went through to the end:")
        lines += [f"  {line['step']:<36} {line['rows_in']:>9,} → {line['kept']:>9,}" for line in told["rehearsal"]["steps"]]
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
    """What a training would take on the cheapest kinds of GPUs that it fits on, at list prices."""
    offers = [offer for offer in line.get("gpus", ()) if offer["fits"]]
    if not offers:
        return []
    head = f"  {line['step']} on one rented GPU, if it does {offers[0]['utilisation']:.0%} of its peak rate (list prices of {offers[0]['date']}):"
    return [head, *(f"    {one['gpu']:<16} about {duration(one['hours'] * 3600):<12} ${one['dollars']:,.2f}  ({one['provider']})" for one in offers)]


def _amount(name: str, value: float) -> str:
    if name.endswith("_bytes"):
        return f"{_short(value)}B {name.removesuffix('_bytes')}"
    return f"{_short(value)}FLOP" if name == "flops" else f"{_short(value).rstrip()} {name}"


def _short(value: float) -> str:
    """A number as people say it: 1.9 M, 240 k."""
    for size, letter in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 0.9995 * size:  # what would be rounded to 1,000 is 1 of the next
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g} "


def _sums(told: Mapping[str, Any]) -> str:
    asked = ", ".join(dict.fromkeys(f"`{name}`" for line in told["path"] for name in line.get("asks", ())))
    sums = f"In all about {duration(told['seconds'])}, {_short(told['memory_bytes'])}B of memory for models, {_short(told['disk_bytes'])}B of disk"
    return f"{sums}; what {asked} take{'' if ',' in asked else 's'} for the rows is not known before, and may be far more." if asked else f"{sums}."
