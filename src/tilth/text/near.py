"""Near-duplicates: rows whose texts share most of their shingles, found by bands and verified by the shingles themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.pairs import Columns, Numbers, Packed, Sets
from tilth.record import Batch, flat
from tilth.text import facts, groups, minhash, neighbours, shingles
from tilth.text.buffers import as_texts
from tilth.text.facts import fact_keys, fact_sets, set_apart, shingles_among
from tilth.text.minhash import Banding, band_keys
from tilth.text.neighbours import Buckets, similarities, unpacked
from tilth.text.shingles import shingle_sets

REVISION = 1
"""Raised whenever the same texts give other shingles, keys or pairs."""

Facts = Literal["together", "apart", "contained"]
WAYS = {"apart": 2, "contained": 1}
"""In how many ways the facts of two rows are compared."""


@dataclass(frozen=True)
class Near:
    """How near-duplicates are found among the texts of `fields`, joined by line ends.

    A sketch has the columns `shingles` (how many; 0: nothing to compare) and `band_00` … (a key each).

    `facts`: the similarity of two rows is negative where one has a fact that the other lacks (`apart`), or the one that is
    to fall has (`contained`; `tilth.text.facts`). Then a sketch also has a key for all `facts` of a row, and rows that share
    it are candidates among themselves, however many rows of one template differ in their facts."""

    banding: Banding
    fields: tuple[str, ...]
    at_least: float
    facts: Facts = "together"

    def identity(self) -> dict[str, Any]:
        """Bands, columns, and below what similarity pairs are forgotten."""
        bands = [self.banding.bands, self.banding.rows]
        told = {"near": REVISION, "bands": bands, "fields": list(self.fields), "at_least": self.at_least}
        return told if self.facts == "together" else {**told, "facts": [self.facts, facts.REVISION]}

    def reads(self) -> tuple[str, ...]:
        """The compared columns."""
        return self.fields

    def sketch(self, batch: Batch) -> dict[str, pa.Array]:
        """The columns of the sketch, by name."""
        joined = self._joined(batch)
        keys, sizes = band_keys(joined, self.banding)
        bands = {name: pa.array(key, pa.uint64()) for name, key in zip(self._names(), keys, strict=True)}
        more = {"facts": pa.array(fact_keys(*fact_sets(joined)), pa.uint64())} if self.facts != "together" else {}
        return {"shingles": pa.array(sizes, pa.int64()), **more, **bands}

    def candidates(self, sketches: Columns, foreign: int) -> Found:
        """Pairs that agree in a band, in the order of keeping (`keeping_order`); none where sketches lack the columns."""
        order = keeping_order(sketches, foreign)
        if "shingles" not in sketches.column_names:  # rows without a text
            return Found(Buckets((), np.zeros(len(order), np.bool_)), order)
        judged = np.asarray(flat(sketches["shingles"]))[order] > 0
        return Found(Buckets(self._keys(sketches, order), judged, foreign), order)

    def sets(self, batch: Batch) -> tuple[Packed, Numbers]:
        """The distinct shingles of each row; where facts count, 63 bits of each, and behind them its words."""
        joined = self._joined(batch)
        shingled = shingle_sets(joined)
        if self.facts == "together":
            return shingled
        (shorter, sizes), (words, counts) = (shingled[0] >> np.uint64(1), shingled[1]), fact_sets(joined)
        both = np.empty(len(shorter) + len(words), np.uint64)
        both[np.arange(len(shorter)) + np.repeat(np.cumsum(counts) - counts, sizes)] = shorter
        both[np.arange(len(words)) + np.repeat(np.cumsum(sizes), counts)] = words
        return both, sizes + counts

    def similarities(self, pairs: Packed, sets: Sets, threads: int) -> npt.NDArray[np.float64]:
        """The Jaccard index of the rows' shingles; negative where their facts tell them apart."""
        if self.facts == "together":
            return similarities(pairs, sets.values, sets.begins, sets.counts, self.at_least, threads)
        shingled = shingles_among(sets.values, sets.begins, sets.counts)
        told = similarities(pairs, sets.values, sets.begins, shingled, self.at_least, threads)
        set_apart(pairs, sets.values, sets.begins + shingled, sets.counts - shingled, told, WAYS[self.facts])
        return told

    def _keys(self, sketches: Columns, order: Numbers) -> Iterator[npt.NDArray[np.uint64]]:
        """The keys of all bands, and where facts count, of each band and the facts together."""
        alike = np.asarray(flat(sketches["facts"]))[order] if self.facts != "together" else None
        for name in self._names():
            keys = np.asarray(flat(sketches[name]))[order]
            yield keys
            if alike is not None:
                yield keys ^ alike

    def _names(self) -> list[str]:
        return [f"band_{number:02}" for number in range(self.banding.bands)]

    def _joined(self, batch: Batch) -> pa.LargeStringArray:
        columns = [as_texts(batch[name]) for name in self.fields]
        if len(columns) == 1:
            return columns[0]
        return pc.binary_join_element_wise(*(pc.fill_null(column, "") for column in columns), pa.scalar("\n", pa.large_string()))


class Found:
    """The pairs that buckets make, by the numbers that the rows have in the sketches."""

    def __init__(self, buckets: Buckets, order: Numbers) -> None:
        self._buckets, self._order = buckets, order.astype(np.uint64)
        self.facts: Mapping[str, int] = {"skipped": buckets.skipped}

    def __iter__(self) -> Iterator[Packed]:
        """The pairs, a memory's worth at a time."""
        for pairs in self._buckets.pairs():
            later, sooner = unpacked(pairs)
            yield self._order[later] << np.uint64(32) | self._order[sooner]


def keeping_order(sketches: Columns, foreign: int) -> Numbers:
    """The rows in the order in which they are kept: those of other datasets, then by claim (the greater the sooner,
    none last; a column that a sketch may have), then as they come."""
    order = np.arange(sketches.num_rows)
    if "claim" not in sketches.column_names:
        return order
    claim = np.asarray(pc.fill_null(flat(sketches["claim"]), np.nan), np.float64)[foreign:]
    least = np.where(np.isnan(claim), -np.inf, claim)
    return np.append(order[:foreign], foreign + np.argsort(-least, kind="stable"))


def prepare() -> None:
    """Compile all kernels of near-duplicates, before workers start."""
    for room in (shingles, minhash, neighbours, groups, facts):
        room.prepare()
