"""What people wait for though nothing is to be done: a run that changes nothing, the plan, the help. And a million short rows."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from bench.documents import corpus
from bench.projects import HERE, recipe
from bench.results import Line, Result
from bench.timing import Ran, median, run
from bench.works.near import texts_of

ROWS, WORDS = 1_000_000, 12
STEPS: list[Any] = [{"clean.whitespace": {}}, {"filter.length": {"words": {"at_least": 3}}}, {"dedup.exact": {}}]
TIMES = 7


def measure() -> Result:
    """One run over a million rows, and then what is asked again."""
    tilth = [sys.executable, "-m", "tilth.cli.main"]
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        folder = Path(place)
        size = short_rows(folder / "rows.jsonl")
        (folder / "recipe.yaml").write_text(recipe(folder / "rows.jsonl", STEPS))
        verbs = {
            "plan": [*tilth, "plan", "recipe.yaml"],
            "first": [*tilth, "run", "recipe.yaml", "--json", "--quiet", "--workers", "1"],
            "again": [*tilth, "run", "recipe.yaml", "--json", "--quiet", "--workers", "1"],
            "plan_again": [*tilth, "plan", "recipe.yaml"],
            "help": [*tilth, "--help"],
        }
        ran = {name: [run(words, folder, 1, HERE) for _ in range(1 if name == "first" else TIMES)] for name, words in verbs.items()}
    seconds = {name: median([one.wall for one in found]) for name, found in ran.items()}
    busy = {name: median([one.cpu for one in found]) for name, found in ran.items()}
    return Result(
        name="again",
        title="When there is nothing to do",
        lines=_lines(seconds, busy, ran["first"][0]),
        documents=f"{ROWS:,} rows of {WORDS} words, {size / 1e6:.0f} MB",
        how="Whole processes on one core, their start included.",
        measured={
            "seconds": {name: [round(one.wall, 3) for one in found] for name, found in ran.items()},
            "processor_seconds": {name: [round(one.cpu, 3) for one in found] for name, found in ran.items()},
            "first_peak_mb": round(ran["first"][0].peak / 1e6),
        },
        notes=(f"The first run over them takes {seconds['first']:.0f} s on one core: white space, length, exact duplicates.",),
    )


def short_rows(target: Path) -> int:
    """Write a million short rows, all different; their bytes of text."""
    written = rows = 0
    with target.open("wb") as file:
        for turn in range(1 << 30):
            for text in texts_of(corpus(10).path):
                words = text.split()
                for first in range(0, len(words) - WORDS, WORDS):
                    short = " ".join([*words[first : first + WORDS], str(turn)])
                    written, rows = written + file.write(msgspec.json.encode({"text": short}) + b"\n"), rows + 1
                    if rows == ROWS:
                        return written
    return written


def _lines(seconds: dict[str, float], busy: dict[str, float], first: Ran) -> tuple[Line, ...]:
    plan = max(seconds["plan"], seconds["plan_again"])
    said = f"{_both(seconds, busy, 'plan')} before the run, {_both(seconds, busy, 'plan_again')} after it"
    return (
        Line("a run where nothing changed, a million rows", "≤ 2 s", _both(seconds, busy, "again"), seconds["again"] <= 2),
        Line("`tilth plan`", "≤ 1.5 s", said, plan <= 1.5),
        Line("`tilth --help`", "≤ 0.3 s", _both(seconds, busy, "help"), seconds["help"] <= 0.3),
        Line("memory of a run over a million rows with one worker", "≤ 1.5 GB", f"{first.peak / 1e9:.2f} GB", first.peak <= 1.5e9),
    )


def _both(seconds: dict[str, float], busy: dict[str, float], name: str) -> str:
    return f"{seconds[name]:.2f} s (of processor {busy[name]:.2f} s)"
