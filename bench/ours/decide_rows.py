"""Near-duplicates among sketched rows with known clusters: `python -m bench.ours.decide_rows ROWS THREADS`.

Of the rows, one in ten is in a cluster of ten: a text and nine that share 95 % of its shingles, with every band alike.
What is timed is what a run does after sketching: find the pairs, compare them exactly, decide. The band keys lie in
files and are read one at a time, as a run reads them from its sketches.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.pairs import NOTHING, Compared, Sets
from tilth.record import id_array
from tilth.steps.dedup.minhash import Minhash

SIZE, CLUSTER, ONE_IN = 100, 10, 10
"""Shingles of a row; rows of a cluster; and one row in so many is in a cluster."""


class Filed:
    """Sketches whose columns lie in files."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.folder, self.num_rows = folder, rows
        self.column_names: list[str] = []

    def keep(self, name: str, values: npt.NDArray[Any]) -> None:
        """Write a column."""
        np.save(self.folder / f"{name}.npy", values)
        self.column_names.append(name)

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        values = np.load(self.folder / f"{name}.npy")
        return pa.chunked_array([id_array(values.view("V16")) if name == "id" else pa.array(values)])


def groups(rows: int) -> npt.NDArray[np.int64]:
    """For each row the cluster that it is in; rows of a cluster lie far apart."""
    clustered = rows // ONE_IN
    cluster = np.arange(rows, dtype=np.int64)
    places = np.arange(clustered) * ONE_IN
    cluster[places] = np.arange(clustered) % max(1, clustered // CLUSTER) * ONE_IN
    return cluster


def sketched(folder: Path, step: Minhash, cluster: npt.NDArray[np.int64]) -> Filed:
    """A sketch of each row, its bands those of its cluster."""
    rows = len(cluster)
    sketches = Filed(folder, rows)
    sketches.keep("id", np.arange(2 * rows, dtype=np.uint64))
    sketches.keep("shingles", np.full(rows, SIZE, np.int64))
    for band in range(step.banding().bands):
        sketches.keep(f"band_{band:02}", _stirred(cluster.astype(np.uint64) + np.uint64(band << 40)))
    return sketches


def _stirred(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Numbers as good as random, each for one number (the finish of SplitMix64)."""
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)


def shingled(cluster: npt.NDArray[np.int64]) -> Sets:
    """The sets of the rows that occur in pairs: 95 of 100 shingles are the cluster's, five the row's own."""
    rows, own = np.arange(0, len(cluster), ONE_IN), SIZE // 20
    numbers = np.concatenate([cluster[rows, None] * SIZE + np.arange(SIZE - own), (1 << 62) + rows[:, None] * own + np.arange(own)], axis=1)
    counts = np.zeros(len(cluster), np.int64)
    counts[rows] = SIZE
    return Sets(np.sort(_stirred(numbers.astype(np.uint64)), axis=1).ravel(), np.cumsum(counts) - counts, counts)


def main() -> None:
    """Print one JSON object: seconds of each part, and whether the rows that fell are those that should."""
    rows, threads = int(sys.argv[1]), int(sys.argv[2])
    step = Minhash(similarity=0.8)
    step.prepare()
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        cluster = groups(rows)
        sketches, sets = sketched(Path(place), step, cluster), shingled(cluster)
        begun = time.perf_counter()
        near = step.comparison()
        found = near.candidates(sketches, 0)
        pairs = np.concatenate([np.empty(0, np.uint64), *found])
        paired = time.perf_counter()
        told = near.similarities(pairs, sets, threads)
        pairs, told = pairs[told >= near.at_least], told[told >= near.at_least]
        compared = time.perf_counter()
        later, sooner = (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
        outcome = step.decide(sketches, Compared(later, sooner, told, 0, dict(found.facts)) if len(pairs) else NOTHING)
        decided = time.perf_counter()
    falls = np.ones(rows, np.bool_)
    falls[np.unique(cluster, return_index=True)[1]] = False
    seconds = {"pairs": paired - begun, "compare": compared - paired, "decide": decided - compared, "all": decided - begun}
    right = bool(np.array_equal(outcome.part < 0, falls))
    sys.stdout.write(json.dumps({"seconds": seconds, "rows": rows, "pairs": len(pairs), "dropped": int(falls.sum()), "as_planted": right}))


if __name__ == "__main__":
    main()
