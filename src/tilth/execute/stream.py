"""Every row of files, given batch by batch to whoever gathers what is known of them, on all cores and in bounded memory."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import pyarrow as pa

from tilth.execute.local import Pool
from tilth.execute.sample import ROWS, as_named, blank
from tilth.execute.sift import search, where
from tilth.record import Bad
from tilth.step import Shard, Source, Survey

SHARD = 64 << 20
"""Bytes of files that one process reads as one task."""

BATCH = 8 << 20
"""About how many bytes of files are gathered at once."""


class Gatherer(Protocol):
    """Gathers what is known of rows in bounded memory; it can be sent to other processes, and what two have gathered can be joined."""

    def add(self, table: pa.Table, bad: Sequence[Bad] = ()) -> None:
        """Count these rows."""

    def join(self, other: Self) -> None:
        """Count what the other one has counted of the rows that follow."""

    def following(self) -> Self:
        """Nothing yet of rows that follow; what is known so far says what need not be gathered of them."""

    def pack(self) -> None:
        """Let go of what will not count in the end, before it is sent to another process."""


@dataclass(frozen=True)
class Sieve:
    """Which rows count: those for which a SQL condition is true, and in which a text occurs. `rows`: so many of the first are kept."""

    where: str | None = None
    search: str | None = None
    rows: int = 0

    def __call__(self, table: pa.Table) -> pa.Table:
        """The rows that count."""
        found = table if self.where is None else where(table, self.where)
        return found if self.search is None else search(found, self.search)


@dataclass
class Streamed:
    """What was gathered of all rows: how many rows were read, what was gathered, and the first rows that count."""

    read: int
    gathered: Gatherer
    first: pa.Table


@dataclass(frozen=True)
class Reached:
    """How far it is: what is being done, the bytes of files that are done, those there are in all, and the rows that were read."""

    doing: str
    done: int
    of: int
    rows: int


def over_tables(tables: Iterable[pa.Table], gatherer: Gatherer, sieve: Sieve) -> Streamed:
    """Gather what is known of these rows."""
    return _gathered(((table, ()) for table in tables), gatherer, sieve)


def over_files(files: Source, gatherer: Gatherer, sieve: Sieve, workers: int, tell: Callable[[Reached], None]) -> Streamed:
    """Gather what is known of all rows of files. `tell` is told how far it is."""
    shards = files.shards(Path.cwd(), SHARD)
    with Pool(min(workers, max(1, len(shards)))) as pool:
        every = _counted(files, shards, pool, tell)
        types = files.settle(every)
        records = [one.records for one in every]
        whole = Streamed(0, gatherer, as_named(blank(types)))
        tasks = _Tasks(files, shards, types, numbered(shards, records), _rows_of_batch(shards, records), sieve, whole)
        found = pool.each(_shard, tasks, [shard.file for shard in shards])
        return _joined(found, whole, sieve, shards, tell)


def _counted(files: Source, shards: Sequence[Shard], pool: Pool, tell: Callable[[Reached], None]) -> list[Survey]:
    """How many records each shard has, and the types of all."""
    surveys: dict[int, Survey] = {}
    tell(Reached("Counting", 0, _size(shards), 0))
    for number, told in pool.each(files.survey, [(shard,) for shard in shards], [shard.file for shard in shards]):
        surveys[number] = told
        tell(Reached("Counting", sum(shards[one].size for one in surveys), _size(shards), sum(one.records for one in surveys.values())))
    return [surveys[number] for number in range(len(shards))]


@dataclass(frozen=True)
class _Tasks(Sequence[tuple[Any, ...]]):
    """The shards to be read, each made into a task when its turn comes: by then more is known of what need not be gathered."""

    files: Source
    shards: Sequence[Shard]
    types: Mapping[str, str]
    firsts: Sequence[int]
    rows: int
    sieve: Sieve
    whole: Streamed

    def __len__(self) -> int:
        return len(self.shards)

    def __getitem__(self, number: Any) -> Any:
        packed = pickle.dumps(self.whole.gathered.following())
        return self.files, self.shards[number], self.types, self.firsts[number], self.rows, packed, self.sieve


def _joined(
    found: Iterator[tuple[int, Streamed]], whole: Streamed, sieve: Sieve, shards: Sequence[Shard], tell: Callable[[Reached], None]
) -> Streamed:
    """All together, in the order of the shards."""
    waiting: dict[int, Streamed] = {}
    following = done = rows = 0
    tell(Reached("Reading", 0, _size(shards), 0))
    for number, one in found:
        waiting[number] = one
        done, rows = done + shards[number].size, rows + one.read
        while following in waiting:
            part = waiting.pop(following)
            whole.gathered.join(part.gathered)
            whole.read += part.read
            whole.first = pa.concat_tables([whole.first, part.first], promote_options="permissive").slice(0, sieve.rows)
            following += 1
        pa.default_memory_pool().release_unused()
        tell(Reached("Reading", done, _size(shards), rows))
    return whole


def _shard(files: Source, shard: Shard, types: Mapping[str, str], first: int, rows: int, packed: bytes, sieve: Sieve) -> Streamed:
    """What is known of the rows of one shard, read so many at a time."""
    reads = ((as_named(read.table), read.bad) for read in files.read(shard, types, first, rows))
    found = _gathered(reads, pickle.loads(packed), sieve)
    found.gathered.pack()
    pa.default_memory_pool().release_unused()  # what the reading of a shard has freed is no use to the next one's text
    return found


def _gathered(reads: Iterable[tuple[pa.Table, Sequence[Bad]]], gatherer: Gatherer, sieve: Sieve) -> Streamed:
    rows, kept, held = 0, list[pa.Table](), 0
    for table, bad in reads:
        rows += table.num_rows
        chosen = sieve(table)
        gatherer.add(chosen, bad)
        if held < sieve.rows or not kept:
            kept.append(chosen.slice(0, sieve.rows - held))
            held += kept[-1].num_rows
    return Streamed(rows, gatherer, pa.concat_tables(kept, promote_options="permissive") if kept else pa.table({}))


def _rows_of_batch(shards: Sequence[Shard], records: Sequence[int]) -> int:
    """How many rows are read at a time, so that they have about BATCH bytes in their files."""
    return max(1, min(ROWS, BATCH * sum(records) // max(1, _size(shards))))


def _size(shards: Sequence[Shard]) -> int:
    return sum(shard.size for shard in shards)


def numbered(shards: Sequence[Shard], records: Sequence[int]) -> list[int]:
    """The number of each shard's first record in its file."""
    firsts, last, following = [], "", 1
    for shard, count in zip(shards, records, strict=True):
        following = following if shard.file == last else 1
        firsts.append(following)
        last, following = shard.file, following + count
    return firsts
