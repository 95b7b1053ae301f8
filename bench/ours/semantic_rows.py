"""Rows of like meaning among random vectors: `python -m bench.ours.semantic_rows ROWS DIMENSIONS [topics]`.

One row in ten is a copy of another, moved by up to 0.9 times its own spread. The others point in any direction, which is
harder for clusters than real texts are; with `topics` each is drawn around one of 2,000 directions. What is timed is the
decision of `dedup.semantic` from sketches in a Parquet file, read column by column as a run reads them.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.record import id_array
from tilth.steps.dedup.semantic import PIECE, Semantic, _packed
from tilth.text.vectors import rounded

AT_ONCE, TOPICS, SPREAD, FURTHEST = 20_000, 2_000, 0.8, 0.9


class Filed:
    """Sketches in a Parquet file, each column read when it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.num_rows, self.column_names = pq.read_metadata(path).num_rows, pq.read_schema(path).names

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        return pq.read_table(self._path, columns=[name])[name]


def tables(rows: int, dimensions: int, *, topics: bool) -> Iterator[pa.Table]:
    """Sketches of random vectors, a piece at a time; copies are of rows of the same piece."""
    draw = np.random.default_rng(7)
    middles = draw.standard_normal((TOPICS, dimensions), np.float32)
    for begin in range(0, rows, AT_ONCE):
        count = min(AT_ONCE, rows - begin)
        told = draw.standard_normal((count, dimensions), np.float32)
        if topics:
            told = SPREAD * told + middles[draw.integers(0, TOPICS, count)]
        copies = np.flatnonzero(draw.random(count) < 0.1)
        moved = draw.uniform(0, FURTHEST, (len(copies), 1)).astype(np.float32) * draw.standard_normal((len(copies), dimensions), np.float32)
        told[copies] = told[draw.integers(0, count, len(copies))] + moved
        found, valid = rounded(told), np.ones(count, np.bool_)
        numbers = np.arange(2 * begin, 2 * (begin + count), dtype=np.uint64)
        columns = {"id": id_array(numbers.view("V16"))}
        columns |= {f"vector_{at // PIECE:02}": _packed(found[:, at : at + PIECE], valid) for at in range(0, dimensions, PIECE)}
        yield pa.table(columns)


def main() -> None:
    """Make the sketches, decide, and print what it took as JSON."""
    rows, dimensions, topics = int(sys.argv[1]), int(sys.argv[2]), "topics" in sys.argv
    step = Semantic(model="given", similarity=0.8)
    step.prepare()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sketch.parquet"
        for table in tables(rows, dimensions, topics=topics):
            if not path.exists():
                writer = pq.ParquetWriter(path, table.schema, compression="zstd")
                path.touch()
            writer.write_table(table)
        writer.close()
        size, before = path.stat().st_size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun, busy = time.perf_counter(), time.process_time()
        outcome = step.decide(Filed(path))
        told = {"seconds": round(time.perf_counter() - begun, 1), "cpu_seconds": round(time.process_time() - busy, 1)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told |= {"rows": rows, "dimensions": dimensions, "sketch_bytes": size, "before_mb": before // 1024, "peak_mb": peak // 1024}
    sys.stdout.write(json.dumps(told | {"dropped": int((outcome.part < 0).sum()), "facts": dict(outcome.facts)}) + "\n")


if __name__ == "__main__":
    main()
