"""Clean, tell the language, judge by every rule of quality, and find near-duplicates: JSON lines in, Parquet out, with decisions."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from bench.documents import corpus
from bench.projects import Done, first_rows, here, profiled, recipe, shares, speed, tilth
from bench.results import Line, Result
from bench.timing import fast, interleaved
from bench.works.cleaning import slowest
from tilth.steps.filter.quality import RULES
from tilth.store.tables import write_table

BOOKS = (
    "execute.books.decisions",
    "execute.books.edits",
    "execute.books.outcome_lines",
    "execute.passes._examples",
    "execute.passes.add",
    "execute.pieces.balance",
    "execute.finals.write_books",
)
"""The functions that make the books of rows, count and balance them, and join them for the dataset."""

SHOWN = ("execute.examples.examples",)
"""The functions that read rows again to show a few of the decisions in the report."""

EMPTY = 20

OTHER_SIZES = (15, 300)
"""Megabytes on which the memory alone is looked at."""


def steps() -> list[Any]:
    """The steps of the path that are there yet."""
    wanted = [
        ("clean.html", {}),
        ("clean.unicode", {}),
        ("clean.whitespace", {}),
        ("filter.language", {"keep": ["en"]}),
        ("filter.quality", {"rules": list(RULES)}),
        ("dedup.minhash", {}),
    ]
    return [{name: settings} for name, settings in wanted if here(name)]


def measure() -> Result:
    """Time the whole path on one core, and profile it once."""
    documents, messy, path = corpus(100), corpus(100, marked=True), steps()
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        little = first_rows(documents.path, EMPTY, Path(place) / "little.jsonl")
        tilth(recipe(little, path))  # compiles
        sides = {
            "ours": lambda: tilth(recipe(documents.path, path)),
            "empty": lambda: tilth(recipe(little, path)),
            "messy": lambda: tilth(recipe(messy.path, path)),
        }
        found = interleaved(sides, {"ours": 5, "empty": 5, "messy": 3})
        peaks = {size: round(tilth(recipe(corpus(size).path, path)).ran.peak / 1e6) for size in OTHER_SIZES}
    profile, done = profiled(recipe(documents.path, path)), found["ours"][-1]
    idle = [one.ran for one in found["empty"]]
    ours = speed([one.ran for one in found["ours"]], idle, documents.megabytes, documents.rows)
    cleaned = speed([one.ran for one in found["messy"]], idle, messy.megabytes, messy.rows)
    peaks[round(documents.megabytes)] = ours["peak_mb"]
    books = {"books": shares(profile, BOOKS) + written(done) / profile["seconds"], "shown": shares(profile, SHOWN)}
    told = {"passes": done.told["passes"], "reasons": done.reasons(), "shares": books, "peak_mb_by_input_mb": peaks}
    return Result(
        name="path",
        title="From JSON lines to a clean dataset",
        lines=(*_speeds({"": ours, "; of texts of which four in ten have HTML, links or wrong decoding": cleaned}, path), *_costs(books, peaks)),
        documents=documents.said,
        how="Whole processes with one worker on one core, JSON lines in, Parquet out, with decisions, edits, measures and every row as it stood, "
        "less a run over 20 rows. The memory is that of all processes, at its peak, files that are mapped included.",
        measured={"ours": ours, "messy": cleaned, **told, "profile": slowest(profile)},
        notes=(
            f"Steps: {', '.join(name for step in path for name in step)}; the sets of rules: {', '.join(RULES)}.",
            "Decision records cannot be switched off, so no run without them was measured. What they cost is estimated: the share of a profiled run "
            "in the functions that make, count, balance and join them, and the time to write them once more. The report also reads some rows "
            "again to show them, which is told apart. The budget counts as met if both together meet it, and as missed if the first alone does not.",
        ),
    )


def written(done: Done) -> float:
    """The seconds that it takes to write the decisions of a run."""
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        begun = time.perf_counter()
        write_table(Path(place) / "decisions.parquet", done.decisions)
        return time.perf_counter() - begun


def _speeds(found: dict[str, dict[str, Any]], path: list[Any]) -> tuple[Line, ...]:
    whole = {"filter.language", "dedup.minhash"} <= {name for step in path for name in step} and {"c4", "fineweb"} <= set(RULES)
    work, lines = "clean, language, every rule of quality, near-duplicates", []
    for of, side in found.items():
        speed, said = fast(side)
        lines.append(Line(f"{work}{of}", "≥ 10 MB/s", said, speed >= 10 if whole or speed < 10 else None))
    return tuple(lines)


def _costs(books: dict[str, float], peaks: dict[int, int]) -> tuple[Line, ...]:
    memory = ", ".join(f"{peaks[size] / 1000:.2f} GB on {size} MB" for size in sorted(peaks))
    least, most = (share / (1 - share) for share in (books["books"], sum(books.values())))
    said = f"estimated {least:.1%}, and {most:.1%} with the rows that the report shows"
    return (
        Line("decision records", "≤ 10 % slower", said, True if most <= 0.1 else None if least <= 0.1 else False),
        Line("memory of a run with one worker", "≤ 1.5 GB", memory, max(peaks.values()) <= 1500),
    )
