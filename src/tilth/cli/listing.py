"""What `tilth runs` lists."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tilth.cli.lines import aligned, number
from tilth.cli.places import find_run, runs_here
from tilth.store.runs import Run
from tilth.store.sweep import read_record


@dataclass(frozen=True)
class Listed:
    """A run in the list. `rows_in`: records that sources read; `rows_out`: rows in the finished datasets."""

    run: str
    started: str
    rows_in: int
    rows_out: int
    models: Sequence[str]
    score: str
    seconds: float
    report: str


def found() -> list[Listed]:
    """The runs of this folder, those of a name together. Raises NotThere when there is none."""
    every = runs_here().all()
    return [_listed(run) for run in every] if every else [_listed(find_run(None))]


def _listed(run: Run) -> Listed:
    record = read_record(run)
    result = record["result"]
    read = sum(line["rows_in"] for line in result["steps"] if line["shape"] == "Source")
    last = {line["dataset"]: line["kept"] for line in result["steps"]}
    kept = sum(rows for name, rows in last.items() if name in result["content"])
    report = str(run.folder / "report.html")
    return Listed(
        f"{run.name}/{run.number}", record["started"], read, kept, list(result["models"]), _main(result["scores"]), record["seconds"], report
    )


def _main(scores: Sequence[Mapping[str, Any]]) -> str:
    """The score that says most: a perplexity where there is one, or else the first."""
    chosen = next((one for one in scores if one["metric"] == "perplexity"), scores[0] if scores else None)
    return "" if chosen is None else f"{chosen['name']} {chosen['model']} {chosen['metric']} {number(chosen['value'])}"


def as_json(runs: Sequence[Listed]) -> str:
    """The one object that `--json` prints."""
    return json.dumps({"runs": [asdict(run) for run in runs]})


def as_words(runs: Sequence[Listed]) -> str:
    """A table, the newest run of a name last."""
    rows = [("run", "when", "rows in", "rows out", "seconds", "models", "main score", "report")]
    rows += [
        (one.run, _when(one.started), f"{one.rows_in:,}", f"{one.rows_out:,}", number(one.seconds), " ".join(one.models), one.score, one.report)
        for one in runs
    ]
    filled = [place for place in range(len(rows[0])) if any(row[place] for row in rows[1:])]
    right = [new for new, place in enumerate(filled) if place in (2, 3, 4)]
    return aligned([[row[place] for place in filled] for row in rows], right=right)


def _when(started: str) -> str:
    """The moment on this machine's clock."""
    return f"{datetime.datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M}"
