"""Fine-tune on question–answer rows with Tilth; prints seconds, tokens and the curve as JSON: `tune_rows.py BASE ROWS BATCH PACKED SEED`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.record import ID, make_ids
from tilth.steps.train.sft import Sft
from tilth.work import Dataset, Machine, Work

LENGTH = 512


def main() -> None:
    """Train once over the rows."""
    base, rows, batch, packed, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "packed", int(sys.argv[5])
    told = [json.loads(line) for line in rows.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        for name in ("artefact", "scratch"):
            (place / name).mkdir()
        table = pa.Table.from_pylist(told).add_column(0, "id", pa.array(make_ids("rows", "", range(len(told))), ID))
        pq.write_table(table, place / "rows.parquet")
        data = Dataset("rows", (place / "rows.parquet",), "rows", len(told))
        step = Sft(
            data="rows", model="base", epochs=1, batch=batch, learning_rate=1e-3, schedule="constant", warmup=0, template="plain",
            precision="fp32", checkpoint_every=10**6, length=LENGTH, packing=packed, truncation="drop",
        )  # fmt: skip
        facts = step.fit(Work({"rows": data}, {"base": base}, place / "artefact", place / "scratch", "key", seed, Machine(device="cpu")))
    told_of = {"seconds": facts["training_seconds"], "tokens": facts["tokens_seen"], "steps": facts["steps"], "at_once": facts["micro_batch"]}
    sys.stdout.write(json.dumps({**told_of, "losses": [entry["loss"] for entry in facts["curve"]]}) + "\n")


if __name__ == "__main__":
    main()
