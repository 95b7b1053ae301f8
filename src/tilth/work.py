"""What a model or a score is made from, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import NothingLeft, NotThere
from tilth.record import Batch


@dataclass(frozen=True)
class Dataset:
    """A dataset as models and scores see it: Parquet files, in order."""

    name: str
    files: tuple[Path, ...]
    content: str
    rows: int

    def batches(self, columns: Sequence[str] | None = None, rows: int = 4096) -> Iterator[Batch]:
        """The rows, in order, with at least the column `id`. Raises NotThere for a column that is not there."""
        wanted = None if columns is None else ["id", *(name for name in columns if name != "id")]
        for file in self.files:
            with pq.ParquetFile(file) as parquet:
                there = parquet.schema_arrow.names
                missing = next((name for name in wanted or () if name not in there), None)
                if missing is not None:
                    raise NotThere(f"`{self.name}` has no column `{missing}`.", accepted=f"Columns: {', '.join(there)}.")
                for piece in parquet.iter_batches(batch_size=rows, columns=wanted):
                    yield Batch(pa.Table.from_batches([piece]))

    def texts(self, column: str = "text") -> Iterator[str]:
        """The texts, in order, nulls left out. Raises NothingLeft when the dataset is empty."""
        if not self.rows:
            raise NothingLeft(f"`{self.name}` has no rows.", remedy=look_at(self.name))
        for batch in self.batches([column]):
            yield from (text for text in batch[column].to_pylist() if text is not None)


def look_at(name: str) -> str:
    """What to do where a dataset has too little for a model or score to be made of it."""
    name = name.partition(".")[0]
    return f"`tilth run RECIPE --until {name}` ends before, so that `tilth look RUN:{name}` shows what there is."


@dataclass(frozen=True)
class Machine:
    """What is pulled from the machine and never enters a key."""

    workers: int = 1
    shard_bytes: int = 64 << 20
    batch_rows: int = 4096
    device: str = "auto"
    micro_batch: int | None = None
    keep_rows: bool = True
    engine: str = "local"


@dataclass(frozen=True)
class Work:
    """What a Fit or a Judge is given.

    `folder`: where the artefact is to be written (Fit). `scratch`: a folder that outlives a killed
    process and belongs to this very key: checkpoints go there. `tell`: progress, as a few words and
    numbers (`{"step": 10, "of": 300, "loss": 4.2}`). `key`: the identity of what is being made.
    """

    datasets: Mapping[str, Dataset]
    models: Mapping[str, Path]
    folder: Path
    scratch: Path
    key: str
    seed: int
    machine: Machine = field(default_factory=Machine)
    tell: Callable[[Mapping[str, Any]], None] = lambda _: None


@dataclass(frozen=True)
class Known:
    """What is known before anything heavy starts, for `estimate`: rows and text bytes of each dataset
    (None where not yet known), facts of models already made or their own estimates, and the measured
    rate of this machine in floating-point operations a second."""

    rows: Mapping[str, int | None]
    bytes: Mapping[str, int | None]
    models: Mapping[str, Mapping[str, Any]]
    flops_per_second: float


@dataclass(frozen=True)
class Score:
    """A measured quality of a model, with a 95 % interval and the number of items behind it."""

    model: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0


@dataclass(frozen=True)
class Judgement:
    """What a Judge found: scores, a row per item (a table, stored beside them), and further facts."""

    scores: Sequence[Score]
    items: pa.Table
    facts: Mapping[str, Any] = field(default_factory=dict)
