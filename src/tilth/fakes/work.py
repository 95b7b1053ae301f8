"""What a Fit or a Judge is given, made from plain texts: to try a step alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.record import ID, TEXT, make_ids
from tilth.work import Dataset, Machine, Work


def tiny_dataset(folder: Path, name: str, texts: Sequence[str | None]) -> Dataset:
    """A dataset of these texts in one Parquet file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.parquet"
    pq.write_table(pa.table({"id": pa.array(make_ids(name, "", range(len(texts))), ID), "text": pa.array(texts, TEXT)}), file)
    return Dataset(name, (file,), hashlib.blake2b(repr(list(texts)).encode(), digest_size=16).hexdigest(), len(texts))


def tiny_work(
    folder: Path,
    datasets: Mapping[str, Sequence[str | None]],
    models: Mapping[str, Path] | None = None,
    tell: Callable[[Mapping[str, Any]], None] = lambda _: None,
    machine: Machine | None = None,
) -> Work:
    """Work in `folder` with these texts and model folders; its artefact goes to `folder/artefact`."""
    made = {name: tiny_dataset(folder / "data", name, texts) for name, texts in datasets.items()}
    for place in ("artefact", "scratch"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    return Work(made, dict(models or {}), folder / "artefact", folder / "scratch", "key", 7, machine or Machine(), tell)
