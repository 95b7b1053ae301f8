"""The finished dataset of a run as JSON lines: `python -m bench.ours.as_json_lines FOLDER FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb


def main() -> None:
    """Write every column but our own."""
    parts, target = Path(sys.argv[1]) / "*.parquet", Path(sys.argv[2])
    database = duckdb.connect(config={"threads": 1, "preserve_insertion_order": True})
    database.execute(f"COPY (SELECT * EXCLUDE (id, origin) FROM read_parquet('{parts}')) TO '{target}' (FORMAT json)")


if __name__ == "__main__":
    main()
