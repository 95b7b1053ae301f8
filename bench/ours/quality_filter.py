"""`filter.quality` over JSON lines in the order of FineWeb: `python -m bench.ours.quality_filter FILE HOW`.

The rules of Gopher judge the texts as they are; then `clean.c4_lines` takes lines out, and the rules of C4 and
FineWeb judge what is left, as datatrove's C4 filter does both at once. HOW is `--path` or `--each`, as in
peers/run_datatrove.py, or `--measures`: all rules judge the texts as they are, so that no line is taken out.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from tilth.judging import judge
from tilth.record import Batch, Verdict, make_ids
from tilth.step import Filter, Map
from tilth.steps.clean.c4_lines import C4Lines
from tilth.steps.filter.quality import Quality

ROWS = 2000
"""Rows of a batch; so many texts are measured at once."""

LINES = C4Lines(terminal_punctuation=False)
BEFORE = Quality(rules=("gopher_repetition", "gopher"))
AFTER = Quality(rules=("c4", "fineweb"))
PATHS: dict[str, tuple[Map | Filter, ...]] = {
    "--path": (BEFORE, LINES, AFTER),
    "--measures": (Quality(rules=("gopher_repetition", "gopher", "c4", "fineweb")),),
}
EACH: dict[str, tuple[Map | Filter, ...]] = {
    "gopher_repetition": (Quality(rules=("gopher_repetition",)),),
    "gopher": (Quality(rules=("gopher",)),),
    "c4": (LINES, Quality(rules=("c4",))),
    "fineweb": (Quality(rules=("fineweb",)),),
}


def batches(path: Path) -> list[pa.Table]:
    """The texts as they come from a file, with ids."""
    texts = [msgspec.json.decode(line)["text"] for line in path.read_bytes().splitlines()]
    table = pa.table({"id": pa.array(make_ids("", "", range(len(texts))), pa.binary(16)), "text": pa.array(texts, pa.large_string())})
    return [table.slice(first, ROWS) for first in range(0, table.num_rows, ROWS)]


def along(steps: Sequence[Map | Filter], table: pa.Table) -> tuple[int, Verdict | None]:
    """Take a batch through the steps: how many rows stay, and the last verdict."""
    batch, verdict = Batch(table), None
    for step in steps:
        if isinstance(step, Map):
            batch = batch.with_columns(step.columns(batch))
            continue
        checks = step.checks()
        verdict = judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch))
        batch = batch.keep(verdict.kept)
    return len(batch), verdict


def reasons(steps: Sequence[Map | Filter], tables: Sequence[pa.Table]) -> Iterator[str]:
    """For each row the rule that it broke first, or nothing."""
    for table in tables:
        _, verdict = along(steps, table)
        assert verdict is not None
        yield from (str(name) for name in np.array([*verdict.rules, ""])[verdict.failed])


def main() -> None:
    """Print one JSON object."""
    tables, every = batches(Path(sys.argv[1])), PATHS.get(sys.argv[2], PATHS["--path"])
    for step in every:
        step.prepare()
    along(every, tables[0].slice(0, 10))
    if sys.argv[2] == "--each":
        sys.stdout.write(json.dumps({name: list(reasons(steps, tables)) for name, steps in EACH.items()}))
        return
    begun, busy = time.perf_counter(), time.process_time()
    stay = sum(along(every, table)[0] for table in tables)
    sys.stdout.write(json.dumps({"wall": time.perf_counter() - begun, "cpu": time.process_time() - busy, "kept": stay}))


if __name__ == "__main__":
    main()
