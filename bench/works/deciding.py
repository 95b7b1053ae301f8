"""Deciding near-duplicates among ten million sketched rows with known clusters."""

from __future__ import annotations

import sys

from bench.projects import ROOT
from bench.results import Line, Result
from bench.timing import median, run

ROWS, THREADS = 10_000_000, 2


def measure() -> Result:
    """Decide three times; the memory is that of the whole process, what makes the sketches included."""
    ran = [run([sys.executable, "-m", "bench.ours.decide_rows", str(ROWS), str(THREADS)], ROOT, THREADS) for _ in range(3)]
    told = [one.json() for one in ran]
    seconds, peak = median([one["seconds"]["all"] for one in told]), max(one.peak for one in ran)
    right = all(one["as_planted"] for one in told)
    return Result(
        name="deciding",
        title="Deciding among ten million rows",
        lines=(
            Line("decide for 10 million sketched rows", "≤ 2 min on 2 cores", f"{seconds:.0f} s", seconds <= 120 and right),
            Line("decide for 10 million sketched rows: memory", "≤ 4 GB", f"{peak / 1e9:.1f} GB", peak <= 4e9),
        ),
        documents="none: made sketches, one row in ten in a cluster of ten that share 95 % of their shingles, clusters spread over all rows",
        how="The pairs are found band by band from keys in files, compared exactly, and decided. The reading and writing of a run's store is not "
        "in it; the memory holds the shingles of the million rows that occur in pairs.",
        measured={"runs": told, "peak_mb": round(peak / 1e6)},
        notes=(f"The rows that fell are those that were planted: {'yes' if right else 'no'}.",),
    )
