"""Questions with answers, and models to answer them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.fakes.model import tiny_model
from tilth.fakes.work import tiny_work
from tilth.record import ID, make_ids
from tilth.work import Dataset, Work

SHORT = "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% else %}|{% endif %}{% endfor %}"
"""A template that leaves room in the tiny model's context of 32 tokens."""

ROWS = {"question": ["How much?", "And now?", "The last one?"], "answer": ["It is $17.00", "3", "Nix."]}


def dataset(folder: Path, rows: dict[str, list[object]], name: str = "test") -> Dataset:
    """Rows of these columns in a Parquet file."""
    folder.mkdir(parents=True, exist_ok=True)
    count = len(next(iter(rows.values())))
    pq.write_table(pa.table({"id": pa.array(make_ids(name, "", range(count)), ID), **rows}), folder / f"{name}.parquet")
    return Dataset(name, (folder / f"{name}.parquet",), "content", count)


def answered(folder: Path, rows: dict[str, list[object]] | None = None) -> Work:
    """Work with two models, `base` and `tuned`, and questions with answers."""
    models = {name: tiny_model(folder / name, seed) for name, seed in (("base", 1), ("tuned", 2))}
    work = tiny_work(folder, {}, models)
    return Work({"test": dataset(folder / "data", rows or ROWS)}, models, work.folder, work.scratch, "key", 7)
