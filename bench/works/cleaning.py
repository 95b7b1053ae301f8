"""A recipe that cleans and filters, against Data-Juicer's operators of the same kind: JSON lines in, JSON lines out."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.documents import corpus
from bench.environments import PEERS, python_of
from bench.projects import ROOT, Done, first_rows, profiled, recipe, speed, tilth
from bench.results import Line, Result
from bench.timing import Ran, faster, interleaved, run

CHARACTERS, LETTERS, REPEATED_CHARACTERS, REPEATED_WORDS = 450, 0.75, 0.2, 0.15
"""The limits on both sides."""

OURS = [
    {"clean.html": {}},
    {"clean.urls": {}},
    {"clean.unicode": {}},
    {"clean.whitespace": {}},
    {"filter.length": {"characters": {"at_least": CHARACTERS}}},
    {"filter.characters": {"alphanumeric": {"at_least": LETTERS}, "word_repetition": {"at_most": REPEATED_WORDS}}},
    {"filter.characters": {"character_repetition": {"at_most": REPEATED_CHARACTERS}}},
]
THEIRS = [
    {"clean_html_mapper": {}},
    {"clean_links_mapper": {}},
    {"fix_unicode_mapper": {}},
    {"whitespace_normalization_mapper": {}},
    {"text_length_filter": {"min_len": CHARACTERS}},
    {"alphanumeric_filter": {"min_ratio": LETTERS}},
    {"word_repetition_filter": {"rep_len": 10, "max_ratio": REPEATED_WORDS}},
    {"character_repetition_filter": {"rep_len": 10, "max_ratio": REPEATED_CHARACTERS}},
]
SAME = {
    "text_length_filter": "characters",
    "alphanumeric_filter": "alphanumeric_share",
    "word_repetition_filter": "word_repetition",
    "character_repetition_filter": "character_repetition",
}
"""Rules that ask the same on both sides."""

EMPTY = 20
"""Rows of an empty run."""


@dataclass(frozen=True)
class Juiced:
    """A run of Data-Juicer, and for each operator its seconds and the rows that it left."""

    ran: Ran
    left: list[tuple[str, float, int]]


def measure() -> Result:
    """Time both, and tell what each rule drops."""
    few, many = corpus(30, marked=True), corpus(100, marked=True)
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        little = first_rows(few.path, EMPTY, Path(place) / "little.jsonl")
        ours(little)  # compiles
        sides = {
            "ours": lambda: ours(many.path),
            "empty": lambda: ours(little),
            "peer": lambda: juice(few.path),
            "peer_empty": lambda: juice(little),
        }
        found = interleaved(sides, {"ours": 5, "empty": 5, "peer": 3, "peer_empty": 3})
        same = ours(few.path)
    measured = {
        "ours": speed([one.ran for one in found["ours"]], [one.ran for one in found["empty"]], many.megabytes, many.rows),
        "data_juicer": speed([one.ran for one in found["peer"]], [one.ran for one in found["peer_empty"]], few.megabytes, few.rows),
        "operators": found["peer"][0].left,
        "profile": slowest(profiled(recipe(many.path, OURS))),
    }
    return Result(
        name="cleaning",
        title="A recipe that cleans and filters",
        lines=_lines(measured),
        documents=many.said,
        how="Whole processes on one core, JSON lines in and out, less a run over 20 rows. Ours writes every decision and edit, and every row as it "
        "stood; then its Parquet is written as JSON lines. Data-Juicer runs with one process, its tracer and cache off.",
        measured=measured,
        agreement=tuple(_agreement(same, found["peer"][0], few.rows)),
        notes=(
            "Clean: HTML, links, Unicode repair, white space. Filter: length, share of letters and digits, repetition of runs of words and of "
            "characters, by the same definitions on both sides.",
            "Where the same limit drops other rows, the cleaning before it may be why; row by row that was not looked at. Data-Juicer parses "
            "every text as HTML, and its links run over punctuation; ours leaves a text without tags as it is, and joins runs of spaces.",
        ),
        peer=PEERS["data-juicer"].package,
    )


def ours(documents: Path) -> Done:
    """Our recipe, and then its dataset as JSON lines."""
    return tilth(recipe(documents, OURS), ["bench.ours.as_json_lines", "runs/bench/latest/data/docs", "out.jsonl"])


def juice(documents: Path) -> Juiced:
    """The same with Data-Juicer, in a new folder."""
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        folder = Path(place)
        settings = {"project_name": "bench", "dataset_path": str(documents), "export_path": str(folder / "out" / "out.jsonl"), "np": 1}
        settings |= {"text_keys": "text", "open_tracer": False, "use_cache": False, "process": THEIRS}
        (folder / "recipe.yaml").write_text(json.dumps(settings))
        command: list[str | Path] = [python_of("data-juicer"), ROOT / "bench/peers/run_data_juicer.py", "recipe.yaml", "told.json"]
        ran = run(command, folder, 1, {"HF_HOME": str(folder / "hf")})
        return Juiced(ran, json.loads((folder / "told.json").read_text()))


def slowest(profile: dict[str, Any], count: int = 40) -> dict[str, Any]:
    """The functions that took most of a profiled run, with what they call."""
    functions = sorted(profile["functions"].items(), key=lambda one: -one[1])[:count]
    return {
        "processor_seconds": round(profile["seconds"], 3),
        "functions": {name: round(seconds, 3) for name, seconds in functions},
        "alone": {name: round(seconds, 3) for name, seconds in profile["alone"].items()},
    }


def _lines(measured: dict[str, Any]) -> tuple[Line, ...]:
    ratio, told = faster(measured["ours"], measured["data_juicer"])
    return (Line("the operators of a Data-Juicer recipe, with decisions", "≥ 25 ×", told, ratio >= 25),)


def _agreement(done: Done, juiced: Juiced, rows: int) -> list[dict[str, Any]]:
    reasons, before, lines = done.reasons(), rows, []
    for operator, _, left in juiced.left:
        if operator in SAME:
            lines.append({"rule": SAME[operator], "rows": rows, "ours": reasons.get(SAME[operator], 0), "peer": before - left, "both": None})
        before = left
    return lines
