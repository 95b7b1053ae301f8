"""`redact.pii`'s rules over JSON lines: `python -m bench.ours.find_personal FILE --find|--time`, as peers/run_presidio.py."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa

from tilth.record import TEXT
from tilth.text import personal

ROWS = 2000
"""Rows of a batch; so many texts are looked at once."""

KINDS = tuple(kind for kind in personal.KINDS if kind != "secret")


def main() -> None:
    """Print one JSON object."""
    file, how = Path(sys.argv[1]), sys.argv[2]
    batches = list(_batches([line["text"] for line in msgspec.json.Decoder().decode_lines(file.read_bytes())]))
    personal.prepare()
    if how == "--find":
        sys.stdout.write(json.dumps([found for batch in batches for found in _told(batch)]))
        return
    personal.find(batches[0].slice(0, 50), KINDS)
    begun, busy = time.perf_counter(), time.process_time()
    count = sum(personal.find(batch, KINDS).num_rows for batch in batches)
    sys.stdout.write(json.dumps({"wall": time.perf_counter() - begun, "cpu": time.process_time() - busy, "found": count}))


def _batches(texts: Sequence[str]) -> Iterator[pa.LargeStringArray]:
    return (pa.array(texts[start : start + ROWS], TEXT) for start in range(0, len(texts), ROWS))


def _told(batch: pa.LargeStringArray) -> list[list[tuple[str, int, int, float]]]:
    found: list[list[tuple[str, int, int, float]]] = [[] for _ in range(len(batch))]
    for line in personal.find(batch, KINDS).to_pylist():
        found[line["row"]].append((line["kind"], line["start"], line["stop"], 1.0))
    return found


if __name__ == "__main__":
    main()
