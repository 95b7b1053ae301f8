"""Lots: what chance says of a row. A hash of a seed, of a step's place and of the row's content, so no other row changes it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.record import Batch, as_ids, id_array, row_digests

Column: TypeAlias = pa.Array | pa.ChunkedArray
Numbers = npt.NDArray[np.int64]


def lots(digests: Iterable[bytes], seed: int, salt: str) -> pa.Array:
    """Sixteen bytes for each digest: its BLAKE2b hash, keyed by the seed and the place."""
    key = hashlib.blake2b(f"{seed}\0{salt}".encode(), digest_size=16).digest()
    return id_array([hashlib.blake2b(digest, digest_size=16, key=key).digest() for digest in digests])


def content(batch: Batch, names: Iterable[str]) -> list[bytes]:
    """The digest of what each row holds in these columns; where all are null, of the row's id."""
    table = pa.table({name: batch[name] for name in names})
    found = row_digests(table)
    blank = np.logical_and.reduce([np.asarray(pc.is_null(batch[name])) for name in table.column_names])
    ids = batch["id"]
    for place in np.flatnonzero(blank).tolist():
        found[place] = hashlib.blake2b(ids[place].as_py(), digest_size=16).digest()
    return found


def by_lot(column: Column, ids: Column, *before: npt.NDArray[Any]) -> Numbers:
    """The rows in the order of the keys `before`, then of their lots, then of their ids."""
    high, low = halves(column)
    order = np.lexsort([high, *reversed(before)])
    follows = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in (*before, high)])
    tied = np.append(follows, False) | np.append(False, follows)  # few rows, so only these are sorted by all keys
    some = order[: len(tied)][tied[: len(order)]]
    keys = [*reversed(halves(ids)), low, high, *reversed(before)]
    order[tied[: len(order)]] = some[np.lexsort([key[some] for key in keys])]
    return order


def places(kind: Numbers, order: Numbers) -> Numbers:
    """For each row its place among those of its kind, from 0; `order` has all rows, kind by kind."""
    sizes = np.bincount(kind)
    place = np.empty(len(kind), np.int64)
    place[order] = np.arange(len(kind)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return place


def halves(column: Column) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Sixteen bytes as two numbers, the one that counts more first."""
    pairs = as_ids(column).view("<u8").reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def chances(column: Column) -> npt.NDArray[np.float64]:
    """The lots as numbers above 0 and below 1, spread evenly, of 52 bits."""
    return ((halves(column)[0] >> np.uint64(12)).astype(np.float64) + 0.5) / 2.0**52
