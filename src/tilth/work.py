"""What a model or a score is made from, what a model saw of it, and what comes of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import NothingLeft, NotThere
from tilth.record import Batch


@dataclass(frozen=True)
class Row:
    """A row of a dataset: its number there, from 1, its id, and where it came from, if that is known: `a.jsonl:12`."""

    number: int
    id: bytes
    origin: str = ""


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

    def placed(self, column: str = "text") -> Iterator[tuple[Row, str]]:
        """The texts as `texts` gives them, each with the row that it is of."""
        for row, text in zip(self.numbered(), self._values(column), strict=True):
            if text is not None:
                yield row, text

    def _values(self, column: str) -> Iterator[Any]:
        return (value for batch in self.batches([column]) for value in batch[column].to_pylist())

    def numbered(self) -> Iterator[Row]:
        """Every row, in order."""
        number = 0
        known = {name for file in self.files[:1] for name in pq.read_schema(file).names}
        for batch in self.batches(sorted({"origin"} & known)):
            origins = batch["origin"].to_pylist() if "origin" in known else [None] * len(batch)
            for row_id, origin in zip(batch["id"].to_pylist(), origins, strict=True):
                number += 1
                yield Row(number, row_id, f"{origin['file']}:{origin['record']}" if origin else "")


def look_at(name: str) -> str:
    """What to do where a dataset has too little for a model or score to be made of it."""
    name = name.partition(".")[0]
    return f"`tilth run RECIPE --until {name}` ends before, so that `tilth look RUN:{name}` shows what there is."


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


Strategy = Literal["ddp", "fsdp2", "deepspeed"]
"""How the processes of a training share its work and its memory."""


@dataclass(frozen=True)
class Launcher:
    """In how many processes of this machine a model is trained, and what each of them holds.

    `ddp`: all of it; `fsdp2`: a share of weights, gradients and moments; `deepspeed`: a share of what the stage of ZeRO says
    (1: moments, 2: and gradients, 3: and weights). `backend`: how they talk; `auto` is nccl on CUDA, else gloo."""

    processes: int = 2
    strategy: Strategy = "ddp"
    zero: Literal[1, 2, 3] | None = None
    backend: Literal["auto", "gloo", "nccl"] = "auto"


@dataclass(frozen=True)
class Destination:
    """A tracker that a training is told to, and where to: in files of `folder`, or, where `address` says one, over the network."""

    tracker: str
    folder: Path
    address: str = ""


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
    launcher: Launcher | None = None
    track: tuple[str, ...] = ()


Sums = npt.NDArray[np.float64]
"""Sums of what items have, one for each time that items were drawn."""


@dataclass(frozen=True)
class Ratio:
    """How a metric comes of items: the sum of the column `above` over the sum of the column `below`, or of 1 for each item;
    then its exponential or its square root. `better`: which way a model is the better one; empty: neither.

    An item whose `above` is null is not counted."""

    above: str
    below: str = ""
    then: Literal["", "exp", "sqrt"] = ""
    better: Literal["lower", "higher", ""] = "lower"

    def of(self, above: Sums, below: Sums) -> Sums:
        """The metric of two sums, or of as many pairs of sums as the arrays hold."""
        found = np.divide(above, below)
        return np.asarray(np.exp(found) if self.then == "exp" else np.sqrt(found) if self.then == "sqrt" else found, np.float64)


@dataclass(frozen=True)
class Items:
    """The items of a score as they stand: a Parquet file with a row for each item and `model`; the columns `by` which an
    item of one model is known as that of another; and the metrics that come of them."""

    name: str
    file: Path
    by: tuple[str, ...] = ()
    ratios: Mapping[str, Ratio] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """What a Fit or a Judge is given.

    `folder`: where the artefact is to be written (Fit). `scratch`: a folder that outlives a killed
    process and belongs to this very key: checkpoints go there. `tell`: progress, as a few words and
    numbers (`{"step": 10, "of": 300, "loss": 4.2}`). `key`: the identity of what is being made. `scores`: the items of
    the scores that it names (Judge). `name`: what people call it, after its recipe: `python-docs/base`.
    `destinations`: the trackers that are told, too.
    """

    datasets: Mapping[str, Dataset]
    models: Mapping[str, Path]
    folder: Path
    scratch: Path
    key: str
    seed: int
    machine: Machine = field(default_factory=Machine)
    tell: Callable[[Mapping[str, Any]], None] = lambda _: None
    scores: Mapping[str, Items] = field(default_factory=dict)
    name: str = ""
    destinations: tuple[Destination, ...] = ()


@dataclass(frozen=True)
class Studied:
    """What a step took from the datasets and models that its settings name, before any row was read.

    `content` identifies all of it; `folder` is what the step wrote; `models` the folders of the models that it
    names; `cache` a folder that outlives runs, for what is dear to ask twice. Whatever lies there bears no identity."""

    content: str
    folder: Path
    models: Mapping[str, Path]
    cache: Path


Kind = Literal["context", "trained", "end", "begin", "filling", "piece"]
"""What a token is there for: seen and not learned; learned; the end of a text, learned; the beginning of one; to fill
up, masked. Where a tokenizer only cuts, it is a piece."""


@dataclass(frozen=True)
class Token:
    """A token as a model sees it: its number in the vocabulary, its text, and what it is there for.

    `starts`: the number of the row that begins with it."""

    id: int
    text: str
    kind: Kind
    learned: bool = False
    starts: int | None = None


@dataclass(frozen=True)
class Window:
    """What a model sees at once, and the rows that are in it; the first may have begun before.

    The first token is seen only; each further one is what may be learned from those before it, so the
    last is seen by none. `trained_text`: the tokens that are learned, as text, control tokens written out. `told`: of each example
    that begins in it what is known of it beside its tokens: `chosen`, a label."""

    number: int
    tokens: tuple[Token, ...]
    rows: tuple[Row, ...]
    text: str
    trained_text: str
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """What is known before anything heavy starts, for `estimate`: rows and text bytes of each dataset
    (None where not yet known), facts of models already made or their own estimates (`folder`: where one that stands
    lies), the measured rate of this machine in floating-point operations a second, and the machine as it is to be used."""

    rows: Mapping[str, int | None]
    bytes: Mapping[str, int | None]
    models: Mapping[str, Mapping[str, Any]]
    flops_per_second: float
    machine: Machine = field(default_factory=Machine)


@dataclass(frozen=True)
class Score:
    """A measured quality of a model, with a 95 % interval and the number of items behind it; `verdict`: what follows, in
    a few words, where something does."""

    model: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0
    verdict: str = ""


@dataclass(frozen=True)
class Judgement:
    """What a Judge found: scores, a row per item (a table, stored beside them), and further facts. Where models can be
    compared item by item, `by` and `ratios` say how (`Items`)."""

    scores: Sequence[Score]
    items: pa.Table
    facts: Mapping[str, Any] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    ratios: Mapping[str, Ratio] = field(default_factory=dict)
