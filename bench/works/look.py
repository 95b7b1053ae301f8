"""`tilth look` on 100 MB, beside DuckDB's SUMMARIZE and pandas' describe: the first look at a file, start-up and all."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.documents import CACHE, Corpus, corpus
from bench.results import Line, Result
from bench.timing import Ran, interleaved, median, run

ROOT = Path(__file__).parents[2]
CORES = 2
MEGABYTES = 100
SECONDS, MEMORY = 3.0, 1.5e9
TIMES = 5
THREADS = {name: str(CORES) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_NUM_THREADS")}

DUCKDB = "import duckdb, sys; print(duckdb.sql(f\"SUMMARIZE FROM {sys.argv[1]}('{sys.argv[2]}')\"))"
PANDAS = (
    "import pandas, sys; lines = {'lines': True} if 'json' in sys.argv[1] else {}; "
    "print(getattr(pandas, sys.argv[1])(sys.argv[2], **lines).describe(include='all'))"
)
READERS = {"jsonl": ("read_json_auto", "read_json"), "parquet": ("read_parquet", "read_parquet")}


def measure() -> Result:
    """Look at the same rows as JSON Lines and as Parquet."""
    documents = corpus(MEGABYTES)
    files = {"jsonl": documents.path, "parquet": _as_parquet(documents)}
    measured: dict[str, Any] = {}
    for kind, path in files.items():
        run(_tilth(path), ROOT, CORES, THREADS)  # compiles
        found = interleaved(_sides(kind, path), {"look": TIMES, "whole": TIMES, "duckdb": TIMES, "pandas": TIMES})
        measured[kind] = {name: _told(some) for name, some in found.items()}
    return Result(
        name="look",
        title="The first look at a file",
        lines=_lines(measured),
        documents=f"{documents.rows:,} rows, {documents.megabytes:.0f} MB of text; {documents.said}",
        how=f"Whole processes on {CORES} cores, start-up included, kernels compiled before. The memory is that of all processes at its peak. A look "
        "reads a sample of 8 MB and tells columns, lengths, languages, scripts, copies, quality, damage and personal data; `--whole` reads "
        "every row for it. SUMMARIZE and describe read every row and tell types, nulls, distinct values and the least and greatest.",
        measured=measured,
        notes=("What each side tells is not the same: neither DuckDB nor pandas looks into texts.",),
        peer="duckdb, pandas",
    )


def _as_parquet(documents: Corpus) -> Path:
    path = CACHE / f"{documents.path.stem}.parquet"
    if not path.exists():
        rows = [json.loads(line) for line in documents.path.open()]
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=2000)
    return path


def _tilth(path: Path, *more: str) -> list[str | Path]:
    return [sys.executable, "-m", "tilth.cli.main", "look", path, *more]


def _sides(kind: str, path: Path) -> dict[str, Callable[[], Ran]]:
    duckdb, pandas = READERS[kind]
    commands: dict[str, list[str | Path]] = {
        "look": _tilth(path),
        "whole": _tilth(path, "--whole"),
        "duckdb": [sys.executable, "-c", DUCKDB, duckdb, path],
        "pandas": [sys.executable, "-c", PANDAS, pandas, path],
    }
    return {name: partial(run, command, ROOT, CORES, THREADS) for name, command in commands.items()}


def _told(some: list[Ran]) -> dict[str, Any]:
    return {
        "seconds": [round(one.wall, 3) for one in some],
        "processor_seconds": [round(one.cpu, 3) for one in some],
        "wall": median([one.wall for one in some]),
        "cpu": median([one.cpu for one in some]),
        "peak_mb": round(max(one.peak for one in some) / 1e6),
    }


def _lines(measured: dict[str, Any]) -> tuple[Line, ...]:
    lines = []
    for kind, sides in measured.items():
        ours, beside = (
            sides["look"],
            ", ".join(f"{name} {sides[name]['wall']:.1f} s and {sides[name]['peak_mb']} MB" for name in ("duckdb", "pandas")),
        )
        said = f"{ours['wall']:.1f} s and {ours['peak_mb']} MB ({beside})"
        lines.append(Line(f"look at {MEGABYTES} MB of {kind}, sampled", "≤ 3 s", said, ours["wall"] <= SECONDS))
        whole = sides["whole"]
        memory = f"{whole['peak_mb'] / 1000:.2f} GB, {whole['wall']:.1f} s"
        lines.append(Line(f"look at {MEGABYTES} MB of {kind}, whole: memory", "≤ 1.5 GB", memory, whole["peak_mb"] <= MEMORY / 1e6))
    return tuple(lines)
