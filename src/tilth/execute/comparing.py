"""Pairs of rows are found, and verified by what the rows say, before a Whole decides.

Three tasks, one behind the other, each in processes of the pool: the candidates are found from all sketches and
written as numbers; of each shard the sets of those rows that occur in a pair are taken, so no other text is read
again; the pairs are compared, and those that are similar enough become one stored table. The numbers and sets lie
in a folder of `work/` meanwhile and are read by way of memory maps, so that memory does not grow with them. They
are written as plain bytes: numpy's own ways of writing do not say that the disk is full.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.execute.local import guarded
from tilth.execute.pieces import Piece, entering
from tilth.execute.sketches import Gathering
from tilth.pairs import NOTHING, Compared, Comparison, Packed, Sets
from tilth.recipe.resolve import Placed
from tilth.record import ID, Batch, Ids, as_ids, id_array
from tilth.step import Whole
from tilth.store.keys import key_of
from tilth.store.objects import Made, Store
from tilth.store.tables import TableWriter, read_table

AT_ONCE = 1 << 22
"""So many pairs are compared before they are written."""

PAIRS = pa.schema([("id", ID), ("partner", ID), ("similarity", pa.float64()), ("later", pa.uint32()), ("sooner", pa.uint32())])
"""A verified pair: the row that comes later in the order of keeping, the sooner one, and their numbers in the sketches.
The similarity is negative where rows that are as similar as that are told apart, as by their facts."""


def comparison_of(placed: Placed) -> Comparison | None:
    """How a step compares rows, if it does."""
    assert isinstance(placed.step, Whole)
    return placed.step.comparison()


def compared_key(gathering: Gathering) -> str:
    """The key of the verified pairs: limits do not enter it."""
    comparison = comparison_of(gathering.placed)
    assert comparison is not None
    return key_of({"what": "compared", "comparison": comparison.identity(), "foreign": len(gathering.foreign), "sketches": gathering.identity()})


def find_candidates(store: Store, gathering: Gathering) -> tuple[Path, dict[str, int]]:
    """Write the pairs to compare, and which rows occur in them: the folder where they are, and what was counted."""
    comparison = comparison_of(gathering.placed)
    assert comparison is not None
    sketches, folder = gathering.columns(store), store.work(compared_key(gathering))
    found = guarded(comparison.candidates, gathering.placed.where, (sketches, gathering.foreign_rows))
    touched = np.zeros(sketches.num_rows, np.bool_)
    count = 0
    with (folder / "pairs.u64").open("wb") as file:
        for pairs in found:
            touched[pairs >> np.uint64(32)] = touched[pairs & np.uint64(0xFFFFFFFF)] = True
            file.write(pairs.data)
            count += len(pairs)
    (folder / "touched").write_bytes(touched.data)
    return folder, {"candidates": count, **found.facts}


def take_sets(store: Store, placed: Placed, piece: Piece, folder: Path, place: tuple[int, int], batch_rows: int) -> int:
    """Write the sets of a shard's rows that occur in pairs; `place`: the shard's number and that of its first row."""
    comparison = comparison_of(placed)
    assert comparison is not None
    number, first = place
    touched = _mapped(folder / "touched", np.bool_)
    counts: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)]
    columns = list(dict.fromkeys(["id", *comparison.reads()]))
    with (folder / f"{number}.sets").open("wb") as file:
        if touched[first : first + piece.count].any():
            for table in entering(store, piece, batch_rows, columns):
                some = touched[first : first + table.num_rows]
                first += table.num_rows
                if some.any():
                    values, sizes = guarded(comparison.sets, placed.where, (Batch(table.filter(pa.array(some))),))
                    file.write(values.data)
                    counts.append(sizes)
    (folder / f"{number}.counts").write_bytes(np.concatenate(counts).data)
    return number


def compare_pairs(store: Store, gathering: Gathering, folder: Path, facts: dict[str, int], threads: int) -> Made:
    """Compare all candidates and store those that are similar enough."""
    comparison, key = comparison_of(gathering.placed), compared_key(gathering)
    assert comparison is not None
    begun, target = time.perf_counter(), store.work(key)
    sets = _sets(folder, len((*gathering.foreign, *gathering.sketches)))
    ids = as_ids(gathering.columns(store)["id"])
    with TableWriter(target / "pairs.parquet", PAIRS) as writer:
        for pairs in _stored_pairs(folder / "pairs.u64"):
            told = guarded(comparison.similarities, gathering.placed.where, (pairs, sets, threads))
            near = np.abs(told) >= comparison.at_least
            writer.write(_table(pairs[near], told[near], ids))
    shutil.rmtree(folder)
    content = key_of(["compared", writer.digest.hexdigest()])
    manifest = {"what": "compared", "rows": writer.rows, "facts": facts}
    return store.commit(key, target, content, manifest, time.perf_counter() - begun)


def read_compared(store: Store, gathering: Gathering, made: Made | None) -> Compared:
    """The verified pairs as a step takes them."""
    if made is None:
        return replace(NOTHING, foreign=gathering.foreign_rows)
    return replace(as_compared(store.path(made.content) / "pairs.parquet", gathering.foreign_rows), facts=dict(made.manifest["facts"]))


def as_compared(path: Path, foreign: int) -> Compared:
    """A file of verified pairs."""
    table = read_table(path, ["later", "sooner", "similarity"])
    later, sooner = (table[name].to_numpy().astype(np.int64) for name in ("later", "sooner"))
    return Compared(later, sooner, table["similarity"].to_numpy(), foreign)


def _sets(folder: Path, shards: int) -> Sets:
    """The sets of all shards, joined in one file and mapped."""
    with (folder / "sets.u64").open("wb") as whole:
        for number in range(shards):
            with (folder / f"{number}.sets").open("rb") as part:
                shutil.copyfileobj(part, whole, 1 << 24)
            (folder / f"{number}.sets").unlink()
    touched = _mapped(folder / "touched", np.bool_)
    counts = np.zeros(len(touched), np.int64)
    counts[touched] = np.concatenate([_mapped(folder / f"{number}.counts", np.int64) for number in range(shards)])
    return Sets(_mapped(folder / "sets.u64", np.uint64), np.cumsum(counts) - counts, counts)


def _stored_pairs(path: Path) -> Iterator[Packed]:
    every = _mapped(path, np.uint64)
    for first in range(0, len(every), AT_ONCE):
        yield np.array(every[first : first + AT_ONCE])


def _mapped(path: Path, kind: type[Any]) -> npt.NDArray[Any]:
    """The numbers of a file; an empty file cannot be mapped."""
    size = path.stat().st_size
    return np.frombuffer(np.memmap(path, kind, "r"), kind) if size else np.empty(0, kind)


def _table(pairs: Packed, similarity: npt.NDArray[np.float64], ids: Ids) -> pa.Table:
    later, sooner = (pairs >> np.uint64(32)).astype(np.uint32), (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    columns: dict[str, Any] = {"id": id_array(ids[later]), "partner": id_array(ids[sooner]), "similarity": pa.array(similarity)}
    return pa.table({**columns, "later": pa.array(later), "sooner": pa.array(sooner)}, schema=PAIRS)
