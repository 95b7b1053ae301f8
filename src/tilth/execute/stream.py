"""Every row of files, given batch by batch to whoever gathers what is known of them, on all cores and in bounded memory."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import pyarrow as pa

from tilth.execute.local import Pool
from tilth.execute.sample import ROWS, as_named, blank
from tilth.execute.sift import search, where
from tilth.record import Bad
from tilth.step import Shard, Source

SHARD = 64 << 20
"""Bytes of files that one process reads at a time."""


class Gatherer(Protocol):
    """Gathers what is known of rows; it can be sent to other processes, and what two have gathered can be joined."""

    def add(self, table: pa.Table, bad: Sequence[Bad] = ()) -> None:
        """Count these rows."""

    def join(self, other: Self) -> None:
        """Count what the other one has counted of the rows that follow."""


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


def over_tables(tables: Iterable[pa.Table], gatherer: Gatherer, sieve: Sieve) -> Streamed:
    """Gather what is known of these rows."""
    return _gathered(((table, ()) for table in tables), gatherer, sieve)


def over_files(files: Source, gatherer: Gatherer, sieve: Sieve, workers: int, tell: Callable[[str, int, int], None]) -> Streamed:
    """Gather what is known of all rows of files. `tell`: what is being done, how much of it is done, and of how much."""
    shards = files.shards(Path.cwd(), SHARD)
    names = [shard.file for shard in shards]
    with Pool(min(workers, max(1, len(shards)))) as pool:
        surveys = {}
        for number, told in pool.each(files.survey, [(shard,) for shard in shards], names):
            surveys[number] = told
            tell("counting", len(surveys), len(shards))
        every = [surveys[number] for number in range(len(shards))]
        types = files.settle(every)
        firsts = _numbered(shards, [one.records for one in every])
        packed = pickle.dumps(gatherer)
        tasks = [(files, shard, types, first, packed, sieve) for shard, first in zip(shards, firsts, strict=True)]
        return _joined(
            pool.each(_shard, tasks, names), Streamed(0, gatherer, as_named(blank(types))), sieve, lambda done: tell("reading", done, len(shards))
        )


def _joined(found: Iterator[tuple[int, Streamed]], whole: Streamed, sieve: Sieve, tell: Callable[[int], None]) -> Streamed:
    """All together, in the order of the shards."""
    waiting: dict[int, Streamed] = {}
    following = 0
    for number, one in found:
        waiting[number] = one
        while following in waiting:
            part = waiting.pop(following)
            whole.gathered.join(part.gathered)
            whole.read += part.read
            whole.first = pa.concat_tables([whole.first, part.first], promote_options="permissive").slice(0, sieve.rows)
            following += 1
            tell(following)
    return whole


def _shard(files: Source, shard: Shard, types: Mapping[str, str], first: int, packed: bytes, sieve: Sieve) -> Streamed:
    """What is known of the rows of one shard."""
    reads = ((as_named(read.table), read.bad) for read in files.read(shard, types, first, ROWS))
    return _gathered(reads, pickle.loads(packed), sieve)


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


def _numbered(shards: Sequence[Shard], records: Sequence[int]) -> list[int]:
    """The number of each shard's first record in its file."""
    firsts, last, following = [], "", 1
    for shard, count in zip(shards, records, strict=True):
        following = following if shard.file == last else 1
        firsts.append(following)
        last, following = shard.file, following + count
    return firsts
