"""What a Whole compares before it decides: pairs of rows, what they are compared by, and how similar they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.record import Batch

Numbers = npt.NDArray[np.int64]
Packed = npt.NDArray[np.uint64]
"""Pairs of row numbers: the row that comes later in the order of keeping in the high 32 bits, the sooner one in the low 32."""


class Columns(Protocol):
    """The narrow columns of all rows, as a `pyarrow.Table` has them; each may be read when it is asked for."""

    @property
    def num_rows(self) -> int:
        """How many rows there are."""

    @property
    def column_names(self) -> Sequence[str]:
        """The names of the columns."""

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        """One column."""


@dataclass(frozen=True)
class Sets:
    """For each row an ascending set of numbers: `values[begins[row] : begins[row] + counts[row]]`."""

    values: Packed
    begins: Numbers
    counts: Numbers


class Candidates(Protocol):
    """Pairs that are to be compared, given a memory's worth at a time, each pair once."""

    @property
    def facts(self) -> Mapping[str, int]:
        """What was counted on the way, such as pairs that were skipped."""

    def __iter__(self) -> Iterator[Packed]:
        """The pairs."""


class Comparison(Protocol):
    """How a Whole compares rows. The runner finds the candidates, takes the sets of the rows that occur in them,
    and has each pair compared."""

    @property
    def at_least(self) -> float:
        """Pairs that are less similar are forgotten."""

    def identity(self) -> dict[str, Any]:
        """What the pairs and their similarity depend on, beside the sketches."""

    def reads(self) -> tuple[str, ...]:
        """The columns from which `sets` are taken."""

    def candidates(self, sketches: Columns, foreign: int) -> Candidates:
        """The pairs to compare; of the first `foreign` rows, which are of other datasets, none with each other."""

    def sets(self, batch: Batch) -> tuple[Packed, Numbers]:
        """The values of all rows' sets, one behind the other, and how many each row has."""

    def similarities(self, pairs: Packed, sets: Sets, threads: int) -> npt.NDArray[np.float64]:
        """The exact similarity of each pair, 0 to 1; or 0 where it is known to be below `at_least`. Negative for rows that
        are as similar as that, and are to be told apart all the same."""


@dataclass(frozen=True)
class Compared:
    """Verified pairs, and the rows of other datasets among those of the sketches.

    `later`, `sooner`: row numbers, as in `Packed`; `similarity`: negative for rows that are told apart; `foreign`: the
    first so many rows belong to other datasets: they stay, whatever is decided."""

    later: Numbers
    sooner: Numbers
    similarity: npt.NDArray[np.float64]
    foreign: int = 0
    facts: Mapping[str, int] = field(default_factory=dict)


NOTHING = Compared(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
"""Where nothing is compared."""


def compare(comparison: Comparison, sketches: Columns, batch: Batch) -> Compared:
    """Compare the rows of one batch, all of it in memory."""
    candidates = comparison.candidates(sketches, 0)
    pairs = np.concatenate([np.empty(0, np.uint64), *candidates])
    if not len(pairs):
        return replace(NOTHING, facts=candidates.facts)
    values, counts = comparison.sets(batch)
    told = comparison.similarities(pairs, Sets(values, np.cumsum(counts) - counts, counts), 1)
    near = np.abs(told) >= comparison.at_least
    pairs, told = pairs[near], told[near]
    later, sooner = (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return Compared(later, sooner, told, facts=candidates.facts)
